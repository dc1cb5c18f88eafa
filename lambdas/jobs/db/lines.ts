/** The lines of queues: where jobs stand, and what people who wait for them want to know. */
import { sql, type RawBuilder } from "kysely";
import type { BudgetScope } from "../rules/budget.ts";
import type { ProfileUser, QueueCapacity } from "../rules/capacity.ts";
import type { Waiter } from "../rules/line.ts";
import type { Db } from "../../kernel/db/connection.ts";
import { isAffordable, stoppingBudget } from "./budgets.ts";
import { hasNoPlace, rooms } from "./places.ts";
import { silentSeconds } from "./workers.ts";

/** A job that has not ended, with what people who wait for it want to know. */
export interface OpenJob extends QueueCapacity {
  id: string;
  queueId: string;
  group: string;
  owner: string;
  /** Whether it stands in the line: not while it runs, pauses before a retry, or a budget stops it. */
  isInLine: boolean;
  /** Its place among the ready jobs of its owner in its group, from 1. */
  rank: number;
  /** When a retry may begin, if that is in the future. */
  pausedUntil: Date | null;
  readyWhen: Date;
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

/** Those of some jobs that have not ended. */
export async function openJobs(db: Db, jobIds: string[]): Promise<OpenJob[]> {
  if (jobIds.length === 0) return [];
  const { rows } = await sql<OpenJob>`
    with ${rooms}
    select
      j.id, j.queue_id as "queueId", j.group_key as "group", j.owner_key as owner, j.ready_when as "readyWhen",
      j.state = 'ready' and j.ready_when <= now() and ${isAffordable} as "isInLine",
      case when j.state = 'ready' then (select count(*)::int from jobs o
        where o.queue_id = j.queue_id and o.group_key collate "C" = j.group_key and o.owner_key collate "C" = j.owner_key
          and o.state = 'ready'
          and (-o.priority, o.created_when, o.id) <= (-j.priority, j.created_when, j.id)) else 0 end as rank,
      case when j.state = 'ready' and j.ready_when > now() then j.ready_when end as "pausedUntil",
      case when j.state = 'leased' then a.progress->>'waiting' end as "stepWaitsFor",
      j.state = 'leased' as "isRunning",
      case when j.state = 'ready' then ${stoppingBudget} end as "stoppedBy",
      j.suspect as "runsAlone",
      case when j.state = 'ready' and q.step_profiles is not null and ${hasNoPlace} then
        coalesce(place.lacking, 'all ' || place.most || ' places of its capacity profile are taken') end as "noPlace",
      q.step_profiles,
      q.max_running as "maxRunning",
      (select count(*)::int from jobs r where r.queue_id = q.id and r.state = 'leased') as running,
      case when u.id is not null then json_build_object('username', u.username, 'isSuperuser', u.is_superuser) end as chooser,
      seen.last as "workerSeen",
      coalesce(seen.last > now() - make_interval(secs => ${silentSeconds}), false) as "workerIsThere",
      seen.unwell as "workersAreUnwell"
    from jobs j
    join queues q on q.id = j.queue_id
    left join users u on u.id = q.owner_id
    left join attempts a on a.id = j.attempt_id
    left join rooms as place on place.profile = j.profile
    left join lateral (
      select max(w.last_seen) as last, case when bool_and(w.unwell is not null) filter (where ${isThere}) then
        max(w.unwell) filter (where ${isThere}) end as unwell
      from workers w where w.queue_id = q.id
    ) as seen on true
    where j.id = any(${jobIds}::uuid[]) and j.state in ('ready', 'leased')`.execute(db);
  return rows;
}

/** How many running jobs each person and each group of a queue has, and when they were last served. */
const shares = (queueId: RawBuilder<string>) => sql`
  running as (
    select owner_key, group_key, count(*) as n from jobs
    where queue_id = ${queueId} and state = 'leased' group by owner_key, group_key
  ), served as (
    select owner_key, group_key, max(leased_when) as last from jobs
    where queue_id = ${queueId} and leased_when > now() - interval '1 day' group by owner_key, group_key
  )`;

/**
 * The jobs of a queue in the order of claims; earlier jobs of the same group and person count as running. Undefined if there are more than `most`. The first is
 * exact, except that a job that runs alone needs an idle worker. Later places change when jobs end or are added.
 */
export async function shortLine(db: Db, queueId: string, most: number): Promise<string[] | undefined> {
  const { rows: ready } = await sql`
    select from jobs where queue_id = ${queueId} and state = 'ready' limit ${most + 1}`.execute(db);
  if (ready.length > most) return undefined;
  const { rows } = await sql<{ id: string }>`
    with ${shares(sql`${queueId}`)}, turns as (
      select j.*, coalesce(running_group.n, 0) as group_running, served_group.last as group_last, served_owner.last as owner_last,
        coalesce(running_owner.n, 0) + row_number() over (
          partition by group_key, owner_key order by j.priority desc, j.created_when, j.id) as owner_turn
      from jobs j
      left join (select group_key, sum(n) as n from running group by group_key) as running_group using (group_key)
      left join (select owner_key, sum(n) as n from running group by owner_key) as running_owner using (owner_key)
      left join (select group_key, max(last) as last from served group by group_key) as served_group using (group_key)
      left join (select owner_key, max(last) as last from served group by owner_key) as served_owner using (owner_key)
      where j.queue_id = ${queueId} and j.state = 'ready' and j.ready_when <= now() and ${isAffordable}
    ), rounds as (
      select turns.*, group_running + row_number() over (
        partition by group_key order by owner_turn, priority desc, owner_last nulls first, created_when, id) as group_turn
      from turns
    )
    select id from rounds
    order by group_turn, owner_turn, priority desc, group_last nulls first, owner_last nulls first, created_when, id`.execute(
    db,
  );
  return rows.map(({ id }) => id);
}

/** Who waits in a queue, or has jobs running there. */
export async function waitersOf(db: Db, queueId: string): Promise<Waiter[]> {
  const { rows } = await sql<Waiter>`
    select group_key as "group", owner_key as owner, sum(running)::int as running, sum(ready)::int as ready,
      coalesce(extract(epoch from min(since)), 'infinity')::float8 as since
    from (
      select group_key, owner_key, 0 as running, count(*) as ready, min(created_when) as since
        from jobs where queue_id = ${queueId} and state = 'ready' group by 1, 2
      union all select group_key, owner_key, count(*), 0, null
        from jobs where queue_id = ${queueId} and state = 'leased' group by 1, 2
    ) as one group by 1, 2`.execute(db);
  return rows;
}
