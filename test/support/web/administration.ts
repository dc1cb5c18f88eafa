/** Fills what administrators look at without running anything. */
import { sql } from "kysely";
import type { Competition } from "../../../client/api-client.ts";
import type { Context } from "../../../lambdas/kernel/context.ts";
import { fillBoard } from "./board.ts";

/** People, submissions, mail, stored bytes with an inspection, and a queue with a worker and a request for hosts. */
export async function fillAdministration(inside: Context, competition: Competition, organizer: string): Promise<void> {
  const { db } = inside;
  await fillBoard(inside, competition, 60);
  await sql`
    update users set created_when = now() - make_interval(days => id * 7 % 40) where username like 'model-%'`.execute(
    db,
  );
  await sql`
    insert into mails (recipients, subject, body, status, problem, sent_when) values
      ('{participant-a@example.org}', 'Your submission has finished', 'text', 'sent', null, now()),
      ('{participant-b@example.org}', 'Your submission has finished', 'text', 'failed', 'The mailbox is full.', null)`.execute(
    db,
  );
  await sql`
    insert into storage_snapshots (week, scope, subject_id, datasets_bytes, submissions_bytes, orphans_bytes)
    select date_trunc('week', now()) - make_interval(weeks => n), 'platform', 0,
      900e9 - n * 12e9, 700e9 - n * 21e9, 3e9
    from generate_series(0, 20) n
    on conflict (scope, week, subject_id) do update set datasets_bytes = 900e9, submissions_bytes = 700e9, orphans_bytes = 3e9`.execute(
    db,
  );
  await sql`
    with inspection as (
      insert into store_inspections (started_when, finished_when, objects, bytes)
      values (now() - interval '1 day', now() - interval '1 day', 48210, 1600e9) returning id
    )
    insert into store_findings (inspection_id, bucket, key, kind, bytes, modified_when)
    select id, 'uploads', 'dataset/0b9c1a52/part-' || n || '.zip', 'orphan', n * 1e7, now() - interval '20 days'
    from inspection, generate_series(1, 3) n`.execute(db);
  await sql`
    with owner as (select id from users where username = ${organizer}),
    queue as (insert into queues (name, sqs_name, owner_id) select 'GPU hosts of the lab', 'gpu-hosts', id from owner returning id),
    worker as (
      insert into workers (id, queue_id, instance, host, launcher, slots, version)
      select 'worker-1', id, 'instance-1', 'gpu-1.example.org', 'docker', 2, '0.9.0' from queue
    )
    insert into capacity_requests (queue_id, requested_by, instance_type, hosts, spot, monthly_microusd, why, profile)
    select queue.id, owner.id, 'g5.xlarge', 4, true, 400e6, 'The final phase needs GPUs.', '{}' from queue, owner`.execute(
    db,
  );
  await addSpending(inside);
}

/** Attempts that ended on the last 25 days, on both queues. */
async function addSpending({ db }: Context): Promise<void> {
  await sql`
    with planned as (
      select gen_random_uuid() as job, gen_random_uuid() as attempt, q.id as queue, n,
        now() - make_interval(days => n) as moment
      from queues q, generate_series(0, 24) n where q.is_default or n % 3 = 0
    ), jobs_added as (
      insert into jobs (id, queue_id, group_key, owner_key, kind, spec, state, created_when, finished_when)
      select job, queue, 'competition:0', '0', 'submission', '{"steps": []}', 'succeeded', moment, moment from planned
    )
    insert into attempts (id, job_id, number, worker_id, worker_instance, host, launcher, outlives_worker, outcome,
      cost_microusd, paid_by, started_when, ended_when)
    select attempt, job, 1, 'worker-1', 'instance-1', 'gpu-1.example.org', 'docker', false, 'succeeded',
      (3 + n * 7 % 11) * 1.3e6, 'platform', moment, moment from planned`.execute(db);
}
