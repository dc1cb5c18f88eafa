/** Cancels jobs, and discards jobs whose output nobody needs. */
import { sql, type Transaction } from "kysely";
import type { Database } from "../../kernel/db/schema.ts";
import type { JobState } from "./tables.ts";

type Tx = Transaction<Database>;

/** The result of a request to stop a job. */
export type Cancellation = "cancelled" | "requested" | "over";

/** Asks jobs to stop. A ready job is cancelled immediately. The worker of a leased job learns of it with its next heartbeat. */
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

export async function isUnwanted(tx: Tx, jobId: string): Promise<boolean> {
  const job = await tx.selectFrom("jobs").select("unwanted").where("id", "=", jobId).executeTakeFirst();
  return job?.unwanted ?? false;
}
