/** Requests for hosts. Every change of state is one statement with a guard. */
import { sql } from "kysely";
import type { OfferedProfile } from "../../../contract/capacity-profile.ts";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import { thisMonth } from "./spending.ts";
import { placedStates, type NewsOfRequest, type RequestState, type WantedHosts } from "../rules/capacity-request.ts";

/** A request, as its owner and administrators see it. */
export interface CapacityRequestRow {
  id: string;
  queueId: string;
  queue: string;
  requestedBy: string | null;
  instanceType: string;
  hosts: number;
  spot: boolean;
  monthlyMicros: number;
  why: string | null;
  profile: OfferedProfile;
  state: RequestState;
  /** Why it was refused, or what went wrong. */
  problem: string | null;
  decidedBy: string | null;
  createdWhen: Date;
  changedWhen: Date;
}

const select = (db: Db | Tx) =>
  db
    .selectFrom("capacity_requests as r")
    .innerJoin("queues as q", "q.id", "r.queue_id")
    .leftJoin("users as u", "u.id", "r.requested_by")
    .leftJoin("users as d", "d.id", "r.decided_by")
    .select([
      "r.id",
      "r.queue_id as queueId",
      "q.name as queue",
      "u.username as requestedBy",
      "r.instance_type as instanceType",
      "r.hosts",
      "r.spot",
      sql<number>`r.monthly_microusd::float8`.as("monthlyMicros"),
      "r.why",
      "r.profile",
      "r.state",
      "r.problem",
      "d.username as decidedBy",
      "r.created_when as createdWhen",
      "r.changed_when as changedWhen",
    ]);

/** The requests of a queue, the newest first. */
export const requestsOfQueue = (db: Db, queueId: string): Promise<CapacityRequestRow[]> =>
  select(db).where("r.queue_id", "=", queueId).orderBy("r.created_when", "desc").orderBy("r.id").execute();

/** All requests that are not over, the oldest first. */
export const openRequests = (db: Db): Promise<CapacityRequestRow[]> =>
  select(db).where("r.state", "not in", ["refused", "removed"]).orderBy("r.created_when").orderBy("r.id").execute();

export const findRequest = (db: Db | Tx, queueId: string, id: string): Promise<CapacityRequestRow | undefined> =>
  select(db).where("r.queue_id", "=", queueId).where("r.id", "=", id).executeTakeFirst();

/** A request, and the mail addresses of the person who made it and of all administrators. */
export async function newsOfRequest(
  tx: Tx,
  id: string,
): Promise<NewsOfRequest & { requester: string | null; administrators: string[] }> {
  return select(tx)
    .select((eb) => [
      "u.email as requester",
      sql<string[]>`array(${eb.selectFrom("users").select("email").where("is_superuser", "=", true)})`.as(
        "administrators",
      ),
    ])
    .where("r.id", "=", id)
    .executeTakeFirstOrThrow();
}

/** Stores a request. Undefined if the queue has one that is not over. */
export async function insertRequest(
  tx: Tx,
  request: WantedHosts & { queueId: string; requestedBy: number; why: string | null; profile: OfferedProfile },
): Promise<string | undefined> {
  const row = await tx
    .insertInto("capacity_requests")
    .values({
      queue_id: request.queueId,
      requested_by: request.requestedBy,
      instance_type: request.instanceType,
      hosts: request.hosts,
      spot: request.spot,
      monthly_microusd: Math.round(request.monthlyUsd * 1e6),
      why: request.why,
      profile: JSON.stringify(request.profile),
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning("id")
    .executeTakeFirst();
  return row?.id;
}

/** Moves a request from one of some states to another. False if it is in none of them. */
export async function moveRequest(
  tx: Tx,
  id: string,
  from: readonly RequestState[],
  to: RequestState,
  more: { problem?: string | null; decidedBy?: number } = {},
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("capacity_requests")
    .set({
      state: to,
      tries: 0,
      changed_when: sql<Date>`now()`,
      problem: more.problem ?? null,
      ...(more.decidedBy === undefined ? {} : { decided_by: more.decidedBy }),
    })
    .where("id", "=", id)
    .where("state", "in", from)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Notes what went wrong with a request, and returns how often something has since its state changed. */
export async function noteProblem(tx: Tx, id: string, problem: string): Promise<number> {
  const row = await tx
    .updateTable("capacity_requests")
    .set((eb) => ({ problem, tries: eb("tries", "+", 1) }))
    .where("id", "=", id)
    .returning("tries")
    .executeTakeFirst();
  return row?.tries ?? 0;
}

/** A request for which something may exist at AWS. */
export interface PlacedRequest {
  id: string;
  queueId: string;
  instanceType: string;
  hosts: number;
  spot: boolean;
  gpus: number;
  state: (typeof placedStates)[number];
  /** Whether a budget that stops the queue, or the whole platform, is spent. */
  isOutOfMoney: boolean;
}

export async function placedRequests(db: Db | Tx): Promise<PlacedRequest[]> {
  const { rows } = await sql<PlacedRequest>`
    select r.id, r.queue_id as "queueId", r.instance_type as "instanceType", r.hosts, r.spot,
      (r.profile->>'gpus')::int as gpus, r.state,
      exists (
        select from budgets b left join spending s on s.scope = b.scope and s.key = b.key
          and s.month = ${thisMonth}
        where coalesce(s.microusd + s.running_microusd, 0) >= b.monthly_microusd
          and b.key = case b.scope when 'queue' then r.queue_id::text when 'platform' then '' end) as "isOutOfMoney"
    from capacity_requests r where r.state = any(${[...placedStates]}::text[])
    order by r.created_when, r.id`.execute(db);
  return rows;
}

/** Ready requests that have had no job on their queue for some days, and requests of deleted queues. */
export async function unusedRequests(db: Db, days: number): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select r.id from capacity_requests r join queues q on q.id = r.queue_id
    where r.state in ('approved', 'creating', 'ready') and (q.deleted_when is not null or (
      r.changed_when < now() - make_interval(days => ${days})
      and not exists (select from jobs j where j.queue_id = r.queue_id
        and (j.state in ('ready', 'leased') or j.finished_when > now() - make_interval(days => ${days})))))`.execute(
    db,
  );
  return rows.map(({ id }) => id);
}

/** The profiles of ready requests, with their ids. */
export async function requestedProfiles(db: Db | Tx): Promise<{ id: string; profile: OfferedProfile }[]> {
  return db
    .selectFrom("capacity_requests")
    .select(["id", "profile"])
    .where("state", "=", "ready")
    .orderBy("created_when")
    .execute();
}
