import { sql, type Transaction } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import { isStalled } from "../../kernel/db/leases.ts";
import type { Database } from "../../kernel/db/schema.ts";

type Tx = Transaction<Database>;

/** A dump that a process is making. */
export interface Dump {
  id: number;
  /** Null if the competition was deleted meanwhile. */
  competition_id: number | null;
  created_by: number;
  with_files: boolean;
  /** Key of the dataset that it becomes; also the name of its file in the object store. */
  key: string;
  object_key: string;
  /** Counts from 1. Reports of earlier attempts are ignored. */
  attempt: number;
}

const isOpen = sql<boolean>`status in ('Starting', 'Dumping')`;
const inSeconds = (seconds: number) => sql<Date>`now() + make_interval(secs => ${seconds})`;

/** Records that a competition must be dumped. Returns undefined if the same dump is already in progress. */
export async function insertDump(
  tx: Tx,
  dump: { competitionId: number; createdBy: number; withFiles: boolean; key: string; objectKey: string },
): Promise<number | undefined> {
  const row = await tx
    .insertInto("competition_dumps")
    .values({
      competition_id: dump.competitionId,
      created_by: dump.createdBy,
      with_files: dump.withFiles,
      key: dump.key,
      object_key: dump.objectKey,
    })
    .onConflict((conflict) => conflict.columns(["competition_id", "with_files"]).where(isOpen).doNothing())
    .returning("id")
    .executeTakeFirst();
  return row?.id;
}

/** Leases a dump for a new attempt. Returns undefined if it has ended or another attempt holds the lease. */
export async function beginDump(db: Db, id: number, leaseSeconds: number): Promise<Dump | undefined> {
  return db
    .updateTable("competition_dumps")
    .set((eb) => ({ status: "Dumping", attempt: eb("attempt", "+", 1), lease_until: inSeconds(leaseSeconds) }))
    .where("id", "=", id)
    .where(isOpen)
    .where((eb) => eb.or([eb("lease_until", "is", null), eb("lease_until", "<", sql<Date>`now()`)]))
    .returning(["id", "competition_id", "created_by", "with_files", "key", "object_key", "attempt"])
    .executeTakeFirst();
}

const held = (db: Db | Tx, { id, attempt }: Pick<Dump, "id" | "attempt">) =>
  db
    .updateTable("competition_dumps")
    .where("id", "=", id)
    .where("attempt", "=", attempt)
    .where("status", "=", "Dumping");

/** Extends the lease of a dump. Returns false if the attempt no longer holds the dump. */
export async function keepDump(db: Db, dump: Pick<Dump, "id" | "attempt">, leaseSeconds: number): Promise<boolean> {
  const row = await held(db, dump)
    .set({ lease_until: inSeconds(leaseSeconds) })
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

/** Releases a dump after a platform failure. It is not continued before `seconds` have passed. */
export async function postponeDump(db: Db, dump: Pick<Dump, "id" | "attempt">, seconds: number): Promise<void> {
  await held(db, dump)
    .set({ lease_until: inSeconds(seconds) })
    .execute();
}

/**
 * Ends a dump successfully, with its dataset. Returns the competition, or null if that was deleted; undefined if the
 * attempt no longer holds the dump.
 */
export async function finishDump(
  tx: Tx,
  dump: Pick<Dump, "id" | "attempt">,
  datasetId: number,
): Promise<{ competition_id: number | null } | undefined> {
  return held(tx, dump)
    .set({ status: "Finished", dataset_id: datasetId, lease_until: null })
    .returning("competition_id")
    .executeTakeFirst();
}

/** Ends a dump with the reason why it failed. Returns false if the attempt no longer holds the dump. */
export async function failDump(tx: Tx, dump: Pick<Dump, "id" | "attempt">, details: string): Promise<boolean> {
  const row = await held(tx, dump)
    .set({ status: "Failed", details, lease_until: null })
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

/** Dumps of a competition that are in progress or failed, newest first. */
export async function unfinishedDumps(db: Db, competitionId: number) {
  return db
    .selectFrom("competition_dumps")
    .select(["status", "details", "with_files", "created_when"])
    .where("competition_id", "=", competitionId)
    .where("status", "!=", "Finished")
    .orderBy("id", "desc")
    .execute();
}

/** Ids of the datasets with the finished dumps of a competition, newest first. */
export async function dumpDatasetIds(db: Db, competitionId: number): Promise<number[]> {
  const rows = await db
    .selectFrom("competition_dumps")
    .select("dataset_id")
    .where("competition_id", "=", competitionId)
    .where("dataset_id", "is not", null)
    .orderBy("id", "desc")
    .execute();
  return rows.flatMap((row) => row.dataset_id ?? []);
}

/** Whether a dump failed. Undefined if it does not exist. */
export async function dumpStatus(db: Db, id: number) {
  const row = await db.selectFrom("competition_dumps").select("status").where("id", "=", id).executeTakeFirst();
  return row?.status;
}

/** Ids of unfinished dumps that no attempt holds: their lease has expired, or they have waited for `waitingSeconds`. */
export async function stalledDumps(db: Db, waitingSeconds: number): Promise<number[]> {
  const rows = await db
    .selectFrom("competition_dumps")
    .select("id")
    .where(isOpen)
    .where(isStalled(waitingSeconds))
    .execute();
  return rows.map((row) => row.id);
}
