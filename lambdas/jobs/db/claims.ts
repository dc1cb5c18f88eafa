/**
 * Decides which job of a queue is next, fairly: the group, then the person, with the fewest running jobs goes first. Among
 * equals, the higher priority goes first, then the one served longest ago, then the oldest job.
 */
import { randomUUID } from "node:crypto";
import { sql, type RawBuilder, type Transaction } from "kysely";
import type { BudgetScope } from "../rules/budget.ts";
import type { ProfileUser, QueueCapacity } from "../rules/capacity.ts";
import type { JobSpec, WorkerIdentity } from "../../../contract/job.ts";
import type { Db } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";
import { isAffordable, stoppingBudget } from "./budgets.ts";
import { hasNoPlace, lockPlaces, rooms } from "./places.ts";
import { isFull } from "./served-queues.ts";
import { lockRoom } from "./suspects.ts";
import { silentSeconds } from "./workers.ts";

type Tx = Transaction<Database>;

/** How many running jobs each person and each group of a queue has, and when they were last served. */
const shares = (queueId: RawBuilder<string>) => sql`
  running as (
    select owner_key, group_key, count(*) as n from jobs
    where queue_id = ${queueId} and state = 'leased' group by owner_key, group_key
  ), served as (
    select owner_key, group_key, max(leased_when) as last from jobs
    where queue_id = ${queueId} and leased_when > now() - interval '1 day' group by owner_key, group_key
  )`;

/** Jobs `j` of a queue that may be claimed now, with the shares of their people and groups. */
const claimable = (queueId: RawBuilder<string>) => sql`
  jobs j
  left join (select group_key, sum(n) as n from running group by group_key) as running_group using (group_key)
  left join (select owner_key, sum(n) as n from running group by owner_key) as running_owner using (owner_key)
  left join (select group_key, max(last) as last from served group by group_key) as served_group using (group_key)
  left join (select owner_key, max(last) as last from served group by owner_key) as served_owner using (owner_key)
  where j.queue_id = ${queueId} and j.state = 'ready' and j.ready_when <= now() and ${isAffordable}`;

export interface ClaimedJob {
  jobId: string;
  kind: string;
  attemptId: string;
  attemptNumber: number;
  spec: JobSpec;
  /** Id of the request that created the job. */
  correlationId: string | null;
}

/**
 * Gives a worker one ready job of a queue and opens an attempt with a lease. Returns undefined if no job is ready for it. A job
 * that was handed over keeps its attempt, which only a worker with `outlivesWorker` can continue. A suspect job goes to an idle
 * worker. Jobs of other kinds than the given ones stay in the queue, and so do jobs whose step would find no place.
 */
export async function claimJob(
  tx: Tx,
  queueId: string,
  worker: WorkerIdentity,
  kinds: string[],
  leaseSeconds: number,
): Promise<ClaimedJob | undefined> {
  const room = await lockRoom(tx, queueId, worker);
  if (room.isTaken || (await isFull(tx, queueId))) return undefined;
  const queue = sql<string>`${queueId}`;
  const { outlivesWorker } = worker.capabilities;
  if (outlivesWorker) await lockPlaces(tx, queueId);
  const { rows } = await sql<ClaimedJob>`
    with ${shares(queue)}, ${rooms}, chosen as (
      select j.id, j.suspect from ${claimable(queue)}
        and j.kind = any(${kinds}::text[]) and (j.attempt_id is null or ${outlivesWorker})
        and (not j.suspect or ${room.isIdle || room.makesRoom})
        and not (${outlivesWorker} and ${hasNoPlace})
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
      where id = (select id from chosen where not suspect or ${room.isIdle}) and state = 'ready'
      returning id, kind, attempt_id, attempt_number, spec, correlation_id
    ), opened as (
      insert into attempts (id, job_id, number, worker_id, worker_instance, host, launcher, outlives_worker)
      select attempt_id, id, attempt_number, ${worker.id}, ${worker.instance}, ${worker.host}, ${worker.launcher},
        ${outlivesWorker}
      from leased
      on conflict (id) do update set worker_id = excluded.worker_id, worker_instance = excluded.worker_instance,
        host = excluded.host, resumed = attempts.resumed + 1
    )
    select id as "jobId", kind, attempt_id as "attemptId", attempt_number as "attemptNumber", spec,
      correlation_id as "correlationId"
    from leased`.execute(tx);
  return rows[0];
}

