import { offeredProfiles } from "../../jobs/db/capacity-profiles.ts";
import { queueForJobs } from "../../jobs/db/served-queues.ts";
import { findOpenJob } from "../../jobs/service/open-job.ts";
import { jobsOfSubmission, queueOfSubmission } from "../db/submission-jobs.ts";
import type { SubmissionRow } from "../db/submissions.ts";
import { nextMonth } from "../../jobs/rules/budget.ts";
import { isServedByPlatform, profileBarrier } from "../../jobs/rules/capacity.ts";
import { isFinal } from "../rules/submission-status.ts";
import { askAgainSeconds, waitingFor, waitingForOrganizer } from "../rules/waiting.ts";
import type { Context } from "../../kernel/context.ts";

export interface Waiting {
  /** Position in the queue, from 1. Null if it is not queued. */
  position: number | null;
  for: string | null;
  /** In how many seconds it is worth asking again; null if its status may change at any moment, or never. */
  askAgainSeconds: number | null;
}

const notWaiting: Waiting = { position: null, for: null, askAgainSeconds: null };

/** Describes why a submission waits. For a parent, it describes the child that is first in the queue. */
export async function waitingReason({ db, environment, now }: Context, submission: SubmissionRow): Promise<Waiting> {
  if (isFinal(submission.status)) return notWaiting;
  if (submission.status === "Submitting") {
    const { accepts_jobs } = await queueForJobs(db, await queueOfSubmission(db, submission.id));
    return { position: null, for: waitingForOrganizer(accepts_jobs), askAgainSeconds: askAgainSeconds(null) };
  }
  const job = await findOpenJob(db, await jobsOfSubmission(db, submission.id));
  if (!job) return notWaiting;
  const barrier = profileBarrier(job, job.chooser, await offeredProfiles(db));
  const reason = waitingFor({
    ...job,
    budgetsBegin: nextMonth(now()),
    barrier,
    workersAreStarted: environment.SCALING_QUEUE !== undefined && isServedByPlatform(job),
  });
  const isDecidedByOthers = !job.isRunning && (barrier !== null || job.stoppedBy !== null);
  const mayChange = job.position === null && !isDecidedByOthers;
  return {
    position: job.position,
    for: reason,
    askAgainSeconds: mayChange ? null : askAgainSeconds(isDecidedByOthers ? null : job.position),
  };
}
