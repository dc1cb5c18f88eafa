import { sql, type Transaction } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";

type Tx = Transaction<Database>;

/** A dump that one process is making. */
export interface Dump {
  id: number;
  /** Null when the competition was deleted meanwhile. */
  competition_id: number | null;
  created_by: number;
  with_files: boolean;
  /** Of the dataset it becomes, and where its file is written. */
  key: string;
  object_key: string;
  /** Which time it is taken up. What an earlier attempt still reports is ignored. */
  attempt: number;
}

const isOpen = sql<boolean>`status in ('Starting', 'Dumping')`;
const inSeconds = (seconds: number) => sql<Date>`now() + make_interval(secs => ${seconds})`;

/** Stores that a competition is to be dumped; undefined when such a dump is being made already. */
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

/** Takes up a dump for some time. Undefined when it is over, or somebody else is at it. */
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

/** Keeps a dump for some time more. False when it is no longer this attempt's. */
export async function keepDump(db: Db, dump: Pick<Dump, "id" | "attempt">, leaseSeconds: number): Promise<boolean> {
  const row = await held(db, dump)
    .set({ lease_until: inSeconds(leaseSeconds) })
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

/** Lets go of a dump that met trouble of the platform's own. Nobody takes it up for some time. */
export async function postponeDump(db: Db, dump: Pick<Dump, "id" | "attempt">, seconds: number): Promise<void> {
  await held(db, dump)
    .set({ lease_until: inSeconds(seconds) })
    .execute();
}

/**
 * Ends a dump well, as the dataset it has become. Gives the competition, null when that is gone; undefined when the dump
 * is no longer this attempt's.
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

/** Ends a dump with a sentence that says why there is none. False when it is no longer this attempt's. */
export async function failDump(tx: Tx, dump: Pick<Dump, "id" | "attempt">, details: string): Promise<boolean> {
  const row = await held(tx, dump)
    .set({ status: "Failed", details, lease_until: null })
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

/** Dumps of a competition that are being made or could not be, newest first. */
export async function unfinishedDumps(db: Db, competitionId: number) {
  return db
    .selectFrom("competition_dumps")
    .select(["status", "details", "with_files", "created_when"])
    .where("competition_id", "=", competitionId)
    .where("status", "!=", "Finished")
    .orderBy("id", "desc")
    .execute();
}

/** Ids of the datasets that dumps of a competition became, newest first. */
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

/** Whether a dump failed; undefined when there is no such dump any more. */
export async function dumpStatus(db: Db, id: number) {
  const row = await db.selectFrom("competition_dumps").select("status").where("id", "=", id).executeTakeFirst();
  return row?.status;
}

/** Dumps that are not over and that nobody is at, since their lease ran out or they wait for some time. */
export async function stalledDumps(db: Db, waitingSeconds: number): Promise<number[]> {
  const rows = await db
    .selectFrom("competition_dumps")
    .select("id")
    .where(isOpen)
    .where((eb) =>
      eb.or([
        eb("lease_until", "<", sql<Date>`now()`),
        eb.and([
          eb("lease_until", "is", null),
          eb("created_when", "<", sql<Date>`now() - make_interval(secs => ${waitingSeconds})`),
        ]),
      ]),
    )
    .execute();
  return rows.map((row) => row.id);
}
