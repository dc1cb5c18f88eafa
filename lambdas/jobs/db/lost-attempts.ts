/** The files of attempts that lost their job. Nobody reads them once another attempt has begun. */
import { sql } from "kysely";
import type { Tx } from "../../kernel/db/connection.ts";

/** When nobody can write files of a job's attempts any more: after the time limits of its steps and `marginSeconds`. */
export const whenWritten = (jobId: string, marginSeconds: number) => sql<Date>`
  now() + make_interval(secs => ${marginSeconds} + (
    select coalesce(sum((step->>'timeLimitSeconds')::float8), 0)
    from jobs, jsonb_array_elements(spec->'steps') as step where id = ${jobId}))`;

/**
 * Lets the files of all attempts at a job that is tried again be erased when their workers can write none any more: that is after
 * the time limits of the job's steps and `marginSeconds`.
 */
export async function eraseLater(tx: Tx, jobId: string, marginSeconds: number): Promise<void> {
  await sql`
    update attempts set erase_when = ${whenWritten(jobId, marginSeconds)}
    where job_id = ${jobId} and erase_when is null`.execute(tx);
}

/** Ids of attempts whose files are to be erased now, at most `limit`. Each is returned once. */
export async function attemptsToErase(tx: Tx, limit: number): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    update attempts set erase_when = null where id in (
      select a.id from attempts a
      where a.erase_when < now()
        and exists (select from attempts later where later.job_id = a.job_id and later.number > a.number)
      order by a.erase_when limit ${limit})
    returning id`.execute(tx);
  return rows.map(({ id }) => id);
}
