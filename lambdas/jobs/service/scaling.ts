import type { Transaction } from "kysely";
import { lastCount, lockLastCount, setLastCount } from "../db/scaling.ts";
import type { Database } from "../../kernel/db/schema.ts";
import { queueLoads } from "../db/served-queues.ts";
import { openJobs } from "../rules/queue-load.ts";
import type { Context } from "../../kernel/context.ts";

/** Tells the scaler how many jobs are open, where there is one. One that gets lost is made up for by the next minute's. */
export async function tellScaler(context: Context): Promise<void> {
  const { SCALING_QUEUE } = context.environment;
  if (SCALING_QUEUE === undefined) return;
  await context.db.transaction().execute(async (tx) => {
    await lockLastCount(tx);
    await send(context, tx, SCALING_QUEUE, await count(context, tx));
  });
}

/**
 * Has the first workers started for what a doorbell was just rung for, if none run. Whoever comes after the first finds
 * that they were asked for, so a burst asks once; that more are needed is for the sweeper to say within the minute.
 */
export async function wakeWorkers(context: Context): Promise<void> {
  const { SCALING_QUEUE } = context.environment;
  if (SCALING_QUEUE === undefined || (await lastCount(context.db)) > 0) return;
  await context.db.transaction().execute(async (tx) => {
    if ((await lockLastCount(tx)) > 0) return;
    const open = await count(context, tx);
    if (open > 0) await send(context, tx, SCALING_QUEUE, open);
  });
}

const count = async ({ environment }: Context, tx: Transaction<Database>): Promise<number> =>
  openJobs(await queueLoads(tx), environment.CAPACITY_PROFILES);

async function send(
  { queues }: Context,
  tx: Transaction<Database>,
  queueName: string,
  openJobs: number,
): Promise<void> {
  const sent = await queues.send([{ id: "scale", queueName, body: { type: "scale", openJobs } }]);
  if (sent.length > 0) await setLastCount(tx, openJobs);
}
