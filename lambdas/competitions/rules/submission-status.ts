import type { AttemptReport, JobFailure, Progress, StepName } from "../../../contract/job.ts";

/**
 * Spelled as clients compare them. `None` exists for rows that were never submitted; this platform does not create
 * them.
 */
export const submissionStatuses = [
  "None",
  "Submitting",
  "Submitted",
  "Preparing",
  "Running",
  "Scoring",
  "Cancelled",
  "Finished",
  "Failed",
] as const;
export type SubmissionStatus = (typeof submissionStatuses)[number];
export type FinalStatus = "Finished" | "Failed" | "Cancelled";

/**
 * Which statuses may follow a status. Participants see Submitting, Submitted, Running, Preparing, Scoring, Running,
 * Finished. A status may be skipped if reports arrive quickly. If an attempt is given back, its submission is Submitted
 * again. Nothing follows a final status, because a rerun is a new submission. The only exception is a replay, after the
 * platform failed to run the submission.
 */
const followers: Record<SubmissionStatus, readonly SubmissionStatus[]> = {
  None: ["Submitting"],
  Submitting: ["Submitted", "Running", "Finished", "Failed", "Cancelled"],
  Submitted: ["Running", "Preparing", "Scoring", "Finished", "Failed", "Cancelled"],
  Running: ["Submitted", "Preparing", "Scoring", "Finished", "Failed", "Cancelled"],
  Preparing: ["Submitted", "Scoring", "Running", "Finished", "Failed", "Cancelled"],
  Scoring: ["Submitted", "Running", "Finished", "Failed", "Cancelled"],
  Cancelled: [],
  Finished: [],
  Failed: [],
};

/** The statuses from which a submission may change to `next`. Used as the guard of conditional updates. */
export const statusesBefore = (next: SubmissionStatus): SubmissionStatus[] =>
  submissionStatuses.filter((status) => followers[status].includes(next));

export const isFinal = (status: SubmissionStatus): status is FinalStatus => followers[status].length === 0;

/** A status with its `status_details`, which contain the host name in the form that clients parse. */
export interface VisibleStatus {
  status: SubmissionStatus;
  details: string;
}

/** The status of a submission whose job a worker has just claimed. `step` is the job's first step. */
export const statusOfClaim = (step: StepName, host: string): VisibleStatus => ({
  status: "Running",
  details: step === "scoring" ? `scoring_hostname-${host}` : `ingestion_hostname-${host}`,
});

/**
 * The status that shows an attempt's progress. As in Codabench, a prediction step is Preparing until it ends. Scoring
 * stays Running when it ends, because a submission is Finished only with its scores.
 */
export function statusOfProgress({ step, stage, waiting }: Progress, host: string): VisibleStatus {
  const onHost = statusOfClaim(step, host);
  const claimed = waiting === undefined ? onHost : { ...onHost, details: waiting };
  if (step === "scoring") return claimed;
  return { ...claimed, status: stage === "done" ? "Scoring" : "Preparing" };
}

/**
 * The final status of a parent, or undefined while a child still runs. Finished if any child is, otherwise Failed if
 * any child is, otherwise Cancelled.
 */
export function parentStatus(children: readonly SubmissionStatus[]): FinalStatus | undefined {
  if (children.length === 0 || !children.every(isFinal)) return undefined;
  return (["Finished", "Failed"] as const).find((status) => children.includes(status)) ?? "Cancelled";
}

/** Codes of failures that an earlier failure of another program can cause. */
const consequences = new Set(["PROGRAM_EXIT", "TIME_LIMIT", "OUT_OF_MEMORY", "NO_SCORES", "BAD_SCORES"]);

/**
 * Why a run has failed. The first program that failed is named first: scoring also runs after the submission or the
 * ingestion program has failed, and then fails for want of their output.
 */
export function runFailure(failure: JobFailure, report: AttemptReport | null): string {
  const first = firstFailed(report);
  if (!first || !consequences.has(failure.code)) return failure.message;
  const isNamed = first.step === failure.step && (first.name === "program" || first.outOfMemory);
  if (isNamed) return failure.message;
  const who =
    first.name === "ingestion" ? `The ingestion program of the ${first.step} step` : "The submission's program";
  const how = first.outOfMemory ? "used too much memory" : `exited with code ${first.exitCode}`;
  return `${who} failed first: it ${how}. Then: ${failure.message}`;
}

/** How the containers of an attempt ended, the first that ended first. */
const endsOf = (report: AttemptReport | null) =>
  (report?.steps ?? []).flatMap(({ name: step, containers }) =>
    // The containers of a step start at the same time.
    containers
      .toSorted((a, b) => a.elapsedSeconds - b.elapsedSeconds)
      .map((end) => ({ step, ...end }))
      .filter(({ ran }) => ran),
  );

const firstFailed = (report: AttemptReport | null) =>
  endsOf(report).find(({ exitCode, outOfMemory }) => outOfMemory || (exitCode ?? 0) !== 0);

/**
 * The container whose output says why a run has failed, and its stream: the first that failed, or else the program of the step
 * that failed. Undefined if no container ran.
 */
export function tellingContainer(failure: Pick<JobFailure, "step">, report: AttemptReport | null) {
  const ofStep = endsOf(report).filter(({ step }) => step === failure.step);
  const container = firstFailed(report) ?? ofStep.find(({ name }) => name === "program") ?? ofStep[0];
  if (!container) return undefined;
  const stream = (["stderr", "stdout"] as const).find((name) => container.logs[name].bytes > 0) ?? null;
  return { step: container.step, container: container.name, exitCode: container.exitCode, stream };
}

/** A child of a parent, with the reason if it has failed. */
export interface ChildEnd {
  status: SubmissionStatus;
  details: string | null;
  failureCode: string | null;
  /** The name of its task. */
  task: string | null;
}

/** How many reasons a parent names. */
const maxReasons = 5;

/** Why a parent has failed: the reasons of its children, each named once. */
export function parentFailure(children: readonly ChildEnd[]): { details: string; failureCode: string | null } {
  const failed = children.filter(({ status }) => status === "Failed");
  const reasons = Map.groupBy(failed, ({ details }) => details ?? "The run failed.");
  const named = [...reasons].slice(0, maxReasons).map(([reason, alike]) => {
    if (alike.length === children.length) return `All tasks failed: ${reason}`;
    return `${alike.map(({ task }) => `"${task}"`).join(" and ")} failed: ${reason}`;
  });
  const more = reasons.size > maxReasons ? [`${reasons.size - maxReasons} more reasons are shown with the tasks.`] : [];
  return { details: [...named, ...more].join(" "), failureCode: failed[0]?.failureCode ?? null };
}
