/** Fills a platform below the API: one phase with as many submissions as wanted, and what belongs to them. */
import { createHash } from "node:crypto";
import { sql } from "kysely";
import { foldCounts } from "../../../lambdas/competitions/db/counts.ts";
import type { Db } from "../../../lambdas/kernel/db/connection.ts";

export interface Filling {
  /** How many people take part in the phase. */
  participants: number;
  /** How many other competitions there are. */
  competitions: number;
}

/** The accounts by who they are. `person` is one of the participants. */
export const actors = { organizer: 1, admin: 2, person: 4 } as const;
export type Who = keyof typeof actors;

/** The first participant has this id, and the others follow. */
const firstParticipant = 3;

export const tokenOf = (who: Who): string => `bst_${who.padEnd(40, "0")}`;

/** The competition, phase and task of all submissions have the id 1. The database must be empty. */
export async function fillPlatform(db: Db, { participants, competitions }: Filling): Promise<void> {
  const run = (statement: string) => sql.raw(statement).execute(db);
  await run(`
    insert into users (username, email, password_hash, confirmed_email, is_superuser)
      select name, name || '@example.org', 'x', name || '@example.org', name = 'admin'
      from (select 'organizer' as name, -2 as n union all select 'admin', -1
        union all select 'person' || n, n from generate_series(1, ${participants}) n) as one order by n;
    insert into queues (name, sqs_name, is_default, step_profiles) values ('default', 'benchstack-default', true, '{"prediction": "standard", "scoring": "standard"}')
      on conflict do nothing;
    insert into datasets (created_by, type, name, file_name, file_size, object_key, upload_completed_when)
      values (1, 'scoring_program', 'scoring', 'scoring.zip', 1000, 'scoring/1', now());
    insert into tasks (name, created_by, scoring_program_id) values ('Task', 1, 1);
    insert into competitions (title, docker_image, created_by, published, reward, created_when)
      select 'Competition ' || n, 'image', 1, true, case when n % 10 = 1 then '1 EUR' end, now() - n * interval '1 day'
      from generate_series(1, ${competitions} + 1) n order by n;
    insert into pages (competition_id, index, title, content) select id, 0, 'Overview', repeat('words ', 100) from competitions;
    insert into phases (competition_id, index, name, starts_at, ends_at, execution_time_limit, max_submissions_per_day)
      select id, 0, 'Phase', now() - interval '301 days', now() + interval '100 days', 600, 100 from competitions order by id;
    insert into phases (competition_id, index, name, starts_at, execution_time_limit)
      values (1, 1, 'Final phase', now() + interval '100 days', 600);
    insert into phase_tasks (phase_id, task_id, order_index) select id, 1, 0 from phases;
    insert into leaderboards (competition_id, title, key, submission_rule)
      select id, 'Results', 'results', 'Force_Last' from competitions order by id;
    insert into leaderboard_columns (leaderboard_id, index, title, key, sorting, precision, hidden)
      select id, 0, 'Accuracy', 'accuracy', 'desc', 2, false from leaderboards order by id;
    insert into participants (competition_id, user_id, status)
      select 1, id, 'approved' from users where id >= ${firstParticipant} order by id;
    insert into participants (competition_id, user_id, status)
      select 2 + (u.id * 7 + n) % greatest(${competitions}, 1), u.id, 'approved'
      from users u, generate_series(1, 3) n where u.id >= ${firstParticipant} and ${competitions} > 0 on conflict do nothing`);
  for (const [who, id] of Object.entries(actors))
    await sql`insert into api_tokens (token_hash, user_id, expires_at)
      values (${createHash("sha256")
        .update(tokenOf(who as Who))
        .digest()}, ${id}, now() + interval '1 day')`.execute(db);
}

/**
 * Adds the submissions from one number up to another: participants in turn, one every 25 seconds. Most are Finished and have a score,
 * some Failed; everybody's first is on the leaderboard.
 */
export async function addSubmissions(db: Db, { participants }: Filling, from: number, to: number): Promise<void> {
  const batch = 100_000;
  for (let first = from + 1; first <= to; first += batch) {
    const last = Math.min(to, first + batch - 1);
    const numbers = `generate_series(${first}, ${last}) n`;
    const owner = `${firstParticipant} + n % ${participants}`;
    const time = `now() - interval '300 days' + n * interval '25 seconds'`;
    await sql
      .raw(
        `
      insert into datasets (created_by, type, name, file_name, file_size, object_key, upload_completed_when, competition_id, created_when)
        select ${owner}, 'submission', 'submission ' || n || ' ' || md5(n::text), 'answers-' || n || '.zip', 1000 + n % 5000,
          'dataset/' || n || '/answers.zip', ${time}, 1, ${time} from ${numbers} order by n;
      insert into jobs (id, queue_id, kind, state, spec, owner_key, group_key, attempt_number, attempt_id, leased_when, ready_when,
          created_when, finished_when, profile)
        select md5('job' || n)::uuid, (select id from queues where is_default), 'submission',
          case when n % 10 = 0 then 'failed' else 'succeeded' end,
          '{"steps": [{"name": "scoring"}]}', (${owner})::text, '1', 1, md5('attempt' || n)::uuid, ${time}, ${time}, ${time}, ${time},
          'standard' from ${numbers};
      insert into attempts (id, job_id, number, worker_id, worker_instance, host, launcher, outlives_worker, report, outcome,
          cost_microusd, paid_by, started_when, ended_when)
        select md5('attempt' || n)::uuid, md5('job' || n)::uuid, 1, 'worker', 'instance', 'host-' || n % 10, 'ecs', true,
          '{"steps": [{"name": "scoring", "usage": {"peakMemoryBytes": 1000000}}]}', 'succeeded', 100, 'platform', ${time}, ${time}
        from ${numbers};
      insert into submissions (phase_id, owner_id, participant_id, task_id, data_id, status, on_leaderboard, job_id, created_when,
          submitted_when, started_when, finished_when, output_bytes, log_bytes)
        select 1, ${owner}, (select p.id from participants p where p.competition_id = 1 and p.user_id = ${owner}), 1,
          (select d.id from datasets d where d.created_by = ${owner} and d.name = 'submission ' || n || ' ' || md5(n::text)),
          case when n % 10 = 0 then 'Failed' else 'Finished' end, n <= ${participants} and n % 10 <> 0, md5('job' || n)::uuid,
          ${time}, ${time}, ${time}, ${time}, 1000, 100 from ${numbers} order by n;
      insert into submission_scores (submission_id, column_id, score)
        select id, 1, (id % 1000) / 1000.0 from submissions
        where id > (select coalesce(max(submission_id), 0) from submission_scores) and status = 'Finished' order by id`,
      )
      .execute(db);
  }
  // As the sweeper does every minute.
  await foldCounts(db);
  // Outside a transaction, in which vacuum does not run.
  await sql.raw("vacuum analyze").execute(db);
}
