/** How long EC2 hosts have run, and how much of it is in no bill yet. */
import { sql } from "kysely";
import type { OfferedProfile } from "../../../contract/capacity-profile.ts";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import type { BilledTime } from "../rules/cost.ts";
import { nameOfRequest } from "../rules/capacity-request.ts";

/** The capacity provider that a launch `l` was requested from. An index has this expression. */
const providerOfLaunch = sql`l.request #>> '{capacityProviderStrategy,0,capacityProvider}'`;

/** A host that runs. */
export interface SeenHost {
  /** The id of the EC2 instance. */
  id: string;
  launched: Date;
}

/** Capacity providers of which some time is open. */
export async function openProviders(db: Db): Promise<string[]> {
  const rows = await db.selectFrom("host_providers").select("name").where("open_seconds", "!=", 0).execute();
  return rows.map(({ name }) => name);
}

/** Locks a capacity provider until the transaction ends, and returns its open time. */
export async function lockOpenTime(tx: Tx, name: string): Promise<number> {
  await sql`insert into host_providers (name) values (${name}) on conflict do nothing`.execute(tx);
  const row = await tx
    .selectFrom("host_providers")
    .select("open_seconds")
    .where("name", "=", name)
    .forUpdate()
    .executeTakeFirstOrThrow();
  return row.open_seconds;
}

export async function setOpenTime(tx: Tx, name: string, openSeconds: number): Promise<void> {
  await tx.updateTable("host_providers").set({ open_seconds: openSeconds }).where("name", "=", name).execute();
}

/**
 * Counts the time of hosts since they were counted last, and returns the sum in seconds. A host that was never counted has its time
 * since its launch, but an hour at most: one that ran before hosts were counted must not cost months at once.
 */
export async function countHosts(tx: Tx, hosts: SeenHost[]): Promise<number> {
  if (hosts.length === 0) return 0;
  const { rows } = await sql<{ seconds: number }>`
    with seen as (select * from jsonb_to_recordset(${JSON.stringify(hosts)}::jsonb) as s (id text, launched timestamptz)),
    counted as (
      insert into hosts as h (id, counted_until) select id, now() from seen
      on conflict (id) do update set counted_until = greatest(h.counted_until, excluded.counted_until)
    )
    select coalesce(sum(greatest(0, extract(epoch from
      now() - coalesce(h.counted_until, greatest(s.launched, now() - interval '1 hour'))))), 0)::float8 as seconds
    from seen s left join hosts h on h.id = s.id`.execute(tx);
  return rows[0]!.seconds;
}

/** Forgets hosts that ended a day ago or earlier. */
export async function forgetEndedHosts(db: Db): Promise<void> {
  await sql`delete from hosts where counted_until < now() - interval '1 day'`.execute(db);
}

/**
 * The most that the steps of attempts which are not over may be billed for on a capacity provider, in seconds. A step that waits for
 * a host has none yet.
 */
export async function heldSeconds(tx: Tx, name: string): Promise<number> {
  const { rows } = await sql<{ seconds: number }>`
    select coalesce(sum(greatest(0, extract(epoch from now() - held.since))), 0)::float8 as seconds from (
      select min(l.created_when) as since from jobs j join attempts a on a.id = j.attempt_id
      join launches l on l.attempt_id = a.id
      where j.state in ('ready', 'leased') and ${providerOfLaunch} = ${name}
        and not coalesce(a.progress ? 'waiting' and a.progress->>'step' = l.step, false)
      group by a.id) held`.execute(tx);
  return rows[0]!.seconds;
}

/** The queue of the job that requested a host of a capacity provider last; null if none has. */
export async function lastQueueOf(tx: Tx, name: string): Promise<string | null> {
  const { rows } = await sql<{ queue: string }>`
    select j.queue_id as queue from launches l join attempts a on a.id = l.attempt_id join jobs j on j.id = a.job_id
    where ${providerOfLaunch} = ${name} order by l.created_when desc limit 1`.execute(tx);
  return rows[0]?.queue ?? null;
}

/** Takes the time that steps are billed for from the open time. Capacity providers without hosts have none. */
export async function billTime(tx: Tx, billed: BilledTime[]): Promise<void> {
  for (const { provider, seconds } of billed)
    await tx
      .updateTable("host_providers")
      .set((eb) => ({ open_seconds: eb("open_seconds", "-", seconds) }))
      .where("name", "=", provider)
      .execute();
}

/** The queue and the profile of the request that became a capacity provider. */
export async function requestOfProvider(
  tx: Tx,
  name: string,
): Promise<{ queueId: string; profile: OfferedProfile } | undefined> {
  const rows = await tx
    .selectFrom("capacity_requests")
    .select(["id", "queue_id as queueId", "profile"])
    .where(sql<string>`left(id::text, 8)`, "=", name.slice(-8))
    .execute();
  return rows.find(({ id }) => name.endsWith(nameOfRequest(id)));
}
