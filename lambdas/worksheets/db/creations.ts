/** What was created and perhaps not answered. */
import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";

interface Creation {
  userId: number;
  hash: Buffer;
}

/** `cl` waits for a second before it repeats a request. What is younger is answered at this moment, to somebody else. */
const [leastSeconds, mostSeconds] = [0.5, 60];

/** The answer to the same request of a moment ago, if that got none. */
export async function findCreation(db: Db, { userId, hash }: Creation): Promise<Record<string, unknown> | undefined> {
  const found = await db
    .selectFrom("worksheet_creations")
    .select("answer")
    .where("user_id", "=", userId)
    .where("request_hash", "=", hash)
    .where("created_when", ">", sql<Date>`now() - make_interval(secs => ${mostSeconds})`)
    .where("created_when", "<", sql<Date>`now() - make_interval(secs => ${leastSeconds})`)
    .executeTakeFirst();
  return found?.answer;
}

export async function insertCreation(tx: Tx, { userId, hash }: Creation, answer: object): Promise<void> {
  await tx
    .deleteFrom("worksheet_creations")
    .where("user_id", "=", userId)
    .where("created_when", "<", sql<Date>`now() - make_interval(secs => ${mostSeconds})`)
    .execute();
  await tx
    .insertInto("worksheet_creations")
    .values({ user_id: userId, request_hash: hash, answer: JSON.stringify(answer) })
    .onConflict((conflict) =>
      conflict
        .columns(["user_id", "request_hash"])
        .doUpdateSet({ answer: JSON.stringify(answer), created_when: sql<Date>`now()` }),
    )
    .execute();
}

export async function deleteCreation(db: Db, { userId, hash }: Creation): Promise<void> {
  await db.deleteFrom("worksheet_creations").where("user_id", "=", userId).where("request_hash", "=", hash).execute();
}
