/** Attempts whose files are kept: their originals, which their workers can replace, are no longer needed. */
import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import type { KeptBytes } from "../rules/kept-files.ts";
import { whenWritten } from "./lost-attempts.ts";

/**
 * Records where the files of an attempt are kept and how large they are, unless that is known. Returns where they are; undefined
 * without such an attempt.
 */
export async function recordKept(
  db: Db,
  attemptId: string,
  prefix: string,
  { outputs, logs }: KeptBytes,
): Promise<string | undefined> {
  const { rows } = await sql<{ kept_prefix: string }>`
    update attempts set
      kept_output_bytes = case when kept_prefix is null then ${outputs} else kept_output_bytes end,
      kept_log_bytes = case when kept_prefix is null then ${logs} else kept_log_bytes end,
      kept_prefix = coalesce(kept_prefix, ${prefix})
    where id = ${attemptId}
    returning kept_prefix`.execute(db);
  return rows[0]?.kept_prefix;
}

/** Lets the originals of an attempt's kept files be deleted `marginSeconds` after the time limits of its job. */
export async function deleteOriginalsLater(
  tx: Tx,
  { attemptId, jobId }: { attemptId: string; jobId: string },
  marginSeconds: number,
): Promise<void> {
  await sql`
    update attempts set erase_when = ${whenWritten(jobId, marginSeconds)}
    where id = ${attemptId} and kept_prefix is not null`.execute(tx);
}

/** Attempts whose originals are to be deleted now. Attempts that lost their job are not among them: those lose all files. */
export async function attemptsWithOriginals(db: Db, limit: number): Promise<{ id: string; kept: string }[]> {
  const { rows } = await sql<{ id: string; kept: string }>`
    select a.id, a.kept_prefix as kept from attempts a
    where a.erase_when < now() and a.kept_prefix is not null
      and not exists (select from attempts later where later.job_id = a.job_id and later.number > a.number)
    order by a.erase_when limit ${limit}`.execute(db);
  return rows;
}

/** Notes that the originals of some attempts are deleted. */
export async function noteDeleted(db: Db, attemptIds: string[]): Promise<void> {
  if (attemptIds.length === 0) return;
  await db
    .updateTable("attempts")
    .set({ erase_when: null })
    .where("id", "in", attemptIds)
    .where("erase_when", "<", sql<Date>`now()`)
    .execute();
}
