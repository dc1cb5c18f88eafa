import { randomUUID } from "node:crypto";
import { auditedQueue, competitionsWithQueue } from "../../accounts/db/audit.ts";
import {
  countOpenJobs,
  countOwnQueues,
  detachStrangers,
  findQueueRow,
  insertQueue,
  removeQueue,
  updateQueue,
  type QueueRow,
  type QueueSettings,
} from "../db/queues.ts";
import {
  insertWorkerToken,
  listWorkers,
  listWorkerTokens,
  revokeWorkerToken,
  type WorkerRow,
  type WorkerTokenRow,
} from "../db/workers.ts";
import { queueEvents, queueEventsFor, type AuditedQueue } from "../../accounts/rules/audit.ts";
import { mayUseProfile, type ProfileUser } from "../rules/capacity.ts";
import { may, type UserActor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { record, type UserAuthor } from "../../accounts/service/audit.ts";
import { requirePeople } from "../../accounts/service/people.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { newToken } from "../../kernel/secrets.ts";

/** Queues: which workers run a competition's submissions. */

const maxOwnQueues = 5;

export interface QueueRequest {
  name?: string | undefined;
  isPublic?: boolean | undefined;
  /** Ids of people it is shared with. */
  organizers?: number[] | undefined;
  /** What is left out stays as it is. */
  settings: { [Setting in keyof QueueSettings]?: QueueSettings[Setting] | undefined };
}

const unlimited: QueueSettings = {
  prediction_profile: null,
  scoring_profile: null,
  max_running: null,
  max_step_seconds: null,
  max_submission_bytes: null,
  accepts_jobs: true,
};

/** A queue's settings with some of them changed. Refused when its owner may not use a profile that is named. */
function changed(
  { environment }: Context,
  owner: ProfileUser,
  current: QueueSettings,
  changes: QueueRequest["settings"],
): QueueSettings {
  const named = Object.fromEntries(
    Object.entries(changes).filter(([, value]) => value !== undefined),
  ) as Partial<QueueSettings>;
  for (const field of ["prediction_profile", "scoring_profile"] as const) {
    const name = named[field];
    if (name === undefined || name === null || name === current[field]) continue;
    const profile = environment.CAPACITY_PROFILES[name];
    if (!profile || !mayUseProfile(profile, owner)) {
      const message = `There is no capacity profile "${name}" that the owner of this queue may use.`;
      throw new Refusal("invalid", "NO_SUCH_PROFILE", message, { [field]: [message] });
    }
  }
  const { max_running, max_step_seconds, max_submission_bytes, accepts_jobs, prediction_profile, scoring_profile } = {
    ...current,
    ...named,
  };
  if ((prediction_profile === null) !== (scoring_profile === null))
    throw new Refusal(
      "invalid",
      "ONE_PROFILE",
      "Choose a capacity profile for prediction and one for scoring, or neither: then workers of your own serve the queue.",
    );
  return { max_running, max_step_seconds, max_submission_bytes, accepts_jobs, prediction_profile, scoring_profile };
}

const noSuchQueue = () => new Refusal("not-found", "NO_SUCH_QUEUE", "There is no such queue.");

/** A queue that the actor may have submissions run on. */
export async function usableQueue({ db }: Context, actor: UserActor, id: string): Promise<QueueRow> {
  const queue = await findQueueRow(db, id, actor);
  if (!queue || !may(actor, "queue.use", queue)) throw noSuchQueue();
  return queue;
}

/** A queue that the actor may change. */
export async function ownQueue(context: Context, actor: UserActor, id: string): Promise<QueueRow> {
  const queue = await usableQueue(context, actor, id);
  if (!may(actor, "queue.edit", queue))
    throw new Refusal("forbidden", "NOT_ALLOWED", "Only its owner may change a queue.");
  return queue;
}

/** A queue that there is not yet. */
const noQueue: AuditedQueue = { settings: {}, acceptsJobs: true, organizers: [] };

/** Makes a queue. What SQS has is made first: without its row nobody knows of it, and it rests empty. */
export async function createQueue(
  context: Context,
  by: UserAuthor,
  request: QueueRequest & { name: string },
): Promise<string> {
  const { actor } = by;
  await requirePeople(context, "organizers", request.organizers);
  const settings = changed(context, actor, unlimited, request.settings);
  const id = randomUUID();
  const sqsName = `${context.environment.ORGANIZER_QUEUE_PREFIX}${id}`;
  await context.queues.create(sqsName);
  try {
    await transact(context, async (tx) => {
      if ((await countOwnQueues(tx, actor.id)) >= maxOwnQueues && !actor.isSuperuser)
        throw new Refusal(
          "forbidden",
          "QUEUE_LIMIT",
          `You have ${maxOwnQueues} queues, which is as many as one may have.`,
        );
      const { name, isPublic = false, organizers = [] } = request;
      await insertQueue(tx, { id, name, sqsName, ownerId: actor.id, isPublic, organizers, settings });
      const made = (await auditedQueue(tx, id))!;
      const created = {
        place: { queue: id },
        kind: "queue.created",
        subject: id,
        before: null,
        after: made.settings,
      } as const;
      await record(tx, by, created, ...queueEvents(id, { ...noQueue, settings: made.settings }, made));
    });
  } catch (error) {
    await context.queues.delete(sqsName);
    throw error;
  }
  return id;
}

/** Changes a queue. One that is private from now on loses the competitions of people it is not shared with. */
export async function changeQueue(context: Context, by: UserAuthor, id: string, changes: QueueRequest): Promise<void> {
  const { actor } = by;
  const queue = await ownQueue(context, actor, id);
  await requirePeople(context, "organizers", changes.organizers);
  const settings = changed(context, queue.chooser, queue, changes.settings);
  await transact(context, async (tx) => {
    const before = await auditedQueue(tx, id);
    if (!before) throw noSuchQueue();
    await updateQueue(tx, id, { ...changes, settings });
    const events = queueEvents(id, before, (await auditedQueue(tx, id))!);
    const competitions = await competitionsWithQueue(tx, id);
    await record(tx, by, ...events, ...competitions.flatMap((competition) => queueEventsFor(competition, events)));
    if (!(changes.isPublic ?? queue.is_public))
      await record(tx, by, ...(await detachStrangers(tx, id)).map(lostQueue(id)));
  });
}

/** A competition went from a queue to the default one. */
const lostQueue = (queue: string) => (competition: number) =>
  ({
    place: { competition },
    kind: "competition.changed",
    subject: competition,
    before: { queue },
    after: { queue: null },
  }) as const;

/** Deletes a queue on which nothing waits or runs. */
export async function deleteQueue(context: Context, by: UserAuthor, id: string): Promise<void> {
  const queue = await ownQueue(context, by.actor, id);
  if (queue.owner_id === null) throw new Refusal("forbidden", "DEFAULT_QUEUE", "The default queue cannot be deleted.");
  await transact(context, async (tx) => {
    const open = await countOpenJobs(tx, id);
    if (open > 0)
      throw new Refusal("invalid", "QUEUE_BUSY", `${open} submissions wait or run on this queue. Cancel them first.`);
    const { settings } = (await auditedQueue(tx, id)) ?? noQueue;
    const lost = (await removeQueue(tx, id)).map(lostQueue(id));
    await record(
      tx,
      by,
      { place: { queue: id }, kind: "queue.deleted", subject: id, before: settings, after: null },
      ...lost,
    );
  });
  await context.queues.delete(queue.sqs_name);
}

/** A queue whose workers the actor may start and see. */
export async function runnableQueue(context: Context, actor: UserActor, id: string): Promise<QueueRow> {
  const queue = await usableQueue(context, actor, id);
  if (!may(actor, "queue.run", queue))
    throw new Refusal(
      "forbidden",
      "NOT_ALLOWED",
      "Only its owner and those it is shared with see the workers of a queue.",
    );
  return queue;
}

/** Makes a token for workers of a queue. It is told this once; only its hash is kept. */
export async function makeWorkerToken(
  context: Context,
  by: UserAuthor,
  queueId: string,
  name: string,
): Promise<{ id: string; token: string }> {
  const queue = await runnableQueue(context, by.actor, queueId);
  const { token, hash } = newToken("bsw");
  const id = await transact(context, async (tx) => {
    const made = await insertWorkerToken(tx, queue.id, name, hash, by.actor.id);
    await record(tx, by, {
      place: { queue: queue.id },
      kind: "worker_token.created",
      subject: made,
      before: null,
      after: { name },
    });
    return made;
  });
  return { id, token };
}

export async function workerTokens(context: Context, actor: UserActor, queueId: string): Promise<WorkerTokenRow[]> {
  return listWorkerTokens(context.db, (await runnableQueue(context, actor, queueId)).id);
}

/** Revokes a worker token: it opens nothing any more. What ran with it goes to other workers when its lease runs out. */
export async function endWorkerToken(
  context: Context,
  by: UserAuthor,
  queueId: string,
  tokenId: string,
): Promise<void> {
  const queue = await runnableQueue(context, by.actor, queueId);
  await transact(context, async (tx) => {
    const name = await revokeWorkerToken(tx, queue.id, tokenId);
    if (name === undefined) throw new Refusal("not-found", "NO_SUCH_TOKEN", "This queue has no such token.");
    if (name === null) return;
    await record(tx, by, {
      place: { queue: queue.id },
      kind: "worker_token.revoked",
      subject: tokenId,
      before: { name },
      after: null,
    });
  });
}

/** Hours for which a worker that was not seen again is shown. */
const shownHours = 24;

export async function workersOf(context: Context, actor: UserActor, queueId: string): Promise<WorkerRow[]> {
  return listWorkers(context.db, (await runnableQueue(context, actor, queueId)).id, shownHours);
}
