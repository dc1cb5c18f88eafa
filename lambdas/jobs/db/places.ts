/**
 * Places for steps on capacity providers. A job is claimed only if its step would find a place: the provider has fewer steps
 * than it can run, and no step waits for it in vain. Else the job would hold a worker up.
 */
import { sql, type RawBuilder } from "kysely";
import { standardProfile } from "../../../contract/capacity-profile.ts";
import { waitingForCapacity, waitingForHost, type StepName } from "../../../contract/job.ts";
import type { Tx } from "../../kernel/db/connection.ts";

/** The capacity profile of a step of a job: of the first one without a name. */
export const profileOfStep = (spec: RawBuilder<unknown>, step: StepName | null): RawBuilder<string> =>
  sql<string>`coalesce((
    select s.step->>'profile' from jsonb_array_elements(${spec}->'steps') with ordinality as s (step, at)
    where ${step}::text is null or s.step->>'name' = ${step} order by at limit 1), ${standardProfile})`;

/** The capacity providers that owners requested. Each has a profile of the same name (`nameOfRequest`), and a step has a whole host. */
const requestedHosts = sql`(
  select 'hosts-' || left(id::text, 8) as name, hosts from capacity_requests where state = 'ready') as requested`;

/**
 * `rooms`: each profile with its first provider, the number of steps that its providers run at once (`most`, null without a
 * limit), whether a step waits for that provider in vain (`lacking`: what is missing), and how many more steps may begin (`room`).
 */
export const rooms = sql`
  offered as (
    select name as profile, profile->'places'->0->>'provider' as provider, (
      select case when bool_and(p.place->>'maxSteps' is not null) then sum((p.place->>'maxSteps')::int)::int end
      from jsonb_array_elements(profile->'places') as p (place)) as most
    from capacity_profiles where profile->'places' is not null
    union all select name, name, hosts from ${requestedHosts}
  ), used as (
    select provider, count(*)::int as n,
      max(a.progress->>'waiting') filter (where starts_with(a.progress->>'waiting', ${waitingForCapacity})) as lacking
    from (
      select profile, attempt_id from jobs where state = 'leased'
      union all select profile, attempt_id from jobs where state = 'ready' and attempt_id is not null
    ) as j join attempts a on a.id = j.attempt_id join offered using (profile)
    where a.outlives_worker
    group by provider
  ), rooms as materialized (
    select profile, provider, most, lacking,
      case when lacking is not null then 0 when most is not null then greatest(most - coalesce(n, 0), 0) end as room
    from offered left join used using (provider)
  )`;

/** Whether the step of an attempt `a` has no place to run yet. It then holds no slot of its worker. */
export const waitsForPlace = sql<boolean>`coalesce(
  a.progress->>'waiting' ^@ any(array[${waitingForCapacity}, ${waitingForHost}]), false)`;

/** Whether a job `j` has no place to run. One that goes on with its attempt has one. Needs `rooms`. */
export const hasNoPlace = sql<boolean>`(
  j.attempt_id is null and exists (select from rooms where rooms.profile = j.profile and rooms.room = 0))`;

/** `without_place`: the ids of the ready jobs for which their capacity providers have no place, the latest ones first. */
export const withoutPlace = sql`
  ${rooms}, without_place as (
    select id from (
      select j.id, rooms.room, row_number() over (partition by rooms.provider order by j.created_when, j.id) as turn
      from jobs j join queues q on q.id = j.queue_id join rooms on rooms.profile = j.profile
      where j.state = 'ready' and j.ready_when <= now() and j.attempt_id is null and q.step_profiles is not null
    ) as waiting where turn > room
  )`;

/** Locks the limited capacity providers of a queue until the transaction ends, so that their steps are counted one at a time. */
export async function lockPlaces(tx: Tx, queueId: string): Promise<void> {
  await sql`
    with limited as (
      select name, profile->'places'->0->>'provider' as provider
      from capacity_profiles where not profile->'places' @> '[{"maxSteps": null}]'
      union all select name, name from ${requestedHosts}
    )
    select pg_advisory_xact_lock(hashtextextended('places ' || provider, 0)) from (
      select distinct provider
      from queues q cross join jsonb_each_text(q.step_profiles) as chosen join limited on limited.name = chosen.value
      where q.id = ${queueId} order by provider
    ) as chosen`.execute(tx);
}

/** A job for which its queue is rung. */
export interface RungJob {
  queue_id: string;
  correlation_id: string | null;
}

/**
 * The oldest ready jobs that would find a place on the first provider of a profile, at most `limit`. They count as rung. None if
 * the provider has no limit and `always` is false: then no job has waited for a place.
 */
export async function jobsWithPlace(
  tx: Tx,
  profile: string,
  { limit, always }: { limit: number; always: boolean },
): Promise<RungJob[]> {
  const { rows } = await sql<RungJob>`
    with ${rooms}, freed as (
      select provider, least(room, ${limit}::int) as n from rooms where profile = ${profile} and (most is not null or ${always})
    )
    update jobs set rung_when = now() where id in (
      select j.id
      from jobs j join queues q on q.id = j.queue_id join rooms on rooms.profile = j.profile join freed using (provider)
      where j.state = 'ready' and j.attempt_id is null and j.ready_when <= now() and q.step_profiles is not null
      order by j.created_when, j.id
      limit (select n from freed)
      for update of j skip locked
    ) returning queue_id, correlation_id`.execute(tx);
  return rows;
}
