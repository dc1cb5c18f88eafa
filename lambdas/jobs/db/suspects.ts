/**
 * Suspect jobs: a worker died while they ran, so they run alone on their worker, where its death harms no other job. Workers
 * whose steps outlive them run them like others.
 */
import { sql } from "kysely";
import type { WorkerIdentity } from "../../../contract/job.ts";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import { silentSeconds } from "./workers.ts";

/** What a worker may claim. */
export interface Room {
  /** It runs nothing, so it may take a suspect job. */
  isIdle: boolean;
  /** It runs a suspect job, so it gets no other. */
  isTaken: boolean;
  /**
   * It runs the fewest attempts of the queue's workers that take jobs, so it takes nothing while a suspect job is first in line, until it is
   * idle. One worker makes room at a time, so that the others go on.
   */
  makesRoom: boolean;
}

/** The room of a worker whose steps outlive it. */
const wholeRoom: Room = { isIdle: true, isTaken: false, makesRoom: false };

/** What a worker may claim from a queue. Its claims are answered one at a time until the transaction ends. */
export async function lockRoom(tx: Tx, queueId: string, worker: WorkerIdentity): Promise<Room> {
  if (worker.capabilities.outlivesWorker) return wholeRoom;
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${worker.id} ${worker.instance}`}, 0))`.execute(tx);
  return roomOf(tx, queueId, worker);
}

async function roomOf(db: Db, queueId: string, { id, instance }: WorkerIdentity): Promise<Room> {
  const { rows } = await sql<Room>`
    with held as (
      select a.worker_id as id, a.worker_instance as instance, count(*) as n, bool_or(j.suspect) as suspect
      from jobs j join attempts a on a.id = j.attempt_id where j.state = 'leased' group by 1, 2
    ), own as (
      select coalesce(sum(n), 0) as n, coalesce(bool_or(suspect), false) as suspect
      from held where id = ${id} and instance = ${instance}
    )
    select own.n = 0 as "isIdle", own.suspect as "isTaken", not exists (
      select from workers w left join held using (id, instance)
      where w.queue_id = ${queueId} and w.last_seen > now() - make_interval(secs => ${silentSeconds})
        and w.unwell is null and (coalesce(held.n, 0), w.id, w.instance) < (own.n, ${id}, ${instance})
    ) as "makesRoom"
    from own`.execute(db);
  return rows[0]!;
}

/**
 * Whether jobs of a queue are ready that a worker gets only after attempts of its own have ended: it runs a suspect job, or a
 * suspect job is ready and it is not idle.
 */
export async function hasToWait(db: Db, queueId: string, worker: WorkerIdentity): Promise<boolean> {
  if (worker.capabilities.outlivesWorker) return false;
  const { isIdle, isTaken } = await roomOf(db, queueId, worker);
  if (isIdle) return false;
  const { rows } = await sql`
    select from jobs where queue_id = ${queueId} and state = 'ready' and ready_when <= now() and (suspect or ${isTaken})
    limit 1`.execute(db);
  return rows.length > 0;
}

/**
 * Whether something else than an attempt may have caused the death of its worker: attempts at other jobs that the worker ran
 * when it died, or an outage of the platform since the attempt began, because a machine may have lost both.
 */
export async function hasOtherSuspects(db: Db, attemptId: string): Promise<boolean> {
  const { rows } = await sql`
    select from attempts a where a.id = ${attemptId} and (
      exists (select from reachability r where r.heard_since > a.started_when)
      or exists (
        select from attempts b
        where (b.worker_id, b.worker_instance) = (a.worker_id, a.worker_instance) and b.job_id <> a.job_id
          and (b.ended_when is null or (b.failure->>'code' = 'WORKER_LOST' and b.ended_when >= a.started_when))
      ))`.execute(db);
  return rows.length > 0;
}
