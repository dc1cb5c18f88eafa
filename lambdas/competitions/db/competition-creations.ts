import { keepable } from "../../../contract/keepable.ts";
import { sql, type Transaction } from "kysely";
import type { BundleProblem } from "../rules/competition.ts";
import type { Db } from "../../kernel/db/connection.ts";
import { isStalled } from "../../kernel/db/leases.ts";
import type { Database } from "../../kernel/db/schema.ts";
import type { CreationProgress } from "./tables.ts";

type Tx = Transaction<Database>;

/** A bundle that a process is turning into a competition. */
export interface Creation {
  id: number;
  created_by: number;
  /** Counts from 1. Reports of earlier attempts are ignored. */
  attempt: number;
  /** How many attempts in a row have ended without storing a file. */
  failures: number;
  /** What earlier attempts stored. Null before the first file. */
  progress: CreationProgress | null;
  /** Null if the bundle was deleted meanwhile. */
  dataset: { id: number; key: string; name: string; object_key: string; incoming_key: string | null } | null;
}

const isOpen = sql<boolean>`status in ('Starting', 'Unpacking')`;
const inSeconds = (seconds: number) => sql<Date>`now() + make_interval(secs => ${seconds})`;

/** Records that a bundle must be unpacked. `isNew` is false if it is already waiting or being unpacked. */
export async function insertCreation(
  tx: Tx,
  datasetId: number,
  userId: number,
): Promise<{ id: number; isNew: boolean }> {
  const inserted = await tx
    .insertInto("competition_creations")
    .values({ dataset_id: datasetId, created_by: userId })
    .onConflict((conflict) => conflict.column("dataset_id").where(isOpen).doNothing())
    .returning("id")
    .executeTakeFirst();
  if (inserted) return { id: inserted.id, isNew: true };
  const { id } = await tx
    .selectFrom("competition_creations")
    .select("id")
    .where("dataset_id", "=", datasetId)
    .where(isOpen)
    .executeTakeFirstOrThrow();
  return { id, isNew: false };
}

/** Leases a creation for a new attempt. Returns undefined if it has ended or another attempt holds the lease. */
export async function beginCreation(db: Db, id: number, leaseSeconds: number): Promise<Creation | undefined> {
  return db.transaction().execute(async (tx) => {
    const row = await tx
      .updateTable("competition_creations")
      .set((eb) => ({
        status: "Unpacking",
        attempt: eb("attempt", "+", 1),
        failures: eb("failures", "+", 1),
        lease_until: inSeconds(leaseSeconds),
      }))
      .where("id", "=", id)
      .where(isOpen)
      .where((eb) => eb.or([eb("lease_until", "is", null), eb("lease_until", "<", sql<Date>`now()`)]))
      .returning(["id", "created_by", "attempt", "failures", "progress", "dataset_id"])
      .executeTakeFirst();
    if (!row) return undefined;
    const dataset = await tx
      .selectFrom("datasets")
      .select(["id", "key", "name", "object_key", "incoming_key"])
      .where("id", "=", row.dataset_id)
      .executeTakeFirst();
    const { created_by, attempt, failures, progress } = row;
    return { id, created_by, attempt, failures: failures - 1, progress, dataset: dataset ?? null };
  });
}

/** Updates a creation only if this attempt is the latest and has not ended. */
const held = (db: Db | Tx, { id, attempt }: Pick<Creation, "id" | "attempt">) =>
  db
    .updateTable("competition_creations")
    .where("id", "=", id)
    .where("attempt", "=", attempt)
    .where("status", "=", "Unpacking");

/**
 * Records an attempt's progress and extends its lease. If it has stored a file, the count of failures restarts. Returns
 * false if the attempt no longer holds the creation.
 */
export async function recordProgress(
  db: Db | Tx,
  creation: Pick<Creation, "id" | "attempt">,
  progress: CreationProgress,
  { leaseSeconds, hasStored }: { leaseSeconds: number; hasStored: boolean },
): Promise<boolean> {
  const row = await held(db, creation)
    .set({
      progress: JSON.stringify(progress),
      lease_until: inSeconds(leaseSeconds),
      ...(hasStored ? { failures: 0 } : {}),
    })
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

/** Releases an unfinished creation, so that the next message continues it at once. */
export async function pauseCreation(tx: Tx, creation: Pick<Creation, "id" | "attempt">): Promise<void> {
  await held(tx, creation).set({ lease_until: null, failures: 0 }).execute();
}

/** Releases a creation after a platform failure. It is not continued before `seconds` have passed. */
export async function postponeCreation(
  db: Db,
  creation: Pick<Creation, "id" | "attempt">,
  seconds: number,
): Promise<void> {
  await held(db, creation)
    .set({ lease_until: inSeconds(seconds) })
    .execute();
}

/** Ends a creation successfully. Returns false if the attempt no longer holds the creation. */
export async function finishCreation(
  tx: Tx,
  creation: Pick<Creation, "id" | "attempt">,
  competitionId: number,
  problems: BundleProblem[],
): Promise<boolean> {
  const row = await held(tx, creation)
    .set({
      status: "Finished",
      resulting_competition: competitionId,
      problems: JSON.stringify(keepable(problems)),
      lease_until: null,
    })
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Ends a creation with the problems of its bundle; `details` has one line per problem. Returns false if the attempt no
 * longer holds the creation.
 */
export async function failCreation(
  tx: Tx,
  creation: Pick<Creation, "id" | "attempt">,
  problems: BundleProblem[],
): Promise<boolean> {
  const details = keepable(problems)
    .filter((problem) => problem.severity === "error")
    .map(({ code, path, message }) => `${code}${path && ` ${path}`}: ${message}`)
    .join("\n");
  const row = await held(tx, creation)
    .set({
      status: "Failed",
      details,
      problems: JSON.stringify(keepable(problems)),
      lease_until: null,
    })
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

export async function findCreation(db: Db, id: number) {
  return db
    .selectFrom("competition_creations")
    .select(["id", "status", "details", "problems", "progress", "resulting_competition", "created_by"])
    .where("id", "=", id)
    .executeTakeFirst();
}

/** For how many days people see why a bundle of theirs was refused. */
const daysShown = 7;

/** What became of the bundles of a person that are no competition: those on their way, and those refused lately. The latest come first. */
export async function creationsOf(db: Db, userId: number) {
  return db
    .selectFrom("competition_creations as c")
    .leftJoin("datasets as d", "d.id", "c.dataset_id")
    .select(["c.id", "c.status", "c.details", "c.problems", "c.progress", "c.resulting_competition", "c.created_by"])
    .select(["c.created_when", "d.file_name"])
    .where("c.created_by", "=", userId)
    .where("c.status", "!=", "Finished")
    .where("c.created_when", ">", sql<Date>`now() - make_interval(days => ${daysShown})`)
    .orderBy("c.id", "desc")
    .limit(20)
    .execute();
}

/**
 * Ids of unfinished creations that no attempt holds: their lease has expired, or they have waited for `waitingSeconds`.
 */
export async function stalledCreations(db: Db, waitingSeconds: number): Promise<number[]> {
  const rows = await db
    .selectFrom("competition_creations")
    .select("id")
    .where(isOpen)
    .where(isStalled(waitingSeconds))
    .execute();
  return rows.map((row) => row.id);
}
