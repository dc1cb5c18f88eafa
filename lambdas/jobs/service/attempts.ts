/** The life of an attempt at a job, from the claim by a worker to its end. */
import { recordStages } from "../db/attempts.ts";
import { claimJob } from "../db/claims.ts";
import {
  attemptsOfEarlierLife,
  countUnwellReturns,
  extendLease,
  findAttempt,
  lockJobOf,
  type AttemptRow,
} from "../db/jobs.ts";
import { recordLateReport } from "../db/late-reports.ts";
import { keepLaunch, launchesOf } from "../db/launches.ts";
import { lostAttempts, noteSwept } from "../db/reachability.ts";
import { hasOtherSuspects } from "../db/suspects.ts";
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
import { reportOf } from "../rules/step-report.ts";
import { keepable } from "../../../contract/keepable.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { keepFiles } from "./keep-files.ts";
import { writeManifest } from "./manifest.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { runtimeProfilesOf } from "./capacity-requests.ts";
import { end, giveBack, handOver, logOf } from "./endings.ts";
import { ownerOf, type JobEnd, type JobOwners } from "./job-owner.ts";

/** A worker that sends no heartbeat for this long loses its attempt. */
const leaseSeconds = 45;
const heartbeatSeconds = 10;
/** How long no worker may be heard before leases end all the same. Workers send their reports again for as long. */
const silentSeconds = 300;
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

async function manifestOf(
  { db, objects }: Context,
  spec: JobSpec,
  attempt: Manifest["attempt"],
  outlivesWorker: boolean,
): Promise<Manifest> {
  const tasks = outlivesWorker
    ? { launches: await launchesOf(db, attempt.id), profiles: await runtimeProfilesOf(db, spec) }
    : undefined;
  return writeManifest(objects, spec, attempt, { leaseSeconds, heartbeatSeconds }, tasks);
}

/** The manifest of an attempt with new signatures. Refused if the attempt no longer holds its job. */
export async function renewManifest(context: Context, queueId: string | null, attemptId: string): Promise<Manifest> {
  const attempt = await currentAttempt(context, queueId, attemptId);
  return manifestOf(context, attempt.spec, attemptOfManifest(attempt), attempt.outlivesWorker);
}

/** Stores a launch of an attempt and returns the stored launch. Refused unless the attempt holds its job and runs tasks. */
export async function recordLaunch(
  context: Context,
  queueId: string | null,
  attemptId: string,
  launch: Omit<Launch, "stopped">,
): Promise<Launch> {
  const { spec, outlivesWorker } = await currentAttempt(context, queueId, attemptId);
  if (!outlivesWorker || !spec.steps.some(({ name }) => name === launch.step))
    throw new Refusal("invalid", "NO_SUCH_LAUNCH", "This attempt runs no step of this name as a task.");
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
  const lease = await transact(context, async (tx) => {
    const extended = await extendLease(tx, attemptId, leaseSeconds, progress.at(-1) ?? null);
    if (!extended) return undefined;
    if (queueId !== null && extended.queueId !== queueId) throw noSuchAttempt();
    const owner = ownerOf(owners, extended.kind);
    await recordStages(tx, attemptId, progress);
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
  const accepted = attempt.current && (await accept(context, owners, attempt, reportOf(attempt.spec, report)));
  if (!accepted) await recordLateReport(context.db, attemptId, "complete", report);
  return accepted;
}

async function accept(
  context: Context,
  owners: JobOwners,
  attempt: AttemptRow,
  report: AttemptReport,
): Promise<boolean> {
  if (report.outcome === "released" && attempt.mustNotRunAgain) {
    await keepFiles(context, attempt);
    return transact(context, (tx) => end(tx, context, owners, attempt, report, { state: "cancelled" }));
  }
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
        becomesSuspect: false,
      }),
    );
  }
  const files = await keepFiles(context, attempt);
  if (report.failure && isPlatformFailure(report.failure.code))
    return failAttempt(context, owners, attempt.attemptId, report.failure, report);
  const jobEnd = await endOf(context, owners, { ...attempt, files }, report);
  if (jobEnd.state === "failed" && isPlatformFailure(jobEnd.failure.code))
    return failAttempt(context, owners, attempt.attemptId, jobEnd.failure, report);
  return transact(context, (tx) => end(tx, context, owners, attempt, report, jobEnd));
}

