/** Workers and their tokens. A token without a queue is for the platform's own workers. */
import { sql, type Transaction } from "kysely";
import type { WorkerIdentity } from "../../../contract/job.ts";
import type { Ban } from "../../accounts/rules/ban.ts";
import { isBannedNow } from "../../accounts/db/users.ts";
import type { StepProfiles } from "../rules/capacity.ts";
import type { Db } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";

/**
 * The queue of a worker token; null means all queues that the platform serves. `ban` is that of the person who made it. Undefined if
 * the token is unknown or revoked.
 */
export async function findWorkerToken(
  db: Db,
  tokenHash: Buffer,
): Promise<{ queue: { id: string; name: string } | null; ban: Ban | null } | undefined> {
  const row = await db
    .selectFrom("worker_tokens as t")
    .leftJoin("queues as q", "q.id", "t.queue_id")
    .leftJoin("users as u", "u.id", "t.created_by")
    .select(["t.queue_id as queueId", "q.sqs_name as sqsName", "u.ban_reason", "u.banned_until"])
    .select(isBannedNow("u").as("is_banned"))
    .where("t.token_hash", "=", tokenHash)
    .where("t.revoked_when", "is", null)
    .executeTakeFirst();
  if (!row) return undefined;
  const { queueId, sqsName, is_banned, ...ban } = row;
  return {
    queue: queueId === null || sqsName === null ? null : { id: queueId, name: sqsName },
    ban: is_banned ? ban : null,
  };
}

/** What people see of a token. The token itself is not stored. */
export interface WorkerTokenRow {
  id: string;
  name: string;
  created_by: string | null;
  created_when: Date;
  revoked_when: Date | null;
}

