import type { Transaction } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";

/** What the scaler was told last. */

type Tx = Transaction<Database>;

/** How many open jobs the scaler was told of last. */
export async function lastCount(db: Db): Promise<number> {
  return (await db.selectFrom("scaling").select("open_jobs").executeTakeFirstOrThrow()).open_jobs;
}

/** The same, and nobody else counts until this transaction has ended: what is sent last was then counted last. */
export async function lockLastCount(tx: Tx): Promise<number> {
  return (await tx.selectFrom("scaling").select("open_jobs").forUpdate().executeTakeFirstOrThrow()).open_jobs;
}

export async function setLastCount(tx: Tx, openJobs: number): Promise<void> {
  await tx.updateTable("scaling").set({ open_jobs: openJobs }).execute();
}
