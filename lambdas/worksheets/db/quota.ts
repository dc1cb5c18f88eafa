/** How long the runs of people have taken: a sum over rows, so that no counter can drift. */
import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";

/** For how many seconds the runs of a person have used the platform's workers. */
export async function runSecondsOf(db: Db | Tx, userId: number): Promise<number> {
  const { seconds } = await db
    .selectFrom("run_seconds")
    .select(sql<number>`coalesce(sum(seconds), 0)`.as("seconds"))
    .where("user_id", "=", userId)
    .executeTakeFirstOrThrow();
  return seconds;
}
