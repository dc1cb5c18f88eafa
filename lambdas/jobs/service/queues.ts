/** Lets owners manage their queues and the tokens of their workers. */
import { randomUUID } from "node:crypto";
import { offeredProfiles } from "../db/capacity-profiles.ts";
import {
  countOpenJobs,
  countOwnQueues,
  findQueueRow,
  insertQueue,
  listQueues,
  lockQueue,
  removeQueue,
  updateQueue,
  type QueueFilter,
  type QueueRow,
  type QueueSettings,
} from "../db/queues.ts";
export type { QueueRow } from "../db/queues.ts";
import {
  insertWorkerToken,
  listWorkerTokens,
  revokeWorkerToken,
  workersOfQueues,
  type WorkerRow,
  type WorkerTokenRow,
} from "../db/workers.ts";
import { queueEvents, type AuditedQueue } from "../../accounts/rules/audit.ts";
import { mayUseProfile, type ProfileUser, type StepProfiles } from "../rules/capacity.ts";
import type { OfferedProfiles } from "../../../contract/capacity-profile.ts";
import type { StepName } from "../../../contract/job.ts";
import { may, type UserActor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { record, type UserAuthor } from "../../accounts/service/audit.ts";
import { requirePeople } from "../../accounts/service/people.ts";
import { transact, type Context } from "../../kernel/context.ts";
import type { Part } from "../../kernel/db/page.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { newToken } from "../../kernel/secrets.ts";
import type { QueueUses } from "./queue-uses.ts";

/** How many queues a person may own. */
const maxOwnQueues = 5;

/** How many queues a person has, and how many they may have. The person is locked until the transaction ends. */
export async function ownQueues(tx: Tx, { id, isSuperuser }: { id: number; isSuperuser: boolean }) {
  const { count, limit } = await countOwnQueues(tx, id);
  return { count, most: limit ?? (isSuperuser ? Infinity : maxOwnQueues) };
}

export interface QueueRequest {
  name?: string | undefined;
  isPublic?: boolean | undefined;
  /** Ids of the people with whom it is shared. */
  organizers?: number[] | undefined;
  /** Capacity profiles by step; null means none. Steps that are left out keep their profiles. */
  profiles: Partial<Record<StepName, string | null | undefined>>;
  /** Settings that are left out do not change. */
  settings: { [Setting in keyof Omit<QueueSettings, "step_profiles">]?: QueueSettings[Setting] | undefined };
}

const unlimited: QueueSettings = {
  step_profiles: null,
  max_running: null,
  max_step_seconds: null,
  max_upload_bytes: null,
  accepts_jobs: true,
};

/** The settings of a queue after a request. Refused if its owner may not use a named profile. */
async function changed(
  { db }: Context,
  uses: QueueUses,
  owner: ProfileUser,
  current: QueueSettings,
  { profiles, settings }: Pick<QueueRequest, "profiles" | "settings">,
): Promise<QueueSettings> {
  const limit = (name: "max_running" | "max_step_seconds" | "max_upload_bytes") =>
    settings[name] === undefined ? current[name] : settings[name];
  return {
    step_profiles: changedProfiles(await offeredProfiles(db), uses, owner, current.step_profiles, profiles),
    max_running: limit("max_running"),
    max_step_seconds: limit("max_step_seconds"),
    max_upload_bytes: limit("max_upload_bytes"),
    accepts_jobs: settings.accepts_jobs ?? current.accepts_jobs,
  };
}

function changedProfiles(
  offered: OfferedProfiles,
  uses: QueueUses,
  owner: ProfileUser,
  current: StepProfiles | null,
  changes: QueueRequest["profiles"],
): StepProfiles | null {
  const chosen = uses.steps.flatMap((step) => {
    const before = current?.[step] ?? null;
    const name = changes[step] === undefined ? before : changes[step];
    if (name === null) return [];
    const profile = offered[name];
    if (name !== before && (!profile || !mayUseProfile(profile, owner))) {
      const message = `There is no capacity profile "${name}" that the owner of this queue may use.`;
      throw new Refusal("invalid", "NO_SUCH_PROFILE", message, { [uses.profileField(step)]: [message] });
    }
    return [[step, name] as const];
  });
  if (chosen.length === 0) return null;
  if (chosen.length < uses.steps.length)
    throw new Refusal(
      "invalid",
      "ONE_PROFILE",
      `Choose a capacity profile for each of ${uses.steps.join(" and ")}, or for none: then your own workers serve the queue.`,
    );
  return Object.fromEntries(chosen);
}

export const noSuchQueue = () => new Refusal("not-found", "NO_SUCH_QUEUE", "There is no such queue.");

/** A queue that the actor may run jobs on. */
export async function usableQueue({ db }: Context, actor: UserActor, id: string): Promise<QueueRow> {
  const queue = await findQueueRow(db, id);
  if (!queue || !may(actor, "queue.use", queue)) throw noSuchQueue();
  return queue;
}

/** A page of the queues that the actor owns or shares, and their total number. Superusers get all. */
export const listedQueues = (
  { db }: Context,
  actor: UserActor,
  filter: Omit<QueueFilter, "viewer">,
  part: Part,
): Promise<{ count: number; rows: QueueRow[] }> => listQueues(db, { viewer: actor, ...filter }, part);

/** A queue that the actor may change. */
export async function ownQueue(context: Context, actor: UserActor, id: string): Promise<QueueRow> {
  const queue = await usableQueue(context, actor, id);
  if (!may(actor, "queue.edit", queue))
    throw new Refusal("forbidden", "NOT_ALLOWED", "Only its owner may change a queue.");
  return queue;
}

/** The audited fields of a queue, locked until the transaction ends; undefined if it was deleted. */
async function auditedQueue(tx: Tx, uses: QueueUses, id: string): Promise<AuditedQueue | undefined> {
  const queue = await lockQueue(tx, id);
  if (!queue) return undefined;
  const { name, is_public, organizers, ...settings } = queue;
  return {
    settings: { name, is_public, ...uses.fieldsOf(settings) },
    acceptsJobs: settings.accepts_jobs,
    organizers,
  };
}

/** Creates a queue. Its SQS queue is created first, because an SQS queue without a row is harmless. */
export async function createQueue(
  context: Context,
  uses: QueueUses,
  by: UserAuthor,
  request: QueueRequest & { name: string },
): Promise<string> {
  const { actor } = by;
  await requirePeople(context, "organizers", request.organizers);
  const settings = await changed(context, uses, actor, unlimited, request);
  const id = randomUUID();
  const sqsName = `${context.environment.ORGANIZER_QUEUE_PREFIX}${id}`;
  await context.queues.create(sqsName);
  try {
    await transact(context, async (tx) => {
      const { count, most } = await ownQueues(tx, actor);
      if (count >= most)
        throw new Refusal(
          "forbidden",
          "QUEUE_LIMIT",
          `You have ${count} queues, and may have ${most}. Delete one, or ask an administrator for more.`,
        );
      const { name, isPublic = false, organizers = [] } = request;
      await insertQueue(tx, { id, name, sqsName, ownerId: actor.id, isPublic, organizers, settings });
      const made = (await auditedQueue(tx, uses, id))!;
      const fresh: AuditedQueue = { settings: made.settings, acceptsJobs: true, organizers: [] };
      const created = {
        place: { queue: id },
        kind: "queue.created",
        subject: id,
        before: null,
        after: made.settings,
      } as const;
      await record(tx, by, created, ...queueEvents(id, fresh, made));
    });
  } catch (error) {
    await context.queues.delete(sqsName);
    throw error;
  }
  return id;
}

/** Changes a queue. If it becomes private, people with whom it is not shared can no longer use it. */
export async function changeQueue(
  context: Context,
  uses: QueueUses,
  by: UserAuthor,
  id: string,
  changes: QueueRequest,
): Promise<void> {
  const queue = await ownQueue(context, by.actor, id);
  await requirePeople(context, "organizers", changes.organizers);
  const settings = await changed(context, uses, queue.chooser, queue, changes);
  await transact(context, async (tx) => {
    const before = await auditedQueue(tx, uses, id);
    if (!before) throw noSuchQueue();
    await updateQueue(tx, id, { ...changes, settings });
    const events = queueEvents(id, before, (await auditedQueue(tx, uses, id))!);
    await record(tx, by, ...events);
    await uses.changed(tx, by, id, events);
    if (!(changes.isPublic ?? queue.is_public)) await uses.detachStrangers(tx, by, id);
  });
}

/** Deletes a queue on which no job waits or runs. */
export async function deleteQueue(context: Context, uses: QueueUses, by: UserAuthor, id: string): Promise<void> {
  const queue = await ownQueue(context, by.actor, id);
  if (queue.owner_id === null) throw new Refusal("forbidden", "DEFAULT_QUEUE", "The default queue cannot be deleted.");
  await transact(context, async (tx) => {
    const open = await countOpenJobs(tx, id);
    if (open > 0)
      throw new Refusal("invalid", "QUEUE_BUSY", `${open} jobs wait or run on this queue. Cancel them first.`);
    const before = (await auditedQueue(tx, uses, id))?.settings ?? {};
    await record(tx, by, { place: { queue: id }, kind: "queue.deleted", subject: id, before, after: null });
    await uses.detachAll(tx, by, id);
    await removeQueue(tx, id);
  });
  await context.queues.delete(queue.sqs_name);
}

/** A queue whose workers the actor may see and start. */
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

/** Creates a token for workers of a queue. It is shown only once; the platform stores its hash. */
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

/** Revokes a worker token. Jobs that run with it go to other workers when their leases expire. */
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

/** How many hours a worker is still listed after it was last active. */
export const shownHours = 24;

export async function workersOf(context: Context, actor: UserActor, queueId: string): Promise<WorkerRow[]> {
  const { id } = await runnableQueue(context, actor, queueId);
  return (await workersOfQueues(context.db, [id], shownHours)).get(id) ?? [];
}
