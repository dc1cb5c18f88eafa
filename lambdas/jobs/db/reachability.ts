/**
 * Leases that have run out, and whether the platform could be reached meanwhile. A worker cannot extend its leases while the
 * platform, its database or its network is away, so silence counts only while other signs say that workers get through.
 */
import { sql } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";

/**
 * A longer time without a request of any worker is an outage. Idle workers ask for their queues every 30 s, and an attempt has
 * more than this left of its lease when an outage begins.
 */
const maxSilentSeconds = 35;
/** A longer time without a sweep is an outage. On AWS, sweeps are a minute apart. */
const maxUnsweptSeconds = 90;
/** Spares a write with every request. */
const noteEverySeconds = 2;

const seconds = (n: number) => sql`make_interval(secs => ${n})`;

/** Notes that a worker has reached the platform. */
export async function noteHeard(db: Db): Promise<void> {
  await sql`
    update reachability set
      heard_since = case when heard_when < now() - ${seconds(maxSilentSeconds)} then now() else heard_since end,
      heard_when = now()
    where heard_when < now() - ${seconds(noteEverySeconds)}`.execute(db);
}

/** Notes that the platform starts, so that workers could not reach it before. */
export async function noteStarted(db: Db): Promise<void> {
  await db
    .updateTable("reachability")
    .set({ heard_since: sql<Date>`now()`, heard_when: sql<Date>`now()` })
    .execute();
}

/** Notes that the sweeper has reached the database. */
export async function noteSwept(db: Db): Promise<void> {
  await sql`
    update reachability set
      swept_since = case when swept_when < now() - ${seconds(maxUnsweptSeconds)} then now() else swept_since end,
      swept_when = now()`.execute(db);
}

/**
 * Attempts whose worker is lost: their lease has run out, and since the last outage workers have reached the platform for
 * `leaseSeconds`. Where no worker is heard at all, the sweeper's own runs must go back `silentSeconds`, and the lease must have
 * run out as long ago.
 */
export async function lostAttempts(
  db: Db,
  { leaseSeconds, silentSeconds }: { leaseSeconds: number; silentSeconds: number },
  limit: number,
): Promise<string[]> {
  const { rows } = await sql<{ attempt_id: string }>`
    select j.attempt_id from jobs j, reachability r
    where j.state = 'leased' and j.lease_until < now() and (
      (r.heard_when > now() - ${seconds(maxSilentSeconds)} and r.heard_since < now() - ${seconds(leaseSeconds)})
      or greatest(r.swept_since, j.lease_until) < now() - ${seconds(silentSeconds)})
    order by j.lease_until limit ${limit}`.execute(db);
  return rows.map((row) => row.attempt_id);
}
