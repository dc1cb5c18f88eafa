/** Doorbells: messages that tell the workers of a queue that a job is ready. An extra doorbell is harmless, and costs a claim. */
import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import { enqueue } from "../../kernel/db/outbox.ts";
import { isAffordable } from "./budgets.ts";
import { jobsWithPlace, rooms, type RungJob, waitsForPlace } from "./places.ts";
import { silentSeconds } from "./workers.ts";

/**
 * Puts doorbells for a queue into the outbox, one per correlation id. The queue cannot be deleted until this transaction has
 * ended.
 */
export async function ring(tx: Tx, queueId: string, ...correlationIds: (string | null)[]): Promise<void> {
  const { sqs_name } = await tx
    .selectFrom("queues")
    .select("sqs_name")
    .where("id", "=", queueId)
    .where("deleted_when", "is", null)
    .forShare()
    .executeTakeFirstOrThrow();
  for (const [correlationId, alike] of Map.groupBy(correlationIds, (id) => id))
    await enqueue(tx, sqs_name, correlationId, ...alike.map(() => ({ queue: sqs_name })));
}

async function ringFor(tx: Tx, jobs: RungJob[]): Promise<void> {
  for (const { queue_id, correlation_id } of jobs) await ring(tx, queue_id, correlation_id);
}

/** Rings for a job that finds a place, now that a step on a profile has left its own. */
export async function ringForLeft(tx: Tx, profile: string | null): Promise<void> {
  if (profile !== null) await ringFor(tx, await jobsWithPlace(tx, profile, { limit: 1, always: false }));
}

/** A provider that lacked capacity has some again. So many jobs then find out whether it has enough for them. */
const maxAgain = 20;

/** Rings for jobs that find a place, now that a step on a profile has got one for which it waited. */
export async function ringForGot(tx: Tx, profile: string | null): Promise<void> {
  if (profile !== null) await ringFor(tx, await jobsWithPlace(tx, profile, { limit: maxAgain, always: true }));
}

/**
 * Rings again for jobs that have been ready for a while, in case their doorbell was lost: for as many of a queue as its workers
 * have free slots, and as may run. Returns the number of these jobs.
 */
export async function ringAgain(db: Db, olderThanSeconds: number): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const { rows } = await sql<RungJob>`
      with ${rooms}, held as (
        select a.worker_id as id, a.worker_instance as instance, count(*) as n
        from jobs j join attempts a on a.id = j.attempt_id
        where j.state = 'leased' and not ${waitsForPlace} group by 1, 2
      ), free as (
        select w.queue_id, sum(greatest(w.slots - coalesce(held.n, 0), 0)) as slots
        from workers w left join held using (id, instance)
        where w.last_seen > now() - make_interval(secs => ${silentSeconds}) and w.unwell is null
        group by w.queue_id
      ), waiting as (
        select j.id, j.rung_when, free.slots, rooms.room,
          q.max_running - (select count(*) from jobs r where r.queue_id = q.id and r.state = 'leased') as limited,
          row_number() over (partition by q.id order by j.created_when, j.id) as turn,
          row_number() over (partition by rooms.provider order by j.created_when, j.id) as place
        from jobs j
        join queues q on q.id = j.queue_id
        join free on free.queue_id = q.id
        left join rooms on rooms.profile = j.profile and q.step_profiles is not null and j.attempt_id is null
        where j.state = 'ready' and j.ready_when <= now() and q.deleted_when is null and ${isAffordable}
      )
      update jobs set rung_when = now()
      where id in (
        select id from waiting
        where turn <= least(slots, limited) and (room is null or place <= room)
          and rung_when < now() - make_interval(secs => ${olderThanSeconds})
      ) and state = 'ready'
      returning queue_id, correlation_id`.execute(tx);
    await ringFor(tx, rows);
    return rows.length;
  });
}
