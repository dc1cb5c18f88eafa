/** Fills a competition with what its organizers see: people who wait, submissions of every kind, attempts with costs. */
import { sql } from "kysely";
import type { Competition } from "../../../client/api-client.ts";
import type { Context } from "../../../lambdas/kernel/context.ts";

/** Adds people who ask to take part in a competition, the latest ones first in number. */
export async function addPendingPeople({ db }: Context, { id }: Competition, count: number): Promise<void> {
  await sql`
    with added as (
      insert into users (username, email)
      select 'asks-' || lpad(n::text, 2, '0'), 'asks-' || n || '@example.org' from generate_series(1, ${count}::integer) n
      returning id
    )
    insert into participants (competition_id, user_id, status, created_when)
    select ${id}, id, 'pending', now() - make_interval(hours => (id % 50)::int) from added`.execute(db);
}

/**
 * Adds submissions to the first phase of a competition of one task, by those who take part: of every five three are finished with a
 * score, one failed and one was cancelled. Each had an attempt, which cost something.
 */
export async function addSubmissions({ db }: Context, { id, phases }: Competition, count: number): Promise<void> {
  const phase = phases[0]!.id;
  await sql`
    with people as (
      select id, user_id, row_number() over (order by id) - 1 as at, count(*) over () as people
      from participants where competition_id = ${id} and status = 'approved'
    ), planned as (
      select n, gen_random_uuid() as job, gen_random_uuid() as attempt, pe.id as participant, pe.user_id as owner,
        now() - make_interval(mins => n * 97) as moment,
        (array['Finished', 'Finished', 'Failed', 'Finished', 'Cancelled'])[n % 5 + 1] as status
      from generate_series(1, ${count}::integer) n join people pe on pe.at = n % pe.people
    ), queue as (
      select id from queues where is_default
    ), jobs_added as (
      insert into jobs (id, queue_id, group_key, owner_key, kind, spec, state, created_when, finished_when)
      select job, queue.id, 'competition:' || ${id}::text, owner::text, 'submission', '{"steps": []}',
        case status when 'Finished' then 'succeeded' when 'Failed' then 'failed' else 'cancelled' end, moment, moment
      from planned, queue
    ), attempts_added as (
      insert into attempts (id, job_id, number, worker_id, worker_instance, host, launcher, outlives_worker, outcome,
        cost_microusd, paid_by, started_when, ended_when)
      select attempt, job, 1, 'worker-1', 'instance-1', 'host-' || n % 3 + 1, 'docker', false, 'succeeded',
        2000 + n * 137, 'platform', moment, moment + interval '5 minutes' from planned
    )
    insert into submissions (phase_id, owner_id, participant_id, status, status_details, failure_code, data_id, task_id, job_id,
      on_leaderboard, created_when, submitted_when, started_when, finished_when)
    select ${phase}, owner, participant, status,
      case status when 'Failed' then 'The program of scoring exited with code 1.' end,
      case status when 'Failed' then 'PROGRAM_FAILED' end,
      (select min(id) from datasets), (select min(task_id) from phase_tasks where phase_id = ${phase}), job,
      status = 'Finished', moment, moment, moment, moment + make_interval(secs => 61 + n)
    from planned order by n desc`.execute(db);
  await sql`
    insert into submission_scores (submission_id, column_id, score)
    select s.id, c.id, round(0.5 + (s.id * 37 % 100) / 250.0, 3)
    from submissions s join leaderboards l on l.competition_id = ${id}
    join leaderboard_columns c on c.leaderboard_id = l.id and c.computation is null
    where s.phase_id = ${phase} and s.status = 'Finished'`.execute(db);
}
