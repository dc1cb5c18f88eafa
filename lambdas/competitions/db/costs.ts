/** What the submissions of competitions have cost. */
import { sql } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import type { Payer } from "../../jobs/rules/cost.ts";

/** What attempts that ended on a day (UTC) on a queue have cost. */
export interface DayCost {
  day: string;
  queue_id: string;
  queue: string;
  paid_by: Payer;
  attempts: number;
  microusd: number;
}

/** The costs of the submissions of a competition that are still there, of the last days, the latest first. */
export async function costsByDay(db: Db, competitionId: number, days: number): Promise<DayCost[]> {
  const { rows } = await sql<DayCost>`
    select to_char(a.ended_when at time zone 'utc', 'YYYY-MM-DD') as day, q.id as queue_id, q.name as queue,
      coalesce(a.paid_by, 'platform') as paid_by, count(*)::int as attempts, coalesce(sum(a.cost_microusd), 0)::float8 as microusd
    from phases p join submissions s on s.phase_id = p.id join jobs j on j.id = s.job_id
      join attempts a on a.job_id = j.id join queues q on q.id = j.queue_id
    where p.competition_id = ${competitionId}
      and a.ended_when >= date_trunc('day', now() at time zone 'utc') at time zone 'utc' - make_interval(days => ${days - 1})
    group by 1, 2, 3, 4 order by 1 desc, 3, 4`.execute(db);
  return rows;
}
