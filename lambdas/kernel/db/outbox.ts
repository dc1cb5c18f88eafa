import { sql } from "kysely";
import type { Db, Tx } from "./connection.ts";

/** A message that its transaction promised; it is sent after the commit, at least once. */
export interface OutboxMessage {
  id: string;
  queueName: string;
  body: Record<string, unknown>;
}

/** Puts messages into the outbox of a transaction. They carry the id of the request that they follow from, for logs. */
export async function enqueue(
  tx: Tx,
  queueName: string,
  correlationId: string | null,
  ...bodies: Record<string, unknown>[]
): Promise<void> {
  if (bodies.length === 0) return;
  await tx
    .insertInto("outbox")
    .values(
      bodies.map((body) => ({
        queue_name: queueName,
        body: JSON.stringify(correlationId === null ? body : { ...body, correlationId }),
      })),
    )
    .execute();
}

/** The id of the request that a message follows from; messages of before have none. */
export const correlationOf = (body: unknown): string | null => {
  const { correlationId } = Object(body) as { correlationId?: unknown };
  return typeof correlationId === "string" ? correlationId : null;
};

/** What this transaction has put into the outbox, to be sent as soon as it has committed. */
export async function messagesOf(tx: Tx): Promise<OutboxMessage[]> {
  return tx
    .selectFrom("outbox")
    .select(["id", "queue_name as queueName", "body"])
    .where("sent_when", "is", null)
    .where("written_by", "=", sql<string>`pg_current_xact_id()`)
    .orderBy("id")
    .execute();
}

/** Messages that were committed some time ago and still wait to be sent, oldest first. */
export async function overdueMessages(db: Db, olderThanSeconds: number, limit: number): Promise<OutboxMessage[]> {
  return db
    .selectFrom("outbox")
    .select(["id", "queue_name as queueName", "body"])
    .where("sent_when", "is", null)
    .where("created_when", "<", sql<Date>`now() - make_interval(secs => ${olderThanSeconds})`)
    .orderBy("id")
    .limit(limit)
    .execute();
}

export async function markSent(db: Db, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await db
    .updateTable("outbox")
    .set({ sent_when: sql<Date>`now()` })
    .where("id", "in", ids)
    .execute();
}

/** Forgets messages that were sent more than a day ago. */
export async function forgetSent(db: Db): Promise<void> {
  await db
    .deleteFrom("outbox")
    .where("sent_when", "<", sql<Date>`now() - interval '1 day'`)
    .execute();
}
