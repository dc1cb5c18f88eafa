import { queuesOfPlatform } from "../db/served-queues.ts";
import { seeWorker } from "../db/workers.ts";
import { profileBarrier } from "../rules/capacity.ts";
import type { Manifest, WorkerIdentity } from "../../../contract/job.ts";
import type { WorkerActor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { claim, registerWorker } from "./attempts.ts";
import type { Platform } from "../../kernel/context.ts";

/** Which queues a worker listens to. */

/** Queues that a worker's token opens, by id and by the name that SQS knows them under. */
async function openTo({ db }: Platform, { queue }: WorkerActor): Promise<{ id: string; name: string }[]> {
  if (queue) return [queue];
  return (await queuesOfPlatform(db)).map(({ id, sqs_name: name }) => ({ id, name }));
}

/** Notes that a worker is there. Returns the URLs of the queues it is to listen to. */
export async function listenTo(platform: Platform, actor: WorkerActor, worker: WorkerIdentity): Promise<string[]> {
  const queues = await openTo(platform, actor);
  await seeWorker(
    platform.db,
    queues.map(({ id }) => id),
    worker,
  );
  return queues.map(({ name }) => platform.queues.url(name));
}

/** A worker has started. Gives back what an earlier life of it held. */
export async function startWorker(
  platform: Platform,
  actor: WorkerActor,
  worker: WorkerIdentity,
): Promise<{ released: number; queues: string[]; access: "own" | "lent" }> {
  const queues = await listenTo(platform, actor, worker);
  const released = await registerWorker(platform, actor.queue?.id ?? null, worker);
  // The machines of the platform's own workers have a role, or keys.
  return { released, queues, access: actor.queue ? "lent" : "own" };
}

/** The queue for which a worker is lent credentials. The platform's own workers have some of their own. */
export function queueToLend({ queues }: Platform, { queue }: WorkerActor): string {
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
 * Claims the next job of the queue that a worker was rung for. The platform's own workers get none where the queue's
 * owner may not use its capacity profiles any more.
 */
export async function claimFrom(
  platform: Platform,
  actor: WorkerActor,
  queueUrl: string,
  worker: WorkerIdentity,
): Promise<Manifest | null> {
  const name = queueUrl.split("/").at(-1);
  if (actor.queue) {
    if (name !== actor.queue.name) throw wrongQueue();
    return claimAndSee(platform, actor.queue.id, worker);
  }
  const queue = (await queuesOfPlatform(platform.db)).find(({ sqs_name }) => sqs_name === name);
  if (!queue) throw wrongQueue();
  if (profileBarrier(queue, queue.owner, platform.environment.CAPACITY_PROFILES) !== null) return null;
  return claimAndSee(platform, queue.id, worker);
}

async function claimAndSee(platform: Platform, queueId: string, worker: WorkerIdentity): Promise<Manifest | null> {
  const manifest = await claim(platform, queueId, worker);
  await seeWorker(platform.db, [queueId], worker);
  return manifest;
}
