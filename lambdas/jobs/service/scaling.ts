/** Tells the scaler how many jobs are open, so that it can start and stop workers. */
import { offeredProfiles } from "../db/capacity-profiles.ts";
import { hasJustEnded, lastCount, lockLastCount, setLastCount } from "../db/scaling.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { queueLoads } from "../db/served-queues.ts";
import { openJobs } from "../rules/queue-load.ts";
import type { Context } from "../../kernel/context.ts";

/**
 * How long a worker stays after the last job. People correct their work and send it again within minutes; without it, each of
 * them would wait a minute for a worker. It costs half a cent each time.
 */
const idleSeconds = 10 * 60;

/**
 * Sends the number of open jobs to the scaler, if there is one: one for a while after the last job has ended. If the message is
 * lost, the next follows in a minute.
 */
export async function sendWorkerDemand(context: Context): Promise<void> {
  const { SCALING_QUEUE } = context.environment;
  if (SCALING_QUEUE === undefined) return;
  await context.db.transaction().execute(async (tx) => {
    await lockLastCount(tx);
    const open = await count(tx);
    await send(context, tx, SCALING_QUEUE, open === 0 && (await hasJustEnded(tx, idleSeconds)) ? 1 : open);
  });
}

/**
 * Requests the first workers when jobs arrive and no worker runs. Later calls see this request, so many jobs at once cause one
 * request. If more workers are needed, the sweeper requests them within a minute.
 */
export async function wakeWorkers(context: Context): Promise<void> {
  const { SCALING_QUEUE } = context.environment;
  if (SCALING_QUEUE === undefined || (await lastCount(context.db)) > 0) return;
  await context.db.transaction().execute(async (tx) => {
    if ((await lockLastCount(tx)) > 0) return;
    const open = await count(tx);
    if (open > 0) await send(context, tx, SCALING_QUEUE, open);
  });
}

const count = async (tx: Tx): Promise<number> => openJobs(await queueLoads(tx), await offeredProfiles(tx));

async function send({ queues }: Context, tx: Tx, queueName: string, openJobs: number): Promise<void> {
  const sent = await queues.send([{ id: "scale", queueName, body: { type: "scale", openJobs } }]);
  if (sent.length > 0) await setLastCount(tx, openJobs);
}
