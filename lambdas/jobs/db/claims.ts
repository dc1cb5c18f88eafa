/**
 * Decides which job of a queue is next, fairly: the group, then the person, with the fewest running jobs goes first. Among
 * equals, the higher priority goes first, then the one served longest ago, then the oldest job.
 */
import { randomUUID } from "node:crypto";
import { sql, type RawBuilder, type Transaction } from "kysely";
import type { JobSpec, WorkerIdentity } from "../../../contract/job.ts";
import type { Database } from "../../kernel/db/schema.ts";
import { isAffordable } from "./budgets.ts";
import { hasNoPlace, lockPlaces, rooms } from "./places.ts";
import { isFull } from "./served-queues.ts";
import { lockRoom } from "./suspects.ts";

type Tx = Transaction<Database>;

/** Where fewer people wait, several jobs of each are looked at, because others may claim the first of them at the same time. */
const manyPeople = 32;

/**
 * `heads`: the first jobs of a queue of each person, group and capacity profile, of those that a claim may choose. `keys` finds people and
 * groups by jumps through an index, so that what a claim costs follows the number of people who wait, not that of their jobs.
 */
const heads = (
  queueId: string,
  { outlivesWorker, mayTake }: { outlivesWorker: boolean; mayTake: RawBuilder<boolean> },
) => {
  // Without a language's order, which takes longer to compare.
  const columns = sql.raw(`group_key collate "C", owner_key collate "C", coalesce(profile, '') collate "C"`);
  const ready = sql`from jobs where queue_id = ${queueId} and state = 'ready'`;
  /** The first jobs of each key. With a limit that it does not know, PostgreSQL would read all of them. */
  const firstOfEach = (limit: number, condition: RawBuilder<boolean>) => sql`
    select head.id from waiting as j cross join lateral (
      select one.id from jobs one
      where one.queue_id = ${queueId} and one.state = 'ready' and one.group_key collate "C" = j.group_key
        and one.owner_key collate "C" = j.owner_key and coalesce(one.profile, '') collate "C" = j.profile
        and one.attempt_id is null and one.ready_when <= now() and ${mayTake}
      order by one.priority desc, one.created_when, one.id limit ${sql.lit(limit)}) as head
    where ${condition} and ${isAffordable} and not (${outlivesWorker} and ${hasNoPlace})`;
  return sql`
  keys (group_key, owner_key, profile) as (
    (select ${columns} ${ready} order by ${columns} limit 1)
    union all
    select next.* from keys cross join lateral (
      select ${columns} ${ready} and (${columns}) > (keys.group_key, keys.owner_key, keys.profile)
      order by ${columns} limit 1) as next
  ), waiting as materialized (
    select ${queueId}::uuid as queue_id, group_key, owner_key, profile, null::uuid as attempt_id,
      count(*) over () >= ${manyPeople} as are_many
    from keys
  ), heads as (
    ${firstOfEach(1, sql`j.are_many`)}
    union all ${firstOfEach(manyPeople, sql`not j.are_many`)}
    union all
    select one.id from jobs one
    where one.queue_id = ${queueId} and one.attempt_id is not null and one.state = 'ready'
      and one.ready_when <= now() and ${outlivesWorker} and ${mayTake}
  )`;
};

/** How many jobs of each person, and each group, run on a queue: as an object, because PostgreSQL would compare each with each in a join. */
const running = (queueId: string) => sql`
  running as materialized (
    select owner_key, group_key, count(*) as n from jobs
    where queue_id = ${queueId} and state = 'leased' group by 1, 2
  ), running_owner as materialized (
    select jsonb_object_agg(owner_key, n) as by_key from (select owner_key, sum(n) as n from running group by 1) as one
  ), running_group as materialized (
    select jsonb_object_agg(group_key, n) as by_key from (select group_key, sum(n) as n from running group by 1) as one)`;

/** When a person or group of a job `j` was last served, if that was in the last day. */
const lastServed = (queueId: string, key: "owner_key" | "group_key") => sql`(
  select nullif(greatest(max(leased_when), now() - interval '1 day'), now() - interval '1 day')
  from jobs where queue_id = ${queueId} and ${sql.ref(key)} = ${sql.ref(`j.${key}`)} and leased_when is not null)`;

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
  const { outlivesWorker } = worker.capabilities;
  if (outlivesWorker) await lockPlaces(tx, queueId);
  const mayTake = sql<boolean>`(one.kind = any(${kinds}::text[]) and (not one.suspect or ${room.isIdle || room.makesRoom}))`;
  const { rows } = await sql<ClaimedJob>`
    with recursive ${running(queueId)}, ${rooms}, ${heads(queueId, { outlivesWorker, mayTake })}, chosen as (
      -- An array, because PostgreSQL would read all jobs for a join with what it takes for many.
      select j.id, j.suspect from jobs j where j.id = any(array(select id from heads)) and j.state = 'ready'
      order by
        coalesce(((select by_key from running_group) ->> j.group_key)::int, 0),
        coalesce(((select by_key from running_owner) ->> j.owner_key)::int, 0),
        j.priority desc,
        ${lastServed(queueId, "group_key")} nulls first,
        ${lastServed(queueId, "owner_key")} nulls first,
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
