import type { Transaction } from "kysely";
import { claimJob } from "../db/claims.ts";
import {
  attemptsOfEarlierLife,
  closeAttempt,
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
import type { Database } from "../../kernel/db/schema.ts";
import { isUnwanted } from "../db/stop-jobs.ts";
import { attemptCost, stepsOnSpot } from "../rules/cost.ts";
import {
  isPlatformFailure,
  type AttemptReport,
  type Failure,
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
import {
  judgeRun,
  submissionClaimed,
  submissionEnded,
  submissionMoved,
  submissionReturned,
} from "../../competitions/service/submission-runs.ts";
import type { ScoringResult } from "../../competitions/service/scoring-result.ts";

/** A worker that is silent for so long has lost its attempt. */
const leaseSeconds = 45;
const heartbeatSeconds = 10;
/** Workers that one attempt may have after its first. */
const maxResumes = 20;
/** Tries at a job before a failure of the platform's own is final. */
const maxAttempts = 3;

/** Gives a worker the next job of its queue as a manifest, or null when nothing is ready. */
export async function claim(context: Context, queueId: string, worker: WorkerIdentity): Promise<Manifest | null> {
  const job = await context.db.transaction().execute(async (tx) => {
    const claimed = await claimJob(tx, queueId, worker, leaseSeconds);
    const firstStep = claimed?.spec.steps[0];
    if (firstStep) await submissionClaimed(tx, claimed.jobId, firstStep.name, worker.host);
    return claimed;
  });
  if (!job) return null;
  const attempt = attemptOfManifest({ ...job, number: job.attemptNumber });
  const { id, host, launcher } = worker;
  logOf(context, job).info("attempt.claimed", { number: attempt.number, queue: queueId, worker: id, host, launcher });
  return manifestOf(context, job.spec, attempt, worker.launcher);
}

/** What a manifest says of its attempt. */
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

/** The log of an attempt: its lines have the id of the request that asked for the job, not of the worker's own. */
const logOf = (
  { log }: Context,
  { attemptId, jobId, correlationId }: Pick<AttemptRow, "attemptId" | "jobId" | "correlationId">,
) => log.with({ correlationId, job: jobId, attempt: attemptId });

async function manifestOf(
  { db, objects }: Context,
  spec: JobSpec,
  attempt: Manifest["attempt"],
  launcher: string,
): Promise<Manifest> {
  const launches = launcher === "ecs" ? await launchesOf(db, attempt.id) : undefined;
  return writeManifest(objects, spec, attempt, { leaseSeconds, heartbeatSeconds }, launches);
}

/** The manifest of an attempt with new signatures. Refused when the attempt no longer holds its job. */
export async function renewManifest(context: Context, queueId: string | null, attemptId: string): Promise<Manifest> {
  const attempt = await currentAttempt(context, queueId, attemptId);
  return manifestOf(context, attempt.spec, attemptOfManifest(attempt), attempt.launcher);
}

/** Keeps a launch of an attempt, and tells what is known of it. Refused when the attempt no longer holds its job. */
export async function recordLaunch(
  context: Context,
  queueId: string | null,
  attemptId: string,
  launch: Omit<Launch, "stopped">,
): Promise<Launch> {
  await currentAttempt(context, queueId, attemptId);
  return keepLaunch(context.db, attemptId, launch);
}

async function currentAttempt(context: Context, queueId: string | null, attemptId: string): Promise<AttemptRow> {
  const attempt = await attemptOf(context, queueId, attemptId);
  if (!attempt.current) throw superseded();
  return attempt;
}

/** A worker has started: what an earlier life of it still held is given back. Returns how many attempts that was. */
export async function registerWorker(
  context: Context,
  queueId: string | null,
  worker: WorkerIdentity,
): Promise<number> {
  const lost = await attemptsOfEarlierLife(context.db, queueId, worker);
  for (const attemptId of lost)
    await failAttempt(context, attemptId, {
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

/** Extends an attempt's lease and notes how it got on, oldest progress first. Refused when the attempt no longer holds its job. */
export async function heartbeat(
  context: Context,
  queueId: string | null,
  attemptId: string,
  progress: Progress[],
): Promise<{ cancel: boolean; leaseUntil: Date }> {
  const lease = await context.db.transaction().execute(async (tx) => {
    const extended = await extendLease(tx, attemptId, leaseSeconds, progress.at(-1) ?? null);
    if (!extended) return undefined;
    if (queueId !== null && extended.queueId !== queueId) throw noSuchAttempt();
    for (const one of progress) await submissionMoved(tx, extended.jobId, one, extended.host);
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
 * Takes the final report of an attempt. The first valid one of the current attempt counts; any other is kept and
 * changes nothing (false).
 */
export async function complete(
  context: Context,
  queueId: string | null,
  attemptId: string,
  report: AttemptReport,
): Promise<boolean> {
  const attempt = await attemptOf(context, queueId, attemptId);
  const accepted = attempt.current && (await accept(context, attempt, report));
  if (!accepted) await recordLateReport(context.db, attemptId, "complete", report);
  return accepted;
}

async function accept(context: Context, attempt: AttemptRow, report: AttemptReport): Promise<boolean> {
  if (report.outcome === "released" && attempt.cancelRequested)
    return transact(context, (tx) => end(tx, context, attempt, report, "cancelled"));
  if (report.outcome === "released" && outlivesWorker(attempt))
    return transact(context, (tx) => handOver(tx, context, attempt));
  if (report.outcome === "released")
    return transact(context, (tx) =>
      giveBack(tx, context, attempt, report, {
        outcome: "released",
        failure: null,
        delaySeconds: 0,
        countsAsAttempt: false,
      }),
    );
  if (report.failure && isPlatformFailure(report.failure.code))
    return failAttempt(context, attempt.attemptId, report.failure, report);
  const verdict: ScoringResult =
    report.outcome === "succeeded"
      ? await judgeRun(context, attempt, report)
      : { failure: report.failure, scores: new Map(), warnings: [] };
  return transact(context, (tx) =>
    end(tx, context, attempt, report, report.outcome === "cancelled" ? "cancelled" : verdict),
  );
}

/**
 * Ends an attempt that failed by no fault of the job: the job is given back for another try, or fails for good when it
 * has had enough of them. False when the attempt no longer held the job.
 */
export function failAttempt(
  context: Context,
  attemptId: string,
  failure: Failure,
  report: AttemptReport | null = null,
): Promise<boolean> {
  return failHeld(context, attemptId, failure, report, { onlyExpired: false });
}

/** The same for an attempt whose worker has gone silent. False as well when it has been heard of meanwhile. */
export function failExpired(context: Context, attemptId: string): Promise<boolean> {
  const failure: Failure = { code: "WORKER_LOST", message: "The worker that ran this went silent.", step: null };
  return failHeld(context, attemptId, failure, null, { onlyExpired: true });
}

async function failHeld(
  context: Context,
  attemptId: string,
  failure: Failure,
  report: AttemptReport | null,
  how: { onlyExpired: boolean },
): Promise<boolean> {
  return transact(context, async (tx) => {
    if (!(await lockJobOf(tx, attemptId, how))) return false;
    const attempt = (await findAttempt(tx, attemptId))!;
    if (attempt.cancelRequested) return end(tx, context, attempt, report, "cancelled");
    if (failure.code === "WORKER_LOST" && outlivesWorker(attempt)) return handOver(tx, context, attempt);
    const tries = attempt.number - attempt.releasedAttempts;
    // Whoever says that there is no capacity has waited for it already.
    if (tries >= maxAttempts || failure.code === "NO_CAPACITY") {
      const message = tries === 1 ? failure.message : `${failure.message} It was tried ${tries} times.`;
      return end(tx, context, attempt, report, { failure: { ...failure, message }, scores: new Map(), warnings: [] });
    }
    return giveBack(tx, context, attempt, report, {
      outcome: "failed",
      failure,
      // A worker that is gone says nothing against the next one; trouble with storage or a registry wants a pause.
      delaySeconds: failure.code === "WORKER_LOST" ? 0 : 5 * 3 ** (tries - 1),
      countsAsAttempt: true,
    });
  });
}

/** Whether an attempt goes on with another worker: its steps are tasks of a cluster. One that ends its workers does not. */
const outlivesWorker = ({ launcher, resumed }: AttemptRow): boolean => launcher === "ecs" && resumed < maxResumes;

/** In millionths of a USD. */
async function costOf(
  tx: Transaction<Database>,
  { attemptId, spec, launcher }: AttemptRow,
  report: AttemptReport,
): Promise<number> {
  if (launcher !== "ecs") return attemptCost(spec, report);
  return attemptCost(spec, report, { taskMinimum: true, spot: stepsOnSpot(await launchesOf(tx, attemptId)) });
}

async function handOver(tx: Transaction<Database>, context: Context, attempt: AttemptRow): Promise<boolean> {
  if (!(await handOverJob(tx, attempt.attemptId))) return false;
  afterCommit(tx, () => logOf(context, attempt).info("job.handed-over"));
  return true;
}

async function giveBack(
  tx: Transaction<Database>,
  context: Context,
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
  await submissionReturned(tx, attempt.jobId, how.failure);
  afterCommit(tx, () => {
    const log = logOf(context, attempt);
    log.info("attempt.ended", { outcome: how.outcome, failure: how.failure?.code });
    log.info("job.returned", { delaySeconds: how.delaySeconds });
  });
  return true;
}

async function end(
  tx: Transaction<Database>,
  context: Context,
  attempt: AttemptRow,
  report: AttemptReport | null,
  verdict: ScoringResult | "cancelled",
): Promise<boolean> {
  const failure = verdict === "cancelled" ? null : verdict.failure;
  const state = verdict === "cancelled" ? "cancelled" : failure ? "failed" : "succeeded";
  if (!(await finishJob(tx, attempt.attemptId, state, failure))) return false;
  await closeAttempt(tx, attempt.attemptId, {
    outcome: state,
    failure,
    report,
    costMicrousd: report && (await costOf(tx, attempt, report)),
  });
  const someones = await submissionEnded(tx, attempt.jobId, verdict, report);
  if (!someones && (await isUnwanted(tx, attempt.jobId)))
    await enqueueErasure(tx, context, { jobIds: [attempt.jobId], uploads: [] });
  afterCommit(tx, () => {
    const log = logOf(context, attempt);
    log.info("attempt.ended", { outcome: state, failure: failure?.code });
    if (failure && isPlatformFailure(failure.code)) log.warn("job.quarantined", { failure: failure.code });
  });
  return true;
}