/** Why a worker that can run no programs gave a job back; null if it did so for another reason. */
const unwellness = ({ unwell }: AttemptReport): Failure | null =>
  unwell === undefined ? null : { code: "WORKER_ERROR", message: unwell, step: null };

/** How a job ends after a report. If the attempt succeeded, the job's owner decides, and may blame the platform. */
async function endOf(
  context: Context,
  owners: JobOwners,
  attempt: AttemptRow & { files: string },
  report: AttemptReport,
): Promise<JobEnd> {
  if (report.outcome === "cancelled") return { state: "cancelled" };
  if (report.failure) return { state: "failed", failure: report.failure };
  const judged = await ownerOf(owners, attempt.kind).judge(
    { ...context, log: logOf(context, attempt) },
    attempt,
    report,
  );
  // The owner's words may repeat what a program wrote.
  return judged.state === "failed" ? { ...judged, failure: keepable(judged.failure) } : judged;
}

/**
 * Ends an attempt that failed because of the platform. The job is retried, or fails if it has used all its tries. If a
 * worker died and something else than the attempt may be why, that is no try. The job is retried alone on a worker. Returns false if the attempt no longer held the job.
 */
export function failAttempt(
  context: Context,
  owners: JobOwners,
  attemptId: string,
  failure: JobFailure,
  report: AttemptReport | null = null,
): Promise<boolean> {
  return failHeld(context, owners, attemptId, failure, report, { onlyExpired: false });
}

/** Attempts whose worker is lost, at most `limit` of them. The sweeper calls this, which shows that it still runs. */
export async function findLost({ db }: Context, limit: number): Promise<string[]> {
  await noteSwept(db);
  return lostAttempts(db, { leaseSeconds, silentSeconds }, limit);
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
  failure: JobFailure,
  report: AttemptReport | null,
  how: { onlyExpired: boolean },
): Promise<boolean> {
  return transact(context, async (tx) => {
    if (!(await lockJobOf(tx, attemptId, how))) return false;
    const attempt = (await findAttempt(tx, attemptId))!;
    if (attempt.mustNotRunAgain) return end(tx, context, owners, attempt, report, { state: "cancelled" });
    if (failure.code === "WORKER_LOST" && isContinued(attempt)) return handOver(tx, context, attempt);
    // A worker that died tells nobody, so it has sent no report.
    const workerDied = failure.code === "WORKER_LOST" && !report && !attempt.outlivesWorker;
    const isCharged = !workerDied || attempt.suspect || !(await hasOtherSuspects(tx, attemptId));
    const tries = attempt.number - attempt.releasedAttempts;
    // A worker that reports NO_CAPACITY has already waited for capacity.
    if (isCharged && (tries >= maxAttempts || failure.code === "NO_CAPACITY")) {
      const message = tries === 1 ? failure.message : `${failure.message} It was tried ${tries} times.`;
      return end(tx, context, owners, attempt, report, { state: "failed", failure: { ...failure, message } });
    }
    return giveBack(tx, context, owners, attempt, report, {
      outcome: "failed",
      failure,
      // After a lost worker, another can start immediately. Problems of storage or a registry need time.
      delaySeconds: failure.code === "WORKER_LOST" ? 0 : 5 * 3 ** (tries - 1),
      countsAsAttempt: isCharged,
      becomesSuspect: workerDied,
    });
  });
}

/** Whether another worker continues an attempt. There is a limit, because an attempt may crash its workers. */
const isContinued = ({ outlivesWorker, resumed }: AttemptRow): boolean => outlivesWorker && resumed < maxResumes;
