import { randomUUID } from "node:crypto";
import {
  countOpenJobs,
  countOwnQueues,
  detachStrangers,
  findQueueRow,
  insertQueue,
  removeQueue,
  updateQueue,
  type QueueRow,
} from "../db/queues.ts";
import { may, type UserActor } from "../domain/policy.ts";
import { Refusal } from "../domain/refusal.ts";
import { requirePeople } from "./people.ts";
import { transact, type Platform } from "./platform.ts";

/** Organizers' own queues: which workers run a competition's submissions. */

const mostOwn = 5;

export interface QueueRequest {
  name?: string | undefined;
  isPublic?: boolean | undefined;
  /** Ids of people it is shared with. */
  organizers?: number[] | undefined;
}

const noSuchQueue = () => new Refusal("not-found", "NO_SUCH_QUEUE", "There is no such queue.");

/** A queue that the actor may have submissions run on. */
export async function usableQueue({ db }: Platform, actor: UserActor, id: string): Promise<QueueRow> {
  const queue = await findQueueRow(db, id, actor);
  if (!queue || !may(actor, "queue.use", queue)) throw noSuchQueue();
  return queue;
}

async function ownQueue(platform: Platform, actor: UserActor, id: string): Promise<QueueRow> {
  const queue = await usableQueue(platform, actor, id);
  if (!may(actor, "queue.edit", queue)) throw new Refusal("forbidden", "NOT_ALLOWED", "Only its owner may change a queue.");
  return queue;
}

/** Makes a queue. What SQS has is made first: without its row nobody knows of it, and it rests empty. */
export async function createQueue(platform: Platform, actor: UserActor, request: QueueRequest & { name: string }): Promise<string> {
  await requirePeople(platform, "organizers", request.organizers);
  const id = randomUUID();
  const sqsName = `${platform.environment.ORGANIZER_QUEUE_PREFIX}${id}`;
  await platform.queues.create(sqsName);
  try {
    await transact(platform, async (tx) => {
      if ((await countOwnQueues(tx, actor.id)) >= mostOwn && !actor.isSuperuser)
        throw new Refusal("forbidden", "QUEUE_LIMIT", `You have ${mostOwn} queues, which is as many as one may have.`);
      const { name, isPublic = false, organizers = [] } = request;
      await insertQueue(tx, { id, name, sqsName, ownerId: actor.id, isPublic, organizers });
    });
  } catch (error) {
    await platform.queues.delete(sqsName);
    throw error;
  }
  return id;
}

/** Changes a queue. One that is private from now on loses the competitions of people it is not shared with. */
export async function changeQueue(platform: Platform, actor: UserActor, id: string, changes: QueueRequest): Promise<void> {
  const queue = await ownQueue(platform, actor, id);
  await requirePeople(platform, "organizers", changes.organizers);
  await transact(platform, async (tx) => {
    await updateQueue(tx, id, changes);
    if (!(changes.isPublic ?? queue.is_public)) await detachStrangers(tx, id);
  });
}

/** Deletes a queue on which nothing waits or runs. */
export async function deleteQueue(platform: Platform, actor: UserActor, id: string): Promise<void> {
  const queue = await ownQueue(platform, actor, id);
  if (queue.owner_id === null) throw new Refusal("forbidden", "DEFAULT_QUEUE", "The default queue cannot be deleted.");
  await transact(platform, async (tx) => {
    const open = await countOpenJobs(tx, id);
    if (open > 0)
      throw new Refusal("invalid", "QUEUE_BUSY", `${open} submissions wait or run on this queue. Cancel them first.`);
    await removeQueue(tx, id);
  });
  await platform.queues.delete(queue.sqs_name);
}
