/** How an attempt lets go of its job: the job ends, is ready again, or is handed to another worker. */
import { offeredProfiles } from "../db/capacity-profiles.ts";
import { closeAttempt, finishJob, handOverJob, returnJob, type AttemptCost, type AttemptRow } from "../db/jobs.ts";
import { launchesOf } from "../db/launches.ts";
import { deleteOriginalsLater } from "../db/kept-files.ts";
import { eraseLater } from "../db/lost-attempts.ts";
import { isUnwanted } from "../db/stop-jobs.ts";
import { billTime } from "../db/host-time.ts";
import { addSpending } from "../db/spending.ts";
import { billedTime, billing, costLines, notionalLines, sumOf } from "../rules/cost.ts";
import { isPlatformFailure, type AttemptReport, type JobFailure, type Launch } from "../../../contract/job.ts";
import { afterCommit, type Context } from "../../kernel/context.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { enqueueErasure } from "./erase.ts";
import { ownerOf, type JobEnd, type JobOwners } from "./job-owner.ts";
import { maxWriteSeconds } from "./manifest.ts";

/** The release before knows only the originals of kept files. They stay for as long as somebody may put it back. */
const originalsSeconds = 7 * 24 * 3600;

/** The log of an attempt. Its lines have the id of the request that created the job, not of the worker's request. */
export const logOf = (
  { log }: Context,
  { attemptId, jobId, correlationId }: Pick<AttemptRow, "attemptId" | "jobId" | "correlationId">,
) => log.with({ correlationId, job: jobId, attempt: attemptId });

/** What an attempt with some launches cost, and who pays. */
async function costOf(
  tx: Tx,
  { environment }: Context,
  { spec, outlivesWorker, isServedByPlatform }: AttemptRow,
  report: AttemptReport,
  launches: Launch[],
): Promise<AttemptCost> {
  const region = environment.AWS_REGION;
  return {
    lines: outlivesWorker
      ? costLines(report, billing(spec, launches, await offeredProfiles(tx)), region)
      : notionalLines(spec, report, region),
    paidBy: isServedByPlatform ? "platform" : "owner of the queue",
  };
}

/** Closes an attempt and adds its cost to what was spent. */
async function close(
  tx: Tx,
  context: Context,
  attempt: AttemptRow,
  end: { outcome: string; failure: JobFailure | null; report: AttemptReport | null },
): Promise<void> {
  const launches = attempt.outlivesWorker ? await launchesOf(tx, attempt.attemptId) : [];
  const cost = end.report && (await costOf(tx, context, attempt, end.report, launches));
  await closeAttempt(tx, attempt.attemptId, { ...end, cost });
  if (cost?.paidBy !== "platform") return;
  await billTime(tx, billedTime(cost.lines, launches));
  await addSpending(tx, attempt.jobId, sumOf(cost.lines) ?? 0);
}

/** Leaves the attempt to the next worker. Returns false if it no longer held the job, as all functions here. */
export async function handOver(tx: Tx, context: Context, attempt: AttemptRow): Promise<boolean> {
  if (!(await handOverJob(tx, attempt.attemptId))) return false;
  afterCommit(tx, () => logOf(context, attempt).info("job.handed-over"));
  return true;
}

/** How a job is returned. */
export interface Return {
  outcome: string;
  failure: JobFailure | null;
  delaySeconds: number;
  countsAsAttempt: boolean;
  /** Whether the job runs alone from now on. */
  becomesSuspect: boolean;
}

/** Makes the job ready for another attempt. */
export async function giveBack(
  tx: Tx,
  context: Context,
  owners: JobOwners,
  attempt: AttemptRow,
  report: AttemptReport | null,
  how: Return,
): Promise<boolean> {
  if (!(await returnJob(tx, attempt.attemptId, how))) return false;
  await close(tx, context, attempt, { outcome: how.outcome, failure: how.failure, report });
  await eraseLater(tx, attempt.jobId, maxWriteSeconds);
  await ownerOf(owners, attempt.kind).returned(tx, attempt.jobId, how.failure);
  afterCommit(tx, () => {
    const log = logOf(context, attempt);
    log.info("attempt.ended", { outcome: how.outcome, failure: how.failure?.code });
    log.info("job.returned", { delaySeconds: how.delaySeconds });
  });
  return true;
}

/** Ends the job, and tells its owner. */
export async function end(
  tx: Tx,
  context: Context,
  owners: JobOwners,
  attempt: AttemptRow,
  report: AttemptReport | null,
  jobEnd: JobEnd,
): Promise<boolean> {
  const failure: JobFailure | null = jobEnd.state === "failed" ? jobEnd.failure : null;
  if (!(await finishJob(tx, attempt.attemptId, jobEnd.state, failure))) return false;
  await close(tx, context, attempt, { outcome: jobEnd.state, failure, report });
  await deleteOriginalsLater(tx, attempt, maxWriteSeconds + originalsSeconds);
  const isStillOwned = await ownerOf(owners, attempt.kind).ended(tx, attempt.jobId, jobEnd, report, context);
  if (!isStillOwned && (await isUnwanted(tx, attempt.jobId)))
    await enqueueErasure(tx, context, { jobIds: [attempt.jobId], uploads: [] });
  afterCommit(tx, () => {
    const log = logOf(context, attempt);
    log.info("attempt.ended", { outcome: jobEnd.state, failure: failure?.code });
    if (failure && isPlatformFailure(failure.code)) log.warn("job.quarantined", { failure: failure.code });
  });
  return true;
}
