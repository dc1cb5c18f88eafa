/** How much there is to do on queues, and what was done lately. */
import { sql } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";

export interface QueueStatus {
  waiting: number;
  running: number;
  /** How long the oldest job has been ready. Null if none waits. */
  oldest_waiting_seconds: number | null;
  quarantined: number;
  /** The jobs that ended in each of the last 24 hours, the earliest first. */
  history: { begins: string; succeeded: number; failed: number }[];
}

/** The status of each of some queues, by id. */
export async function statusOfQueues(db: Db, ids: string[]): Promise<Map<string, QueueStatus>> {
  if (ids.length === 0) return new Map();
  // Each of the conditions has its own index.
  const { rows } = await sql<QueueStatus & { id: string }>`
    with open as (
      select j.queue_id as id, count(*) filter (where j.state = 'ready')::int as waiting,
        count(*) filter (where j.state = 'leased')::int as running,
        extract(epoch from now() - min(j.ready_when) filter (where j.state = 'ready' and j.ready_when <= now()))::float8
          as oldest_waiting_seconds,
        count(*) filter (where j.quarantined_when is not null)::int as quarantined
      from jobs j
      where j.queue_id = any(${ids}) and (j.state = 'ready' or j.state = 'leased' or j.quarantined_when is not null)
      group by 1
    ), ended as (
      select j.queue_id as id, date_trunc('hour', j.finished_when) as begins,
        count(*) filter (where j.state = 'succeeded')::int as succeeded,
        count(*) filter (where j.state = 'failed')::int as failed
      from jobs j where j.finished_when >= date_trunc('hour', now()) - interval '23 hours' and j.queue_id = any(${ids})
      group by 1, 2
    )
    select q.id, coalesce(open.waiting, 0) as waiting, coalesce(open.running, 0) as running,
      open.oldest_waiting_seconds, coalesce(open.quarantined, 0) as quarantined,
      (select json_agg(json_build_object('begins', to_char(hours.begins at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
          'succeeded', coalesce(ended.succeeded, 0), 'failed', coalesce(ended.failed, 0)) order by hours.begins)
        from generate_series(date_trunc('hour', now()) - interval '23 hours', now(), '1 hour') as hours(begins)
        left join ended on ended.id = q.id and ended.begins = hours.begins) as history
    from unnest(${ids}::uuid[]) as q(id) left join open using (id)`.execute(db);
  return new Map(rows.map(({ id, ...status }) => [id, status]));
}
