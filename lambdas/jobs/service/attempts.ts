/** The life of an attempt at a job, from the claim by a worker to its end. */
import { claimJob } from "../db/claims.ts";
import {
  attemptsOfEarlierLife,
  closeAttempt,
  countUnwellReturns,
  extendLease,
  findAttempt,
  finishJob,
  handOverJob,
  lockJobOf,
  recordLateReport,
  returnJob,
  type AttemptRow,
} from "../db/jobs.ts";
import { keepLaunch, launchesOf } from "../db/launches.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { isUnwanted } from "../db/stop-jobs.ts";
import { attemptCost, stepsOnSpot } from "../rules/cost.ts";
import {
  isPlatformFailure,
  type AttemptReport,
  type Failure,
  type JobFailure,
  type JobSpec,
  type Launch,
  type Manifest,
  type Progress,
  type WorkerIdentity,
} from "../../../contract/job.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { writeManifest } from "./manifest.ts";
import { enqueueErasure } from "./erase.ts";
import { afterCommit, transact, type Context } from "../../kernel/context.ts";
import { ownerOf, type JobEnd, type JobOwners } from "./job-owner.ts";

/** A worker that sends no heartbeat for this long loses its attempt. */
const leaseSeconds = 45;
const heartbeatSeconds = 10;
/** How often other workers may continue an attempt. */
const maxResumes = 20;
/**
 * How often workers that can run no programs may give a job back before this counts as a try. There is a limit, because the
 * job itself may be what makes them unwell.
 */
const maxUnwellReturns = 5;
/** How often a job is tried before a failure of the platform is final. */
const maxAttempts = 3;

/** Gives a worker the next job of its queue as a manifest; null if no job is ready. */
export async function claim(
  context: Context,
  owners: JobOwners,
  queueId: string,
  worker: WorkerIdentity,
): Promise<Manifest | null> {
  const job = await context.db.transaction().execute(async (tx) => {
    const claimed = await claimJob(tx, queueId, worker, [...owners.keys()], leaseSeconds);
    const firstStep = claimed?.spec.steps[0];
    if (firstStep) await ownerOf(owners, claimed.kind).claimed(tx, claimed.jobId, firstStep.name, worker.host);
    return claimed;
  });
  if (!job) return null;
  const attempt = attemptOfManifest({ ...job, number: job.attemptNumber });
  const { id, host, launcher } = worker;
  logOf(context, job).info("attempt.claimed", { number: attempt.number, queue: queueId, worker: id, host, launcher });
  return manifestOf(context, job.spec, attempt, worker.capabilities.outlivesWorker);
}

/** What a manifest says about its attempt. */
const attemptOfManifest = ({
  attemptId,
  jobId,
  number,
  correlationId,
}: Pick<AttemptRow, "attemptId" | "jobId" | "number" | "correlationId">): Manifest["attempt"] => ({
  id: attemptId,
  jobId,
  number,
  ...(correlationId === null ? {} : { correlationId }),
});

/** The log of an attempt. Its lines have the id of the request that created the job, not of the worker's request. */
const logOf = (
  { log }: Context,
  { attemptId, jobId, correlationId }: Pick<AttemptRow, "attemptId" | "jobId" | "correlationId">,
) => log.with({ correlationId, job: jobId, attempt: attemptId });

async function manifestOf(
  { db, objects }: Context,
  spec: JobSpec,
  attempt: Manifest["attempt"],
  outlivesWorker: boolean,
): Promise<Manifest> {
  const launches = outlivesWorker ? await launchesOf(db, attempt.id) : undefined;
  return writeManifest(objects, spec, attempt, { leaseSeconds, heartbeatSeconds }, launches);
}

/** The manifest of an attempt with new signatures. Refused if the attempt no longer holds its job. */
export async function renewManifest(context: Context, queueId: string | null, attemptId: string): Promise<Manifest> {
  const attempt = await currentAttempt(context, queueId, attemptId);
  return manifestOf(context, attempt.spec, attemptOfManifest(attempt), attempt.outlivesWorker);
}

/** Stores a launch of an attempt and returns the stored launch. Refused if the attempt no longer holds its job. */
export async function recordLaunch(
  context: Context,
  queueId: string | null,
  attemptId: string,
  launch: Omit<Launch, "stopped">,
): Promise<Launch> {
  await currentAttempt(context, queueId, attemptId);
  return keepLaunch(context.db, attemptId, launch);
}

/** An attempt that holds its job. Refused if it no longer does. */
export async function currentAttempt(context: Context, queueId: string | null, attemptId: string): Promise<AttemptRow> {
  const attempt = await attemptOf(context, queueId, attemptId);
  if (!attempt.current) throw superseded();
  return attempt;
}

