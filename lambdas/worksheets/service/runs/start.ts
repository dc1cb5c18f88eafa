/** Starts runs: gives each its job as soon as everything that it depends on is there. */
import { lockStorageOf } from "../../../competitions/db/storage.ts";
import { offeredProfiles } from "../../../jobs/db/capacity-profiles.ts";
import { createJobs } from "../../../jobs/db/jobs.ts";
import { queueForJobs, type RunQueue } from "../../../jobs/db/served-queues.ts";
import { transact, type Context } from "../../../kernel/context.ts";
import type { Tx } from "../../../kernel/db/connection.ts";
import { Refusal } from "../../../kernel/refusal.ts";
import type { UserActor } from "../../../policy/policy.ts";
import { findBundles, lockBundles, updateBundle, type Bundle } from "../../db/bundles.ts";
import { dependenciesOf } from "../../db/dependencies.ts";
import { beginRun } from "../../db/starts.ts";
import { countStarted, queueNamed, setJob } from "../../db/runs.ts";
import { compileRun, runLimits, type RunInput } from "../../rules/compile-run.ts";
import { LanguageProblem } from "../../rules/problem.ts";
import { parseDuration, parseSize } from "../../rules/quantities.ts";
import { noMachine, type RunBounds } from "../../rules/run-end.ts";
import { refOf } from "../contents/read.ts";
import { findTarget } from "../contents/targets.ts";
import { failBundle } from "../contents/end.ts";
import { ownerOf, requireParents } from "../contents/parents.ts";
import { usageOfPerson } from "../quota.ts";
import { runJobs } from "./run-job-owner.ts";

/** Longer commands are too long for the command line of a container. */
const maxCommandLength = 100_000;
/** Of the column of the database. */
const maxPriority = 32_767;
const gibibyte = 1024 ** 3;
/** What a run may store that asks for no limit, if its owner's quota allows it. */
const usualDiskBytes = 20 * gibibyte;

/**
 * Starts a run if everything is there. A run that cannot start fails with a reason. One over its owner's limit of runs waits, and
 * so does one for GPUs that there may be some day.
 */
export async function startRun(context: Context, uuid: string): Promise<void> {
  await transact(context, (tx) => beginRun(tx, uuid));
  const [bundle] = await findBundles(context.db, null, [uuid]);
  if (bundle?.type !== "run" || bundle.state !== "staged" || bundle.job_id !== null) return;
  try {
    const owner = await ownerOf(context, bundle);
    const plan = await planRun(context, owner, bundle);
    await transact(context, (tx) => giveJob(tx, context, bundle, plan));
  } catch (error) {
    if (error instanceof StartedAlready) return;
    if (!(error instanceof Refusal) && !(error instanceof LanguageProblem)) throw error;
    await transact(context, async (tx) => {
      const [now] = await lockBundles(tx, null, [uuid]);
      if (now?.state !== "staged" || now.job_id !== null) return;
      if (error instanceof Refusal && error.code === "NO_GPUS")
        await updateBundle(tx, now.id, { metadata: { staged_status: error.message } });
      else await failBundle(tx, context, now, error.message);
    });
  }
}

/** Another message has started the run, or somebody has ended it. Its transaction makes no job. */
class StartedAlready extends Error {}

