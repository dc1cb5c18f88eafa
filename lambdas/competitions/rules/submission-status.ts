import type { Progress, StepName } from "../../../contract/job.ts";

/** Spelled as clients compare them. `None` is a row of before it was submitted; nothing here makes one. */
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
 * What may follow a status. Participants see Submitting, Submitted, Running, Preparing, Scoring, Running, Finished; a
 * status may be skipped when reports come quickly, and an attempt that is given back makes its submission Submitted
 * again. Nothing follows a final status: a rerun is a submission of its own. Only a replay of what the platform failed to run
 * takes one back.
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

/** The statuses that a submission may have to become `next`: the guard of a conditional update. */
export const statusesBefore = (next: SubmissionStatus): SubmissionStatus[] =>
  submissionStatuses.filter((status) => followers[status].includes(next));

export const isFinal = (status: SubmissionStatus): status is FinalStatus => followers[status].length === 0;

/** A status with its `status_details`: on which host it happens, in the form clients cut apart. */
export interface VisibleStatus {
  status: SubmissionStatus;
  details: string;
}

/** The status of a submission whose job a worker has just claimed, and whose first step is `step`. */
export const statusOfClaim = (step: StepName, host: string): VisibleStatus => ({
  status: "Running",
  details: step === "scoring" ? `scoring_hostname-${host}` : `ingestion_hostname-${host}`,
});

/**
 * The status that an attempt's progress shows as. A prediction step is Preparing to its end, as in Codabench, and
 * scoring stays Running when it is done: Finished comes only with the scores.
 */
export function statusOfProgress({ step, stage, waiting }: Progress, host: string): VisibleStatus {
  const onHost = statusOfClaim(step, host);
  const claimed = waiting === undefined ? onHost : { ...onHost, details: waiting };
  if (step === "scoring") return claimed;
  return { ...claimed, status: stage === "done" ? "Scoring" : "Preparing" };
}

/**
 * The final status of a parent, or undefined while a child still runs (a parent is Running from when its first child
 * is). Finished if a child is, else Failed if a child is; Cancelled when all are.
 */
export function parentStatus(children: readonly SubmissionStatus[]): FinalStatus | undefined {
  if (children.length === 0 || !children.every(isFinal)) return undefined;
  return (["Finished", "Failed"] as const).find((status) => children.includes(status)) ?? "Cancelled";
}