/** Releases the attempts that a worker held before it restarted. Returns how many. */
export async function registerWorker(
  context: Context,
  owners: JobOwners,
  queueId: string | null,
  worker: WorkerIdentity,
): Promise<number> {
  const lost = await attemptsOfEarlierLife(context.db, queueId, worker);
  for (const attemptId of lost)
    await failAttempt(context, owners, attemptId, {
      code: "WORKER_LOST",
      message: "The worker that ran this was restarted.",
      step: null,
    });
  return lost.length;
}

const noSuchAttempt = () => new Refusal("not-found", "NO_SUCH_ATTEMPT", "This queue has no such attempt.");

async function attemptOf(context: Context, queueId: string | null, attemptId: string): Promise<AttemptRow> {
  const attempt = await findAttempt(context.db, attemptId);
  if (!attempt || (queueId !== null && attempt.queueId !== queueId)) throw noSuchAttempt();
  return attempt;
}

const superseded = () =>
  new Refusal(
    "conflict",
    "ATTEMPT_SUPERSEDED",
    "This attempt no longer holds its job. Stop it and report nothing more.",
  );

/** Extends the lease of an attempt and reports its progress, oldest first. Refused if the attempt no longer holds its job. */
export async function heartbeat(
  context: Context,
  owners: JobOwners,
  queueId: string | null,
  attemptId: string,
  progress: Progress[],
): Promise<{ cancel: boolean; leaseUntil: Date }> {
  const lease = await context.db.transaction().execute(async (tx) => {
    const extended = await extendLease(tx, attemptId, leaseSeconds, progress.at(-1) ?? null);
    if (!extended) return undefined;
    if (queueId !== null && extended.queueId !== queueId) throw noSuchAttempt();
    const owner = ownerOf(owners, extended.kind);
    for (const one of progress) await owner.progressed(tx, extended.jobId, one, extended.host);
    return extended;
  });
  if (!lease) {
    await attemptOf(context, queueId, attemptId);
    await recordLateReport(context.db, attemptId, "heartbeat", { progress });
    throw superseded();
  }
  return { cancel: lease.cancelRequested, leaseUntil: lease.leaseUntil };
}

/**
 * Accepts the final report of an attempt. Only the first valid report of the current attempt counts. Any other is stored, changes
 * nothing, and returns false.
 */
export async function complete(
  context: Context,
  owners: JobOwners,
  queueId: string | null,
  attemptId: string,
  report: AttemptReport,
): Promise<boolean> {
  const attempt = await attemptOf(context, queueId, attemptId);
  const accepted = attempt.current && (await accept(context, owners, attempt, report));
  if (!accepted) await recordLateReport(context.db, attemptId, "complete", report);
  return accepted;
}

async function accept(
  context: Context,
  owners: JobOwners,
  attempt: AttemptRow,
  report: AttemptReport,
): Promise<boolean> {
  if (report.outcome === "released" && attempt.cancelRequested)
    return transact(context, (tx) => end(tx, context, owners, attempt, report, { state: "cancelled" }));
  if (report.outcome === "released" && isContinued(attempt))
    return transact(context, (tx) => handOver(tx, context, attempt));
  if (report.outcome === "released") {
    const failure = unwellness(report);
    if (failure !== null && (await countUnwellReturns(context.db, attempt.jobId)) >= maxUnwellReturns)
      return failAttempt(context, owners, attempt.attemptId, failure, report);
    return transact(context, (tx) =>
      giveBack(tx, context, owners, attempt, report, {
        outcome: "released",
        failure,
        delaySeconds: 0,
        countsAsAttempt: false,
      }),
    );
  }
  if (report.failure && isPlatformFailure(report.failure.code))
    return failAttempt(context, owners, attempt.attemptId, report.failure, report);
  const jobEnd = await endOf(context, owners, attempt, report);
  return transact(context, (tx) => end(tx, context, owners, attempt, report, jobEnd));
}

/** Why a worker that can run no programs gave a job back; null if it did so for another reason. */
const unwellness = ({ unwell }: AttemptReport): Failure | null =>
  unwell === undefined ? null : { code: "WORKER_ERROR", message: unwell, step: null };

/** How a job ends after a report. If the attempt succeeded, the job's owner decides. */
async function endOf(context: Context, owners: JobOwners, attempt: AttemptRow, report: AttemptReport): Promise<JobEnd> {
  if (report.outcome === "cancelled") return { state: "cancelled" };
  if (report.failure) return { state: "failed", failure: report.failure };
  return ownerOf(owners, attempt.kind).judge({ ...context, log: logOf(context, attempt) }, attempt, report);
}

/**
 * Ends an attempt that failed because of the platform. The job is retried, or fails if it has used all its tries. Returns false
 * if the attempt no longer held the job.
 */
export function failAttempt(
  context: Context,
  owners: JobOwners,
  attemptId: string,
  failure: Failure,
  report: AttemptReport | null = null,
): Promise<boolean> {
  return failHeld(context, owners, attemptId, failure, report, { onlyExpired: false });
}

