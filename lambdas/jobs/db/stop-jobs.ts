/** Cancels jobs, and discards jobs whose output nobody needs. */
import { sql, type Transaction } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";
import type { JobState } from "./tables.ts";

type Tx = Transaction<Database>;

/** The result of a request to stop a job. */
export type Cancellation = "cancelled" | "requested" | "over";

/** Asks jobs to stop. A ready job is cancelled immediately. The worker of a leased job learns of it when it asks next. */
export async function requestCancel(tx: Tx, jobIds: string[]): Promise<Map<string, Cancellation>> {
  const asked = new Map(jobIds.map((id): [string, Cancellation] => [id, "over"]));
  if (jobIds.length === 0) return asked;
  const { rows } = await sql<{ id: string; state: JobState }>`
    update jobs set
      state = case when state = 'ready' then 'cancelled' else state end,
      finished_when = case when state = 'ready' then now() end,
      cancel_requested_when = now()
    where id = any(${jobIds}::uuid[]) and state in ('ready', 'leased')
    returning id, state`.execute(tx);
  for (const { id, state } of rows) asked.set(id, state === "cancelled" ? "cancelled" : "requested");
  return asked;
}

/**
 * Stops jobs whose output is no longer needed, and removes them from quarantine. Returns those that have ended, so that the
 * caller can erase their output. The output of the others is erased when they end (`isUnwanted`).
 */
export async function discardJobs(tx: Tx, jobIds: string[]): Promise<string[]> {
  if (jobIds.length === 0) return [];
  const { rows } = await sql<{ id: string; state: JobState }>`
    update jobs set
      unwanted = true,
      quarantined_when = null,
      state = case when state = 'ready' then 'cancelled' else state end,
      finished_when = case when state = 'ready' then now() else finished_when end,
      cancel_requested_when = case when state in ('ready', 'leased') then now() else cancel_requested_when end
    where id = any(${jobIds}::uuid[])
    returning id, state`.execute(tx);
  return rows.flatMap(({ id, state }) => (state === "leased" ? [] : [id]));
}

/**
 * Ends the programs of jobs, with a sentence for their owner. A ready job is cancelled immediately. The worker of a leased job
 * ends it when it asks next; the job then fails with ENDED, and what the program wrote is kept.
 */
export async function requestEnd(tx: Tx, jobIds: string[], message: string): Promise<Map<string, Cancellation>> {
  const asked = new Map(jobIds.map((id): [string, Cancellation] => [id, "over"]));
  if (jobIds.length === 0) return asked;
  const { rows } = await sql<{ id: string; state: JobState }>`
    update jobs set
      state = case when state = 'ready' then 'cancelled' else state end,
      finished_when = case when state = 'ready' then now() end,
      ending_message = ${message}
    where id = any(${jobIds}::uuid[]) and state in ('ready', 'leased')
    returning id, state`.execute(tx);
  for (const { id, state } of rows) asked.set(id, state === "cancelled" ? "cancelled" : "requested");
  return asked;
}

/** Why an attempt has to stop: its job was cancelled, or it no longer holds its job. */
export type StopReason = "cancelled" | "superseded";

/** What the platform wants of an attempt: that it stops, or that it ends its program with this message. */
export type Halt =
  { attempt: string; why: StopReason; message: null } | { attempt: string; why: null; message: string };

/**
 * Those of some attempts that have to stop or to end their program. If a queue is given, its attempts are the only ones that hold jobs. Workers ask
 * often, so each attempt costs two look-ups by primary key, and nothing is written.
 */
export async function attemptsToHalt(db: Db, queueId: string | null, attemptIds: string[]): Promise<Halt[]> {
  const { rows } = await sql<Halt>`
    select asked.id as attempt,
      case when j.id is null then 'superseded' when j.cancel_requested_when is not null then 'cancelled' end as why,
      case when j.cancel_requested_when is null then j.ending_message end as message
    from unnest(${attemptIds}::uuid[]) as asked(id)
    left join attempts a on a.id = asked.id
    left join jobs j on j.id = a.job_id and j.attempt_id = a.id and j.state = 'leased'
      and (${queueId}::uuid is null or j.queue_id = ${queueId}::uuid)
    where j.id is null or j.cancel_requested_when is not null or j.ending_message is not null`.execute(db);
  return rows;
}

export async function isUnwanted(tx: Tx, jobId: string): Promise<boolean> {
  const job = await tx.selectFrom("jobs").select("unwanted").where("id", "=", jobId).executeTakeFirst();
  return job?.unwanted ?? false;
}
