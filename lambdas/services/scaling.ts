import type { Transaction } from "kysely";
import { lastCount, lockLastCount, setLastCount } from "../db/scaling.ts";
import type { Database } from "../db/schema.ts";
import { openJobsOfPlatform } from "../db/served-queues.ts";
import { profileBarrier } from "../domain/capacity.ts";
import type { Platform } from "./platform.ts";

/** Tells the scaler how many jobs are open, where there is one. One that gets lost is made up for by the next minute's. */
export async function tellScaler(platform: Platform): Promise<void> {
  const { SCALING_QUEUE } = platform.environment;
  if (SCALING_QUEUE === undefined) return;
  await platform.db.transaction().execute(async (tx) => {
    await lockLastCount(tx);
    await send(platform, tx, SCALING_QUEUE, await openJobs(platform, tx));
  });
}

/**
 * Has the first workers started for what a doorbell was just rung for, if none run. Whoever comes after the first finds
 * that they were asked for, so a burst asks once; that more are needed is for the sweeper to say within the minute.
 */
export async function wakeWorkers(platform: Platform): Promise<void> {
  const { SCALING_QUEUE } = platform.environment;
  if (SCALING_QUEUE === undefined || (await lastCount(platform.db)) > 0) return;
  await platform.db.transaction().execute(async (tx) => {
    if ((await lockLastCount(tx)) > 0) return;
    const count = await openJobs(platform, tx);
    if (count > 0) await send(platform, tx, SCALING_QUEUE, count);
  });
}

async function send({ queues }: Platform, tx: Transaction<Database>, queueName: string, openJobs: number): Promise<void> {
  const sent = await queues.send([{ id: "scale", queueName, body: { type: "scale", openJobs } }]);
  if (sent.length > 0) await setLastCount(tx, openJobs);
}

/** Jobs that the platform's own workers have to do. Those that they must not run keep no worker waiting. */
async function openJobs({ environment }: Platform, tx: Transaction<Database>): Promise<number> {
  const queues = await openJobsOfPlatform(tx);
  const open = queues.filter((queue) => profileBarrier(queue, queue.owner, environment.CAPACITY_PROFILES) === null);
  return open.reduce((sum, queue) => sum + queue.openJobs, 0);
}