/** The same for an attempt whose lease has expired. Also false if the worker has sent a heartbeat meanwhile. */
export function failExpired(context: Context, owners: JobOwners, attemptId: string): Promise<boolean> {
  const failure: Failure = { code: "WORKER_LOST", message: "The worker that ran this went silent.", step: null };
  return failHeld(context, owners, attemptId, failure, null, { onlyExpired: true });
}

async function failHeld(
  context: Context,
  owners: JobOwners,
  attemptId: string,
  failure: Failure,
  report: AttemptReport | null,
  how: { onlyExpired: boolean },
): Promise<boolean> {
  return transact(context, async (tx) => {
    if (!(await lockJobOf(tx, attemptId, how))) return false;
    const attempt = (await findAttempt(tx, attemptId))!;
    if (attempt.cancelRequested) return end(tx, context, owners, attempt, report, { state: "cancelled" });
    if (failure.code === "WORKER_LOST" && isContinued(attempt)) return handOver(tx, context, attempt);
    const tries = attempt.number - attempt.releasedAttempts;
    // A worker that reports NO_CAPACITY has already waited for capacity.
    if (tries >= maxAttempts || failure.code === "NO_CAPACITY") {
      const message = tries === 1 ? failure.message : `${failure.message} It was tried ${tries} times.`;
      return end(tx, context, owners, attempt, report, { state: "failed", failure: { ...failure, message } });
    }
    return giveBack(tx, context, owners, attempt, report, {
      outcome: "failed",
      failure,
      // After a lost worker, another can start immediately. Problems of storage or a registry need time.
      delaySeconds: failure.code === "WORKER_LOST" ? 0 : 5 * 3 ** (tries - 1),
      countsAsAttempt: true,
    });
  });
}

/** Whether another worker continues an attempt. There is a limit, because an attempt may crash its workers. */
const isContinued = ({ outlivesWorker, resumed }: AttemptRow): boolean => outlivesWorker && resumed < maxResumes;

/** The cost of an attempt in millionths of a USD. */
async function costOf(tx: Tx, { attemptId, spec, outlivesWorker }: AttemptRow, report: AttemptReport): Promise<number> {
  if (!outlivesWorker) return attemptCost(spec, report);
  return attemptCost(spec, report, { taskMinimum: true, spot: stepsOnSpot(await launchesOf(tx, attemptId)) });
}

async function handOver(tx: Tx, context: Context, attempt: AttemptRow): Promise<boolean> {
  if (!(await handOverJob(tx, attempt.attemptId))) return false;
  afterCommit(tx, () => logOf(context, attempt).info("job.handed-over"));
  return true;
}

async function giveBack(
  tx: Tx,
  context: Context,
  owners: JobOwners,
  attempt: AttemptRow,
  report: AttemptReport | null,
  how: { outcome: string; failure: Failure | null; delaySeconds: number; countsAsAttempt: boolean },
): Promise<boolean> {
  if (!(await returnJob(tx, attempt.attemptId, how))) return false;
  await closeAttempt(tx, attempt.attemptId, {
    outcome: how.outcome,
    failure: how.failure,
    report,
    costMicrousd: report && (await costOf(tx, attempt, report)),
  });
  await ownerOf(owners, attempt.kind).returned(tx, attempt.jobId, how.failure);
  afterCommit(tx, () => {
    const log = logOf(context, attempt);
    log.info("attempt.ended", { outcome: how.outcome, failure: how.failure?.code });
    log.info("job.returned", { delaySeconds: how.delaySeconds });
  });
  return true;
}

async function end(
  tx: Tx,
  context: Context,
  owners: JobOwners,
  attempt: AttemptRow,
  report: AttemptReport | null,
  jobEnd: JobEnd,
): Promise<boolean> {
  const failure: JobFailure | null = jobEnd.state === "failed" ? jobEnd.failure : null;
  if (!(await finishJob(tx, attempt.attemptId, jobEnd.state, failure))) return false;
  await closeAttempt(tx, attempt.attemptId, {
    outcome: jobEnd.state,
    failure,
    report,
    costMicrousd: report && (await costOf(tx, attempt, report)),
  });
  const isStillOwned = await ownerOf(owners, attempt.kind).ended(tx, attempt.jobId, jobEnd, report);
  if (!isStillOwned && (await isUnwanted(tx, attempt.jobId)))
    await enqueueErasure(tx, context, { jobIds: [attempt.jobId], uploads: [] });
  afterCommit(tx, () => {
    const log = logOf(context, attempt);
    log.info("attempt.ended", { outcome: jobEnd.state, failure: failure?.code });
    if (failure && isPlatformFailure(failure.code)) log.warn("job.quarantined", { failure: failure.code });
  });
  return true;
}