/** A job that has not ended, with what people who wait for it want to know. */
export interface OpenJob extends QueueCapacity {
  /** Position in the current order of claims, from 1. Null while the job runs or pauses before a retry. */
  position: number | null;
  /** When a retry may begin, if that is in the future. */
  pausedUntil: Date | null;
  /** What the running step waits for, as its worker reported it. */
  stepWaitsFor: string | null;
  isRunning: boolean;
  /** Whose monthly budget is spent, so that the job does not start; null if none is. */
  stoppedBy: BudgetScope | null;
  /** Whether it runs alone on its worker, because a worker died while it ran. */
  runsAlone: boolean;
  /** Why its step would find no place to run now, in a few words; null if it would. */
  noPlace: string | null;
  /** How many jobs may run at once on its queue, and how many do. */
  maxRunning: number | null;
  running: number;
  /** Who chose the queue's profiles. */
  chooser: ProfileUser;
  /** When the platform last heard from a worker of the queue, and whether that was recently. */
  workerSeen: Date | null;
  workerIsThere: boolean;
  /** Why the workers that are there take no jobs, as a sentence of one of them; null if any takes jobs. */
  workersAreUnwell: string | null;
}

/** Whether a worker `w` was seen recently. */
const isThere = sql`w.last_seen > now() - make_interval(secs => ${silentSeconds})`;

/**
 * Finds the first of some jobs of one queue: a running one, otherwise the first in the queue. Undefined if all have ended. The
 * position follows the order of claims; earlier jobs of the same group and person count as running. The first position is exact,
 * except that a job that runs alone needs an idle worker. Later positions change when jobs end or are added.
 */
export async function findOpenJob(db: Db, jobIds: string[]): Promise<OpenJob | undefined> {
  if (jobIds.length === 0) return undefined;
  const queue = sql<string>`(select j.queue_id from wanted join jobs j using (id) limit 1)`;
  const { rows } = await sql<OpenJob>`
    with wanted as (
      select unnest(${jobIds}::uuid[]) as id
    ), ${shares(queue)}, ${rooms}, turns as (
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
      case when j.state = 'ready' then ${stoppingBudget} end as "stoppedBy",
      j.suspect as "runsAlone",
      case when j.state = 'ready' and q.step_profiles is not null and ${hasNoPlace} then
        coalesce(place.lacking, 'all ' || place.most || ' places of its capacity profile are taken') end as "noPlace",
      q.step_profiles,
      q.max_running as "maxRunning",
      (select coalesce(sum(n), 0) from running)::int as running,
      case when u.id is not null then json_build_object('username', u.username, 'isSuperuser', u.is_superuser) end as chooser,
      seen.last as "workerSeen",
      coalesce(seen.last > now() - make_interval(secs => ${silentSeconds}), false) as "workerIsThere",
      seen.unwell as "workersAreUnwell"
    from wanted
    join jobs j on j.id = wanted.id
    join queues q on q.id = j.queue_id
    left join users u on u.id = q.owner_id
    left join attempts a on a.id = j.attempt_id
    left join line on line.id = j.id
    left join rooms as place on place.profile = j.profile
    left join lateral (
      select max(w.last_seen) as last, case when bool_and(w.unwell is not null) filter (where ${isThere}) then
        max(w.unwell) filter (where ${isThere}) end as unwell
      from workers w where w.queue_id = q.id
    ) as seen on true
    where j.state in ('ready', 'leased')
    order by j.state = 'leased' desc, line.position nulls last, j.ready_when
    limit 1`.execute(db);
  return rows[0];
}
