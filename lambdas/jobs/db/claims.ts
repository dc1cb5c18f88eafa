import { randomUUID } from "node:crypto";
import { sql, type RawBuilder, type Transaction } from "kysely";
import type { ProfileUser, QueueCapacity } from "../rules/capacity.ts";
import type { JobSpec, WorkerIdentity } from "../../../contract/job.ts";
import type { Db } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";
import { isFull } from "./served-queues.ts";

/**
 * Who is next in a queue. Fairness is decided here: the competition, then the participant, with the fewest running jobs
 * goes first; among equals the higher priority, then whoever was served longest ago, then the oldest job.
 */

type Tx = Transaction<Database>;

/** What each participant and each competition of a queue has running, and when they were last served. */
const shares = (queueId: RawBuilder<string>) => sql`
  running as (
    select owner_key, group_key, count(*) as n from jobs
    where queue_id = ${queueId} and state = 'leased' group by owner_key, group_key
  ), served as (
    select owner_key, group_key, max(leased_when) as last from jobs
    where queue_id = ${queueId} and leased_when > now() - interval '1 day' group by owner_key, group_key
  )`;

/** Jobs `j` of a queue that may be claimed now, beside what their participants and competitions have. */
const claimable = (queueId: RawBuilder<string>) => sql`
  jobs j
  left join (select group_key, sum(n) as n from running group by group_key) as running_group using (group_key)
  left join (select owner_key, sum(n) as n from running group by owner_key) as running_owner using (owner_key)
  left join (select group_key, max(last) as last from served group by group_key) as served_group using (group_key)
  left join (select owner_key, max(last) as last from served group by owner_key) as served_owner using (owner_key)
  where j.queue_id = ${queueId} and j.state = 'ready' and j.ready_when <= now()`;

export interface ClaimedJob {
  jobId: string;
  attemptId: string;
  attemptNumber: number;
  spec: JobSpec;
  /** Id of the request that asked for the job. */
  correlationId: string | null;
}

/**
 * Gives a worker one ready job of a queue and opens an attempt with a lease, or undefined when none is ready. A job that
 * was handed over keeps its attempt, which then goes on.
 */
export async function claimJob(
  tx: Tx,
  queueId: string,
  worker: WorkerIdentity,
  leaseSeconds: number,
): Promise<ClaimedJob | undefined> {
  if (await isFull(tx, queueId)) return undefined;
  const queue = sql<string>`${queueId}`;
  const { rows } = await sql<ClaimedJob>`
    with ${shares(queue)}, chosen as (
      select j.id from ${claimable(queue)}
        and (j.attempt_id is null or ${worker.launcher === "ecs"})
      order by
        coalesce(running_group.n, 0),
        coalesce(running_owner.n, 0),
        j.priority desc,
        served_group.last nulls first,
        served_owner.last nulls first,
        j.created_when, j.id
      limit 1
      for update of j skip locked
    ), leased as (
      update jobs set
        state = 'leased',
        attempt_number = attempt_number + case when attempt_id is null then 1 else 0 end,
        attempt_id = coalesce(attempt_id, ${randomUUID()}),
        leased_when = clock_timestamp(),
        lease_until = now() + make_interval(secs => ${leaseSeconds})
      where id = (select id from chosen) and state = 'ready'
      returning id, attempt_id, attempt_number, spec, correlation_id
    ), opened as (
      insert into attempts (id, job_id, number, worker_id, worker_instance, host, launcher)
      select attempt_id, id, attempt_number, ${worker.id}, ${worker.instance}, ${worker.host}, ${worker.launcher} from leased
      on conflict (id) do update set worker_id = excluded.worker_id, worker_instance = excluded.worker_instance,
        host = excluded.host, resumed = attempts.resumed + 1
    )
    select id as "jobId", attempt_id as "attemptId", attempt_number as "attemptNumber", spec, correlation_id as "correlationId"
    from leased`.execute(tx);
  return rows[0];
}

/** What there is to know of a job that is not over, for whoever waits for it. */
export interface OpenJob extends QueueCapacity {
  /** From 1, in the order of claims as things are; null while it runs, or pauses before another try. */
  position: number | null;
  /** When another try may begin, if that is still to come. */
  pausedUntil: Date | null;
  /** What the running step waits for, in the words of its worker. */
  stepWaitsFor: string | null;
  isRunning: boolean;
  /** The most jobs that run at a time on its queue, and how many do. */
  maxRunning: number | null;
  running: number;
  /** Whose choice the queue's profiles are. */
  chooser: ProfileUser;
  /** When a worker of the queue last gave a sign of life, and whether that was a moment ago. */
  workerSeen: Date | null;
  workerIsThere: boolean;
}

/** Workers give a sign of life every 30 s; one that did not for so long is not there. */
const silentSeconds = 120;

/**
 * The job of a submission, or of a parent's children the one that is first: of those that run, else in the queue.
 * Undefined when all are over or none was made. A position is that of the claims' own order: as running jobs count
 * those of the same competition, and of the same participant in it, that go before. Who is first is exact; the order
 * among others changes with what ends and what is added meanwhile.
 */
export async function findOpenJob(db: Db, submissionId: number): Promise<OpenJob | undefined> {
  const queue = sql<string>`(select j.queue_id from wanted join jobs j using (id) limit 1)`;
  const { rows } = await sql<OpenJob>`
    with wanted as (
      select job_id as id from submissions where (id = ${submissionId} or parent_id = ${submissionId}) and job_id is not null
    ), ${shares(queue)}, turns as (
      select j.*, coalesce(running_group.n, 0) as group_running, served_group.last as group_last, served_owner.last as owner_last,
        coalesce(running_owner.n, 0) + row_number() over (
          partition by group_key, owner_key order by j.priority desc, j.created_when, j.id) as owner_turn
      from ${claimable(queue)}
    ), rounds as (
      select turns.*, group_running + row_number() over (
        partition by group_key order by owner_turn, priority desc, owner_last nulls first, created_when, id) as group_turn
      from turns
    ), line as (
      select id, row_number() over (
        order by group_turn, owner_turn, priority desc, group_last nulls first, owner_last nulls first, created_when, id) as position
      from rounds
    )
    select
      line.position::int as position,
      case when j.state = 'ready' and j.ready_when > now() then j.ready_when end as "pausedUntil",
      case when j.state = 'leased' then a.progress->>'waiting' end as "stepWaitsFor",
      j.state = 'leased' as "isRunning",
      q.prediction_profile, q.scoring_profile,
      q.max_running as "maxRunning",
      (select coalesce(sum(n), 0) from running)::int as running,
      case when u.id is not null then json_build_object('username', u.username, 'isSuperuser', u.is_superuser) end as chooser,
      seen.last as "workerSeen",
      coalesce(seen.last > now() - make_interval(secs => ${silentSeconds}), false) as "workerIsThere"
    from wanted
    join jobs j on j.id = wanted.id
    join queues q on q.id = j.queue_id
    left join users u on u.id = q.owner_id
    left join attempts a on a.id = j.attempt_id
    left join line on line.id = j.id
    left join lateral (select max(w.last_seen) as last from workers w where w.queue_id = q.id) as seen on true
    where j.state in ('ready', 'leased')
    order by j.state = 'leased' desc, line.position nulls last, j.ready_when
    limit 1`.execute(db);
  return rows[0];
}