export async function insertWorkerToken(
  db: Db,
  queueId: string,
  name: string,
  tokenHash: Buffer,
  createdBy: number | null = null,
): Promise<string> {
  const { id } = await db
    .insertInto("worker_tokens")
    .values({ queue_id: queueId, name, token_hash: tokenHash, created_by: createdBy })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

/** The tokens of a queue, newest first. */
export async function listWorkerTokens(db: Db, queueId: string): Promise<WorkerTokenRow[]> {
  return db
    .selectFrom("worker_tokens as t")
    .leftJoin("users as u", "u.id", "t.created_by")
    .select(["t.id", "t.name", "u.username as created_by", "t.created_when", "t.revoked_when"])
    .where("t.queue_id", "=", queueId)
    .orderBy("t.created_when", "desc")
    .orderBy("t.id")
    .execute();
}

/** Revokes a token of a queue and returns its name; null if it was already revoked, undefined if the queue has no such token. */
export async function revokeWorkerToken(
  tx: Transaction<Database>,
  queueId: string,
  id: string,
): Promise<string | null | undefined> {
  const token = await tx
    .selectFrom("worker_tokens")
    .select(["name", "revoked_when"])
    .where("queue_id", "=", queueId)
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  if (token?.revoked_when !== null) return token && null;
  await tx
    .updateTable("worker_tokens")
    .set({ revoked_when: sql<Date>`now()` })
    .where("id", "=", id)
    .execute();
  return token.name;
}

/** Stores the only token for the platform's own workers. Safe to repeat. */
export async function setPlatformToken(db: Db, tokenHash: Buffer): Promise<void> {
  await db
    .updateTable("worker_tokens")
    .set({ revoked_when: sql<Date>`now()` })
    .where("queue_id", "is", null)
    .where("token_hash", "!=", tokenHash)
    .where("revoked_when", "is", null)
    .execute();
  await db
    .insertInto("worker_tokens")
    .values({ queue_id: null, name: "workers of the platform", token_hash: tokenHash })
    .onConflict((conflict) => conflict.column("token_hash").doUpdateSet({ queue_id: null, revoked_when: null }))
    .execute();
}

/** Stores that a worker of some queues is active now. `unwell`: why it takes no jobs, as a sentence; null if it does. */
export async function seeWorker(
  db: Db,
  queueIds: string[],
  worker: WorkerIdentity,
  unwell: string | null,
): Promise<void> {
  if (queueIds.length === 0) return;
  const { id, instance, host, launcher, slots, version } = worker;
  const seen = { instance, host, launcher, slots, version, unwell, last_seen: sql<Date>`now()` };
  const now = unwell === null ? null : sql<Date>`now()`;
  await db
    .insertInto("workers")
    .values(queueIds.map((queue_id) => ({ id, queue_id, ...seen, unwell_since: now })))
    .onConflict((conflict) =>
      conflict.columns(["queue_id", "id"]).doUpdateSet({
        ...seen,
        unwell_since: unwell === null ? null : sql<Date>`coalesce(workers.unwell_since, now())`,
      }),
    )
    .execute();
}

/** A worker that has not been seen for this long counts as gone. Workers ask for their queues every 30 s. */
export const silentSeconds = 120;

/** The workers that are there and take no jobs, with each of their queues. */
export async function unwellWorkers(db: Db): Promise<{ id: string; queue: string }[]> {
  return db
    .selectFrom("workers as w")
    .innerJoin("queues as q", "q.id", "w.queue_id")
    .select(["w.id", "q.sqs_name as queue"])
    .where("q.deleted_when", "is", null)
    .where("w.unwell", "is not", null)
    .where("w.last_seen", ">", sql<Date>`now() - make_interval(secs => ${silentSeconds})`)
    .execute();
}

export interface WorkerRow {
  id: string;
  host: string;
  launcher: string;
  slots: number;
  version: string;
  last_seen: Date;
  /** Why it takes no jobs, as a sentence, and since when; null if it is well. */
  unwell: string | null;
  unwell_since: Date | null;
  /** The worker's running attempts at jobs of this queue. */
  running: { attempt: string; step: string | null; stage: string | null; since: Date }[];
}

/** Workers of some queues that were active in the last `hours`, by queue, the latest first. */
export async function workersOfQueues(db: Db, queueIds: string[], hours: number): Promise<Map<string, WorkerRow[]>> {
  if (queueIds.length === 0) return new Map();
  const rows = await db
    .selectFrom("workers as w")
    .select([
      "w.queue_id",
      "w.id",
      "w.host",
      "w.launcher",
      "w.slots",
      "w.version",
      "w.last_seen",
      "w.unwell",
      "w.unwell_since",
      sql<WorkerRow["running"]>`coalesce((
        select json_agg(json_build_object('attempt', a.id, 'step', a.progress->>'step', 'stage', a.progress->>'stage',
          'since', a.started_when) order by a.started_when)
        from jobs j join attempts a on a.id = j.attempt_id
        where j.queue_id = w.queue_id and j.state = 'leased' and a.worker_id = w.id), '[]')`.as("running"),
    ])
    .where("w.queue_id", "in", queueIds)
    .where("w.last_seen", ">", sql<Date>`now() - make_interval(hours => ${hours})`)
    .orderBy("w.last_seen", "desc")
    .orderBy("w.id")
    .execute();
  const byQueue = Map.groupBy(rows, ({ queue_id }) => queue_id);
  return new Map([...byQueue].map(([queue, found]) => [queue, found.map(({ queue_id: _, ...worker }) => worker)]));
}

/** The most workers of a queue that are remembered. Whoever has a token can invent any number. */
const maxWorkers = 2000;

/** Forgets workers that have not been seen for a month, except the last of each queue, and those beyond the limit of a queue. */
export async function forgetWorkers(db: Db): Promise<void> {
  await sql`
    delete from workers w using (
      select queue_id, id, row_number() over (partition by queue_id order by last_seen desc, id) as place from workers
    ) as known
    where known.queue_id = w.queue_id and known.id = w.id
      and (place > ${maxWorkers} or (place > 1 and w.last_seen < now() - interval '30 days'))`.execute(db);
}

/** Creates the default queue if it is missing. The platform serves it on the given profiles. */
export async function ensureDefaultQueue(
  db: Db,
  sqsName: string,
  profiles: StepProfiles,
): Promise<{ id: string; sqsName: string }> {
  await db
    .insertInto("queues")
    .values({
      name: "default",
      sqs_name: sqsName,
      is_public: true,
      is_default: true,
      step_profiles: JSON.stringify(profiles),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const queue = await db
    .selectFrom("queues")
    .select(["id", "sqs_name as sqsName"])
    .where("is_default", "=", true)
    .executeTakeFirstOrThrow();
  return queue;
}
