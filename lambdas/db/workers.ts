import { sql } from "kysely";
import type { WorkerIdentity } from "../domain/job.ts";
import type { Db } from "./connection.ts";

/** The queue a worker token opens; undefined for an unknown or revoked token. */
export async function findQueueByWorkerToken(
  db: Db,
  tokenHash: Buffer,
): Promise<{ queueId: string; sqsName: string } | undefined> {
  return db
    .selectFrom("worker_tokens as t")
    .innerJoin("queues as q", "q.id", "t.queue_id")
    .select(["q.id as queueId", "q.sqs_name as sqsName"])
    .where("t.token_hash", "=", tokenHash)
    .where("t.revoked_when", "is", null)
    .executeTakeFirst();
}

export async function insertWorkerToken(db: Db, queueId: string, name: string, tokenHash: Buffer): Promise<void> {
  await db.insertInto("worker_tokens").values({ queue_id: queueId, name, token_hash: tokenHash }).execute();
}

/** Revokes the tokens of a queue that carry a name, as when the local platform gives its worker a new one. */
export async function revokeWorkerTokens(db: Db, queueId: string, name: string): Promise<void> {
  await db
    .updateTable("worker_tokens")
    .set({ revoked_when: sql<Date>`now()` })
    .where("queue_id", "=", queueId)
    .where("name", "=", name)
    .where("revoked_when", "is", null)
    .execute();
}

/** Notes that a worker of a queue is there. */
export async function seeWorker(db: Db, queueId: string, worker: WorkerIdentity): Promise<void> {
  const seen = {
    instance: worker.instance,
    host: worker.host,
    launcher: worker.launcher,
    slots: worker.slots,
    version: worker.version,
    last_seen: sql<Date>`now()`,
  };
  await db
    .insertInto("workers")
    .values({ id: worker.id, queue_id: queueId, ...seen })
    .onConflict((conflict) => conflict.columns(["queue_id", "id"]).doUpdateSet(seen))
    .execute();
}

/** The default queue, made if there is none. */
export async function ensureDefaultQueue(db: Db, sqsName: string): Promise<{ id: string; sqsName: string }> {
  await db
    .insertInto("queues")
    .values({ name: "default", sqs_name: sqsName, is_public: true, is_default: true })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const queue = await db
    .selectFrom("queues")
    .select(["id", "sqs_name as sqsName"])
    .where("is_default", "=", true)
    .executeTakeFirstOrThrow();
  return queue;
}
