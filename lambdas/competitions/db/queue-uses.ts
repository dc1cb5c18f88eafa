/** Which competitions use a queue. */
import { sql, type Transaction } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";

type Tx = Transaction<Database>;

/** The competitions on each of some queues that a viewer may know of, by queue. */
export async function competitionsOnQueues(
  db: Db,
  queueIds: string[],
  viewer: { id: number; isSuperuser: boolean },
): Promise<Map<string, { id: number; title: string }[]>> {
  if (queueIds.length === 0) return new Map();
  let query = db
    .selectFrom("competitions as c")
    .select(["c.queue_id", "c.id", "c.title"])
    .where("c.queue_id", "in", queueIds);
  if (!viewer.isSuperuser)
    query = query.where((eb) =>
      eb.or([
        eb.and([eb("c.published", "=", true), eb("c.listing", "=", "listed")]),
        eb("c.created_by", "=", viewer.id),
        eb.exists(
          eb
            .selectFrom("competition_collaborators as cc")
            .select("cc.user_id")
            .whereRef("cc.competition_id", "=", "c.id")
            .where("cc.user_id", "=", viewer.id),
        ),
      ]),
    );
  const rows = await query.orderBy("c.id").execute();
  const byQueue = Map.groupBy(rows, (row) => row.queue_id!);
  return new Map([...byQueue].map(([queue, found]) => [queue, found.map(({ id, title }) => ({ id, title }))]));
}

/** Ids of the competitions on a queue. */
export async function competitionsWithQueue(tx: Tx, queueId: string): Promise<number[]> {
  const rows = await tx.selectFrom("competitions").select("id").where("queue_id", "=", queueId).orderBy("id").execute();
  return rows.map((row) => row.id);
}

/** Moves all competitions on a queue to the default one. Returns their ids. */
export async function leaveQueue(tx: Tx, queueId: string): Promise<number[]> {
  const rows = await tx
    .updateTable("competitions")
    .set({ queue_id: null })
    .where("queue_id", "=", queueId)
    .returning("id")
    .execute();
  return rows.map((row) => row.id);
}

/** The same for competitions of people who neither own nor share the queue. */
export async function strangersLeaveQueue(tx: Tx, queueId: string): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    update competitions c set queue_id = null
    from queues q
    where q.id = ${queueId} and c.queue_id = q.id and c.created_by is distinct from q.owner_id
      and not exists (select 1 from queue_organizers qo where qo.queue_id = q.id and qo.user_id = c.created_by)
    returning c.id`.execute(tx);
  return rows.map((row) => row.id);
}
