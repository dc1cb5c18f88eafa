/** Exports of people's data. */
import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import { isStalled } from "../../kernel/db/leases.ts";
import type { ExportProgress } from "./tables.ts";

/** An export that a process is making. */
export interface Export {
  id: number;
  user_id: number;
  progress: ExportProgress;
  /** Counts from 1. Reports of earlier attempts are ignored. */
  attempt: number;
  failures: number;
}

const isOpen = sql<boolean>`status in ('Starting', 'Exporting')`;
const inSeconds = (seconds: number) => sql<Date>`now() + make_interval(secs => ${seconds})`;

/** Records that a person's data must be exported. Undefined if that is in progress. */
export async function insertExport(tx: Tx, userId: number): Promise<number | undefined> {
  const row = await tx
    .insertInto("account_exports")
    .values({ user_id: userId })
    .onConflict((conflict) => conflict.column("user_id").where(isOpen).doNothing())
    .returning("id")
    .executeTakeFirst();
  return row?.id;
}

/** Seconds until a person may ask for an export again, so many hours after the last that did not fail; 0 if now. */
export async function secondsToNextExport(tx: Tx, userId: number, hours: number): Promise<number> {
  const { rows } = await sql<{ wait: number }>`
    select coalesce(max(ceil(extract(epoch from created_when + make_interval(hours => ${hours}) - now()))), 0)::int as wait
    from account_exports where user_id = ${userId} and status = 'Finished'`.execute(tx);
  return Math.max(0, rows[0]!.wait);
}

/** A person's exports whose files are not deleted yet, newest first. */
export async function exportsOf(db: Db, userId: number) {
  return db
    .selectFrom("account_exports")
    .select(["id", "status", "details", "progress", "created_when", "expires_at"])
    .where("user_id", "=", userId)
    .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", sql<Date>`now()`)]))
    .orderBy("id", "desc")
    .execute();
}

/** Leases an export for a new attempt. Undefined if it has ended or another attempt holds the lease. */
export async function beginExport(db: Db, id: number, leaseSeconds: number): Promise<Export | undefined> {
  return db
    .updateTable("account_exports")
    .set((eb) => ({ status: "Exporting", attempt: eb("attempt", "+", 1), lease_until: inSeconds(leaseSeconds) }))
    .where("id", "=", id)
    .where(isOpen)
    .where((eb) => eb.or([eb("lease_until", "is", null), eb("lease_until", "<", sql<Date>`now()`)]))
    .returning(["id", "user_id", "progress", "attempt", "failures"])
    .executeTakeFirst();
}

type Held = Pick<Export, "id" | "attempt">;

const held = (db: Db, { id, attempt }: Held) =>
  db
    .updateTable("account_exports")
    .where("id", "=", id)
    .where("attempt", "=", attempt)
    .where("status", "=", "Exporting");

const happened = (row: object | undefined) => row !== undefined;

/** Extends the lease of an export. Returns false if the attempt no longer holds it. */
export const keepExport = async (db: Db, one: Held, leaseSeconds: number): Promise<boolean> =>
  happened(
    await held(db, one)
      .set({ lease_until: inSeconds(leaseSeconds) })
      .returning("id")
      .executeTakeFirst(),
  );

/** Stores how far an export has come. Returns false if the attempt no longer holds it. */
export const saveExport = async (db: Db, one: Held, progress: ExportProgress): Promise<boolean> =>
  happened(
    await held(db, one)
      .set({ progress: JSON.stringify(progress), failures: 0 })
      .returning("id")
      .executeTakeFirst(),
  );

/** Gives an export back, to be continued at once. */
export const releaseExport = async (tx: Tx, one: Held): Promise<boolean> =>
  happened(await held(tx, one).set({ status: "Starting", lease_until: null }).returning("id").executeTakeFirst());

/** Gives an export back after a failure of the platform. It is not continued before `seconds` have passed. */
export async function postponeExport(db: Db, one: Held, seconds: number): Promise<void> {
  await held(db, one)
    .set((eb) => ({ lease_until: inSeconds(seconds), failures: eb("failures", "+", 1) }))
    .execute();
}

/** Ends an export, whose files are kept for some days. Returns false if the attempt no longer holds it. */
export const endExport = async (
  tx: Tx,
  one: Held,
  { details, days }: { details: string | null; days: number },
): Promise<boolean> =>
  happened(
    await held(tx, one)
      .set({
        status: details === null ? "Finished" : "Failed",
        details,
        lease_until: null,
        expires_at: sql<Date>`now() + make_interval(days => ${days})`,
      })
      .returning("id")
      .executeTakeFirst(),
  );

/** Ids of unfinished exports that no attempt holds: their lease has expired, or they have waited for `waitingSeconds`. */
export async function stalledExports(db: Db, waitingSeconds: number): Promise<number[]> {
  const rows = await db
    .selectFrom("account_exports")
    .select("id")
    .where(isOpen)
    .where(isStalled(waitingSeconds))
    .execute();
  return rows.map(({ id }) => id);
}

/** Forgets exports whose time is over, and returns the keys of their files. */
export async function forgetExpiredExports(tx: Tx, limit: number): Promise<string[]> {
  const rows = await tx
    .deleteFrom("account_exports")
    .where("id", "in", (eb) =>
      eb
        .selectFrom("account_exports")
        .select("id")
        .where("expires_at", "<=", sql<Date>`now()`)
        .limit(limit),
    )
    .returning("progress")
    .execute();
  return keysOf(rows);
}

/** Forgets all exports of a person, and returns the keys of their files. */
export async function forgetExportsOf(tx: Tx, userId: number): Promise<string[]> {
  return keysOf(await tx.deleteFrom("account_exports").where("user_id", "=", userId).returning("progress").execute());
}

const keysOf = (rows: { progress: ExportProgress }[]) =>
  rows.flatMap(({ progress }) => progress.parts.map(({ key }) => key));
