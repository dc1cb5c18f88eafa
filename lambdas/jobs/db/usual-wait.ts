import { sql } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";

/** Of how many of the latest jobs the wait is usual. */
const latest = 100;

export interface QueueWait {
  /** Seconds that half of the latest jobs waited at most, from their creation to the start of their first attempt. Null if there were none. */
  usualSeconds: number | null;
  /** Jobs that wait now. */
  waiting: number;
}

/** How long jobs on a queue have waited lately, that is since a time. */
export async function queueWait(db: Db, queueId: string, since: Date): Promise<QueueWait> {
  const { rows } = await sql<QueueWait>`
    select
      (select percentile_cont(0.5) within group (order by extract(epoch from a.started_when - j.created_when))::float8
        from (
          select id, created_when from jobs where queue_id = ${queueId} and leased_when >= ${since}
          order by leased_when desc limit ${latest}) j
        join attempts a on a.job_id = j.id and a.number = 1) as "usualSeconds",
      (select count(*)::int from jobs where queue_id = ${queueId} and state = 'ready') as waiting`.execute(db);
  return rows[0]!;
}
