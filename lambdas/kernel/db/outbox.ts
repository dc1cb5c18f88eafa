/** The outbox: messages that are stored in a transaction and sent after it has committed. */
import { sql } from "kysely";
import type { Db, Tx } from "./connection.ts";

/** A message that is stored in a transaction and sent at least once after the commit. */
export interface OutboxMessage {
  id: string;
  queueName: string;
  body: Record<string, unknown>;
}

/** Puts messages into the outbox of a transaction. For logs, they carry the id of the request that caused them. */
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

/** The id of the request that caused a message. Messages of earlier releases have none. */
export const correlationOf = (body: unknown): string | null => {
  const { correlationId } = Object(body) as { correlationId?: unknown };
  return typeof correlationId === "string" ? correlationId : null;
};

/** Messages that this transaction has put into the outbox. They are sent once it has committed. */
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

/** Deletes messages that were sent more than a day ago. */
export async function forgetSent(db: Db): Promise<void> {
  await db
    .deleteFrom("outbox")
    .where("sent_when", "<", sql<Date>`now() - interval '1 day'`)
    .execute();
}
