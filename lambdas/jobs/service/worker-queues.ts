/** The queues of a worker, and what it may do there. */
import { offeredProfiles } from "../db/capacity-profiles.ts";
import { lackingCapacity, noteCapacity } from "../db/capacity-providers.ts";
import { abandonedAttempts } from "../db/launches.ts";
import { queuesOfPlatform } from "../db/served-queues.ts";
import { findSealedLogin } from "../db/registry-logins.ts";
import { questionsTo } from "../db/questions.ts";
import { attemptsToHalt, type StopReason } from "../db/stop-jobs.ts";
import { hasToWait } from "../db/suspects.ts";
import { seeWorker } from "../db/workers.ts";
import { parseReference } from "../rules/image-reference.ts";
import { profileBarrier } from "../rules/capacity.ts";
import type { AskedQuestion, Manifest, WorkerIdentity } from "../../../contract/job.ts";
import { registryName } from "../../../contract/registry-login.ts";
import type { WorkerActor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { claim, currentAttempt, registerWorker } from "./attempts.ts";
import type { JobOwners } from "./job-owner.ts";
import type { Context } from "../../kernel/context.ts";

/** The queues that a worker's token allows, with their ids and their names in SQS. */
async function openTo({ db }: Context, { queue }: WorkerActor): Promise<{ id: string; name: string }[]> {
  if (queue) return [queue];
  return (await queuesOfPlatform(db)).map(({ id, sqs_name: name }) => ({ id, name }));
}

/**
 * Stores that a worker is active, and why it takes no jobs, if it does not. Returns the URLs of the queues to which it should
 * listen.
 */
export async function listenTo(
  context: Context,
  actor: WorkerActor,
  worker: WorkerIdentity,
  unwell: string | null,
): Promise<string[]> {
  const queues = await openTo(context, actor);
  await seeWorker(
    context.db,
    queues.map(({ id }) => id),
    worker,
    unwell,
  );
  return queues.map(({ name }) => (actor.queue ? context.queues.lentUrl(name) : context.queues.url(name)));
}

/** Registers a worker that has started, and releases the attempts that it held before. */
export async function startWorker(
  context: Context,
  owners: JobOwners,
  actor: WorkerActor,
  worker: WorkerIdentity,
): Promise<{ released: number; queues: string[]; access: "own" | "lent" }> {
  const queues = await listenTo(context, actor, worker, null);
  const released = await registerWorker(context, owners, actor.queue?.id ?? null, worker);
  // The platform's own workers use the role or keys of their machine.
  return { released, queues, access: actor.queue ? "lent" : "own" };
}

/** The queue for which a worker gets temporary credentials. The platform's own workers need none. */
export function queueToLend({ queues }: Context, { queue }: WorkerActor): string {
  if (!queue)
    throw new Refusal(
      "forbidden",
      "PLATFORM_WORKER",
      "The platform's own workers are lent no credentials: they have a role, or keys.",
    );
  return queues.lentUrl(queue.name);
}

const wrongQueue = () => new Refusal("forbidden", "WRONG_QUEUE", "This worker token is for another queue.");

/** The answer to a claim. */
export interface Claimed {
  manifest: Manifest | null;
  /** The doorbell belongs back into the queue: jobs are ready, but not for this worker while it runs what it runs. */
  wait: boolean;
}

/**
 * Claims the next job of the queue whose doorbell a worker received. The platform's own workers get none if the queue's owner
 * may no longer use its capacity profiles.
 */
export async function claimFrom(
  context: Context,
  owners: JobOwners,
  actor: WorkerActor,
  queueUrl: string,
  worker: WorkerIdentity,
): Promise<Claimed> {
  const name = queueUrl.split("/").at(-1);
  if (actor.queue) {
    if (name !== actor.queue.name) throw wrongQueue();
    return claimAndSee(context, owners, actor.queue.id, worker);
  }
  const queue = (await queuesOfPlatform(context.db)).find(({ sqs_name }) => sqs_name === name);
  if (!queue) throw wrongQueue();
  if (profileBarrier(queue, queue.owner, await offeredProfiles(context.db)) !== null)
    return { manifest: null, wait: false };
  return claimAndSee(context, owners, queue.id, worker);
}

async function claimAndSee(
  context: Context,
  owners: JobOwners,
  queueId: string,
  worker: WorkerIdentity,
): Promise<Claimed> {
  const manifest = await claim(context, owners, queueId, worker);
  await seeWorker(context.db, [queueId], worker, null);
  return { manifest, wait: manifest === null && (await hasToWait(context.db, queueId, worker)) };
}

/** Those of some attempts that no longer hold a job. If the worker has its own queue, others are left out. */
export const abandoned = ({ db }: Context, worker: WorkerActor, attemptIds: string[]): Promise<string[]> =>
  abandonedAttempts(db, worker.queue?.id ?? null, attemptIds);

/** What the platform wants of some attempts of a worker. */
export interface Wishes {
  stops: { attempt: string; why: StopReason }[];
  endings: { attempt: string; message: string }[];
  questions: AskedQuestion[];
}

export async function wishesFor({ db }: Context, worker: WorkerActor, attemptIds: string[]): Promise<Wishes> {
  const queueId = worker.queue?.id ?? null;
  const halts = await attemptsToHalt(db, queueId, attemptIds);
  return {
    stops: halts.flatMap(({ attempt, why }) => (why === null ? [] : { attempt, why })),
    endings: halts.flatMap(({ attempt, message }) => (message === null ? [] : { attempt, message })),
    questions: await questionsTo(db, queueId, attemptIds),
  };
}

/**
 * What a capacity provider lacks, so that a step had better use its fallback; null if it may try the provider. With `found`, first
 * stores what a step found there. Only for the platform's own workers.
 */
export async function capacityOf(
  { db }: Context,
  worker: WorkerActor,
  provider: string,
  found: { lacking: string | null } | undefined,
): Promise<string | null> {
  if (worker.queue)
    throw new Refusal(
      "forbidden",
      "OWN_WORKER",
      "Your own worker runs steps on its machine, not on capacity providers.",
    );
  if (found) await noteCapacity(db, provider, found.lacking);
  return found ? found.lacking : lackingCapacity(db, provider);
}

/**
 * The sealed login that the queue of an attempt has for a registry; null without one, and for a registry of none of the
 * job's images. Only for the platform's own workers, which import images, and only while the attempt holds its job.
 */
export async function loginForAttempt(
  context: Context,
  worker: WorkerActor,
  attemptId: string,
  host: string,
): Promise<{ queue: string; sealed: string } | null> {
  if (worker.queue)
    throw new Refusal(
      "forbidden",
      "OWN_WORKER",
      "Your own worker uses the logins of its machine: run `docker login` there.",
    );
  const { queueId: queue, spec } = await currentAttempt(context, null, attemptId);
  const registry = registryName(host);
  const isOfJob = spec.steps.some(({ image }) => registryName(parseReference(image)?.registry ?? "") === registry);
  const sealed = isOfJob ? await findSealedLogin(context.db, queue, registry) : undefined;
  return sealed === undefined ? null : { queue, sealed };
}