interface Plan {
  queue: RunQueue;
  spec: ReturnType<typeof compileRun>;
  bounds: RunBounds;
  parallelRuns: number;
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const number = (value: unknown, otherwise: number): number => (typeof value === "number" ? value : otherwise);

async function planRun(context: Context, owner: UserActor, bundle: Bundle): Promise<Plan> {
  const { db, environment } = context;
  const { metadata } = bundle;
  const command = bundle.command ?? "";
  if (command.length > maxCommandLength) throw new LanguageProblem("The command is too long to be run.");
  const queue = await queueOf(context, owner, text(metadata["request_queue"]));
  const { inputs, bytes } = await inputsOf(context, owner, bundle);
  const usage = await usageOfPerson(context, db, owner.id);
  const bounds = boundsOf(bundle, usage, queue, environment.MAX_EXECUTION_TIME_LIMIT);
  const gpus = number(metadata["request_gpus"], 0);
  const profile = await profileOf(context, queue, gpus);
  const { image, gpuImage } = environment.WORKSHEETS;
  const wantsNetwork = metadata["request_network"] === true;
  const spec = compileRun({
    uuid: bundle.uuid,
    command,
    image: text(metadata["request_docker_image"]) || (gpus > 0 ? gpuImage : image),
    timeLimitSeconds: Math.max(1, Math.ceil(bounds.seconds)),
    network: wantsNetwork && environment.ALLOW_NETWORK && (profile?.network ?? true) ? "open" : "none",
    limits: runLimits({
      cpus: Math.max(1, number(metadata["request_cpus"], 1)),
      memoryBytes: bounds.memoryBytes,
      diskBytes: bounds.diskBytes,
      inputBytes: bytes,
    }),
    excludePatterns: Array.isArray(metadata["exclude_patterns"]) ? (metadata["exclude_patterns"] as string[]) : [],
    profile: profile?.name ?? null,
    inputs,
  });
  return { queue, spec, bounds, parallelRuns: usage.parallel_run_quota };
}

/** What a run asks for, within its owner's quotas and the limits of its queue. */
export function boundsOf(
  { metadata }: Pick<Bundle, "metadata">,
  usage: { time_quota: number; time_used: number; disk_quota: number; disk_used: number },
  queue: Pick<RunQueue, "is_default" | "max_step_seconds">,
  platformSeconds: number,
): RunBounds {
  const caps = [queue.max_step_seconds, queue.is_default ? platformSeconds : null].filter((cap) => cap !== null);
  const leftSeconds = Math.max(1, usage.time_quota - usage.time_used);
  const time = text(metadata["request_time"]);
  const seconds = Math.min(time === "" ? Infinity : parseDuration(time), ...caps, leftSeconds);
  const leftBytes = Math.max(1, usage.disk_quota - usage.disk_used);
  const disk = text(metadata["request_disk"]);
  const diskBytes = Math.min(disk === "" ? usualDiskBytes : parseSize(disk), leftBytes);
  return {
    seconds,
    memoryBytes: parseSize(text(metadata["request_memory"]) || "2g"),
    diskBytes,
    timeIsQuota: seconds === leftSeconds,
    diskIsQuota: diskBytes === leftBytes,
  };
}

/** The queue that a run names, or the platform's. */
async function queueOf({ db }: Context, owner: UserActor, request: string): Promise<RunQueue> {
  const name = request.replace(/^tag=/, "");
  const id = name === "" ? null : await queueNamed(db, owner.id, name);
  if (id === undefined)
    throw new Refusal(
      "invalid",
      "NO_SUCH_QUEUE",
      `There is no queue "${name}" that the owner of the run may use (request_queue).`,
    );
  const queue = await queueForJobs(db, id);
  if (!queue.accepts_jobs)
    throw new Refusal("invalid", "QUEUE_DRAINED", `The queue "${name}" takes no runs at the moment.`);
  return queue;
}

/** The capacity profile of a queue that has enough GPUs; null on machines of the queue's owner, which decide for themselves. */
async function profileOf(
  { db }: Context,
  { step_profiles: chosen, is_default: isDefault }: RunQueue,
  gpus: number,
): Promise<{ name: string; network: boolean } | null> {
  if (chosen === null) return null;
  const profiles = await offeredProfiles(db);
  const names = [...new Set(Object.values(chosen))];
  const all = isDefault ? [...names, ...Object.keys(profiles)] : names;
  const fits = (name: string) => (profiles[name]?.gpus ?? 0) >= gpus;
  const name = gpus > 0 ? all.find(fits) : names[0];
  if (name !== undefined) return { name, network: profiles[name]?.network ?? true };
  if (gpus === 0) return null;
  throw new Refusal(
    "invalid",
    "NO_GPUS",
    `${noMachine} ${gpus} GPUs (request_gpus), so the run waits until one has. Change what it requests, or name a queue of machines that have them (request_queue).`,
  );
}

async function inputsOf(
  context: Context,
  owner: UserActor,
  bundle: Bundle,
): Promise<{ inputs: RunInput[]; bytes: number }> {
  const dependencies = await dependenciesOf(context.db, [bundle.id]);
  await requireParents(context, owner, bundle, dependencies);
  const inputs: RunInput[] = [];
  const sizes = new Map<string, number>();
  for (const { child_path: key, parent_uuid, parent_path } of dependencies) {
    const target = await findTarget(context, owner, parent_uuid, parent_path);
    if (target.linked)
      throw new Refusal(
        "invalid",
        "LINKED_INPUT",
        `Bundle ${target.bundle.uuid} is a link, and runs read only what is in the store. Make a bundle of it (cl make ${target.bundle.uuid}), and run with that.`,
      );
    inputs.push({
      key,
      object: refOf(target.key),
      content: target.contentId === null ? "file" : "archive",
      path: target.path,
    });
    sizes.set(target.key, target.bundle.data_size);
  }
  return { inputs, bytes: [...sizes.values()].reduce((sum, size) => sum + size, 0) };
}

async function giveJob(
  tx: Tx,
  context: Context,
  bundle: Bundle,
  { queue, spec, bounds, parallelRuns }: Plan,
): Promise<void> {
  const isServed = queue.step_profiles !== null;
  // One start of a person after the other, so that the limit of runs holds.
  await lockStorageOf(tx, bundle.owner_id);
  if (isServed && (await countStarted(tx, bundle.owner_id)) >= parallelRuns) {
    const staged_status = `Waits until one of the owner's ${parallelRuns} runs has ended, which is how many may run at once.`;
    await updateBundle(tx, bundle.id, { metadata: { staged_status } });
    return;
  }
  const [jobId] = await createJobs(tx, [
    {
      queueId: queue.id,
      kind: runJobs.kind,
      spec,
      priority: Math.max(
        -maxPriority,
        Math.min(maxPriority, Math.trunc(number(bundle.metadata["request_priority"], 0))),
      ),
      ownerKey: `user:${bundle.owner_id}`,
      groupKey: `runs:${bundle.owner_id}`,
      correlationId: context.correlationId,
    },
  ]);
  const waits = { staged_status: "Waits for a worker.", docker_image: spec.steps[0]!.image };
  if (!(await setJob(tx, bundle.uuid, jobId!, bounds, waits))) throw new StartedAlready();
}
