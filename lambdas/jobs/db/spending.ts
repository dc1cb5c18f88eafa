/** What the platform has paid for jobs, by month. */
import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import type { JobSpec, Launch, Progress } from "../../../contract/job.ts";
import type { BudgetScope } from "../rules/budget.ts";

/** This month, such as `2026-01`. */
export const thisMonth = sql<string>`to_char(now() at time zone 'utc', 'YYYY-MM')`;

/** The scopes of a job `j` in the order of their names, in which all transactions lock them. */
const scopesOfJob = sql`(values ('group', j.group_key), ('platform', ''), ('queue', j.queue_id::text)) as s (scope, key)`;

/** Adds what an attempt at a job cost to what the platform, the queue and the group of the job have spent this month. */
export async function addSpending(tx: Tx, jobId: string, microusd: number): Promise<void> {
  await sql`
    insert into spending (scope, key, month, microusd)
    select s.scope, s.key, ${thisMonth}, ${microusd} from jobs j cross join lateral ${scopesOfJob}
    where j.id = ${jobId} order by s.scope
    on conflict (scope, key, month) do update set microusd = spending.microusd + excluded.microusd`.execute(tx);
}

/** Adds what hosts without a step cost to what the platform, and the queue that caused it, have spent this month. */
export async function addHostSpending(tx: Tx, queueId: string | null, microusd: number): Promise<void> {
  await sql`
    insert into spending (scope, key, month, microusd, hosts_microusd)
    select s.scope, s.key, ${thisMonth}, ${microusd}, ${microusd}
    from (values ('platform', ''), ('queue', ${queueId}::text)) as s (scope, key)
    where s.key is not null order by s.scope
    on conflict (scope, key, month) do update set microusd = spending.microusd + excluded.microusd,
      hosts_microusd = spending.hosts_microusd + excluded.hosts_microusd`.execute(tx);
}

/** A running attempt for which the platform pays. */
export interface RunningAttempt {
  job: string;
  spec: JobSpec;
  progress: Progress | null;
  seconds: number;
  outlivesWorker: boolean;
  launches: Pick<Launch, "step" | "request">[];
}

/** The running attempts for which the platform pays. */
export async function runningAttempts(db: Db): Promise<RunningAttempt[]> {
  const { rows } = await sql<RunningAttempt>`
    select j.id as job, j.spec, a.progress, extract(epoch from now() - a.started_when)::float8 as seconds,
      a.outlives_worker as "outlivesWorker", coalesce((
        select json_agg(json_build_object('step', l.step, 'request', l.request) order by l.number)
        from launches l where l.attempt_id = a.id), '[]') as launches
    from jobs j join attempts a on a.id = j.attempt_id join queues q on q.id = j.queue_id
    where j.state = 'leased' and q.step_profiles is not null`.execute(db);
  return rows;
}

/** The spending of these jobs' scopes in this month. */
const ofJobs = (jobs: string[]) => sql`
  select s.scope, s.key, ${thisMonth} from jobs j cross join lateral ${scopesOfJob} where j.id = any(${jobs}::uuid[])`;

/** Replaces what running jobs have cost so far. Needs the rows of their scopes: `openSpending`. */
export async function setRunningCosts(tx: Tx, costs: { job: string; microusd: number }[]): Promise<void> {
  const jobs = costs.map(({ job }) => job);
  // All that changes, in the order in which `addSpending` locks it.
  await sql`
    select from spending where running_microusd > 0 or (scope, key, month) in (${ofJobs(jobs)})
    order by scope, key for update`.execute(tx);
  await sql`update spending set running_microusd = 0 where running_microusd > 0`.execute(tx);
  if (costs.length === 0) return;
  await sql`
    insert into spending (scope, key, month, running_microusd)
    select s.scope, s.key, ${thisMonth}, sum(c.microusd)
    from jsonb_to_recordset(${JSON.stringify(costs)}::jsonb) as c (job uuid, microusd bigint)
    join jobs j on j.id = c.job and j.state = 'leased' cross join lateral ${scopesOfJob}
    group by s.scope, s.key order by s.scope, s.key
    on conflict (scope, key, month) do update set running_microusd = excluded.running_microusd`.execute(tx);
}

/** Adds the rows that the spending of jobs needs. In a statement of its own, because an added row is locked out of turn. */
export async function openSpending(db: Db, jobs: string[]): Promise<void> {
  await sql`
    insert into spending (scope, key, month) select distinct one.* from (${ofJobs(jobs)}) as one order by 1, 2
    on conflict do nothing`.execute(db);
}

/** What was spent in this month, the part of it for hosts without a step, and what running jobs have cost so far, in millionths of a USD. */
export async function spentThisMonth(
  db: Db,
  scope: BudgetScope,
  key: string,
): Promise<{ spent: number; hosts: number; running: number }> {
  const row = await db
    .selectFrom("spending")
    .select([
      sql<number>`microusd::float8`.as("spent"),
      sql<number>`hosts_microusd::float8`.as("hosts"),
      sql<number>`running_microusd::float8`.as("running"),
    ])
    .where("scope", "=", scope)
    .where("key", "=", key)
    .where("month", "=", thisMonth)
    .executeTakeFirst();
  return row ?? { spent: 0, hosts: 0, running: 0 };
}

/** What the platform paid for attempts that ended on a day (UTC) on a queue. */
export interface DaySpending {
  day: string;
  queue_id: string;
  queue: string;
  attempts: number;
  microusd: number;
}

/** What the platform paid on each of the last days, the latest first. */
export async function spendingByDay(db: Db, days: number): Promise<DaySpending[]> {
  const { rows } = await sql<DaySpending>`
    select to_char(a.ended_when at time zone 'utc', 'YYYY-MM-DD') as day, q.id as queue_id, q.name as queue,
      count(*)::int as attempts, sum(a.cost_microusd)::float8 as microusd
    from attempts a join jobs j on j.id = a.job_id join queues q on q.id = j.queue_id
    where a.cost_microusd is not null and coalesce(a.paid_by, 'platform') = 'platform'
      and a.ended_when >= date_trunc('day', now() at time zone 'utc') at time zone 'utc' - make_interval(days => ${days - 1})
    group by 1, 2, 3 order by 1 desc, 3, 2`.execute(db);
  return rows;
}
