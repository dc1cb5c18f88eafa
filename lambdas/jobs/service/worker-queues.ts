/** Which queues a worker listens to. */
import { abandonedAttempts } from "../db/launches.ts";
import { queuesOfPlatform } from "../db/served-queues.ts";
import { seeWorker } from "../db/workers.ts";
import { profileBarrier } from "../rules/capacity.ts";
import type { Manifest, WorkerIdentity } from "../../../contract/job.ts";
import type { WorkerActor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { claim, registerWorker } from "./attempts.ts";
import type { JobOwners } from "./job-owner.ts";
import type { Context } from "../../kernel/context.ts";

/** Queues that a worker's token opens, with their ids and their names in SQS. */
async function openTo({ db }: Context, { queue }: WorkerActor): Promise<{ id: string; name: string }[]> {
  if (queue) return [queue];
  return (await queuesOfPlatform(db)).map(({ id, sqs_name: name }) => ({ id, name }));
}

/** Stores that a worker was seen. Returns the URLs of the queues that it is to listen to. */
export async function listenTo(context: Context, actor: WorkerActor, worker: WorkerIdentity): Promise<string[]> {
  const queues = await openTo(context, actor);
  await seeWorker(
    context.db,
    queues.map(({ id }) => id),
    worker,
  );
  return queues.map(({ name }) => context.queues.url(name));
}

/** A worker has started. Gives back what an earlier life of it held. */
export async function startWorker(
  context: Context,
  owners: JobOwners,
  actor: WorkerActor,
  worker: WorkerIdentity,
): Promise<{ released: number; queues: string[]; access: "own" | "lent" }> {
  const queues = await listenTo(context, actor, worker);
  const released = await registerWorker(context, owners, actor.queue?.id ?? null, worker);
  // The machines of the platform's own workers have a role, or keys.
  return { released, queues, access: actor.queue ? "lent" : "own" };
}

/** The queue for which a worker is lent credentials. The platform's own workers have their own. */
export function queueToLend({ queues }: Context, { queue }: WorkerActor): string {
  if (!queue)
    throw new Refusal(
      "forbidden",
      "PLATFORM_WORKER",
      "The platform's own workers are lent no credentials: they have a role, or keys.",
    );
  return queues.url(queue.name);
}

const wrongQueue = () => new Refusal("forbidden", "WRONG_QUEUE", "This worker token is for another queue.");

/**
 * Claims the next job of the queue whose doorbell a worker received. The platform's own workers get none if the queue's owner
 * may not use its capacity profiles any more.
 */
export async function claimFrom(
  context: Context,
  owners: JobOwners,
  actor: WorkerActor,
  queueUrl: string,
  worker: WorkerIdentity,
): Promise<Manifest | null> {
  const name = queueUrl.split("/").at(-1);
  if (actor.queue) {
    if (name !== actor.queue.name) throw wrongQueue();
    return claimAndSee(context, owners, actor.queue.id, worker);
  }
  const queue = (await queuesOfPlatform(context.db)).find(({ sqs_name }) => sqs_name === name);
  if (!queue) throw wrongQueue();
  if (profileBarrier(queue, queue.owner, context.environment.CAPACITY_PROFILES) !== null) return null;
  return claimAndSee(context, owners, queue.id, worker);
}

async function claimAndSee(
  context: Context,
  owners: JobOwners,
  queueId: string,
  worker: WorkerIdentity,
): Promise<Manifest | null> {
  const manifest = await claim(context, owners, queueId, worker);
  await seeWorker(context.db, [queueId], worker);
  return manifest;
}

/** Which of some attempts hold no job any more, of those on the worker's own queue if it has one. */
export const abandoned = ({ db }: Context, worker: WorkerActor, attemptIds: string[]): Promise<string[]> =>
  abandonedAttempts(db, worker.queue?.id ?? null, attemptIds);
