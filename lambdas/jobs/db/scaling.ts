/** The last number of open jobs that was sent to the scaler. */
import { sql, type Transaction } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";

type Tx = Transaction<Database>;

/** The last number of open jobs sent to the scaler. */
export async function lastCount(db: Db): Promise<number> {
  return (await db.selectFrom("scaling").select("open_jobs").executeTakeFirstOrThrow()).open_jobs;
}

/** The same, locked until the transaction ends, so that numbers are sent in the order in which they were counted. */
export async function lockLastCount(tx: Tx): Promise<number> {
  return (await tx.selectFrom("scaling").select("open_jobs").forUpdate().executeTakeFirstOrThrow()).open_jobs;
}

/** Whether a job that a worker of the platform ran has ended in the last seconds. */
export async function hasJustEnded(tx: Tx, seconds: number): Promise<boolean> {
  const job = await tx
    .selectFrom("jobs as j")
    .innerJoin("attempts as a", "a.id", "j.attempt_id")
    .select("j.id")
    .where("j.finished_when", ">", sql<Date>`now() - make_interval(secs => ${seconds})`)
    .where("a.outlives_worker", "=", true)
    .limit(1)
    .executeTakeFirst();
  return job !== undefined;
}

export async function setLastCount(tx: Tx, openJobs: number): Promise<void> {
  await tx.updateTable("scaling").set({ open_jobs: openJobs }).execute();
}
