import type { FailureCode, Progress, SignedObject, Step, StepReport, UploadPolicy } from "../../contract/job.ts";

/**
 * What a worker and the `supervise` of a task tell each other, as objects of the attempt (`artifacts`): a task has no
 * other way out than the object store.
 */

/** Worker to task: what to run. Written before the task is started. */
export interface TaskOrder {
  version: 1;
  attempt: string;
  step: Step<SignedObject>;
  upload: UploadPolicy;
  /** Signed GET of the `TaskRenewal`. */
  renewalUrl: string;
  /** How often to look for one. */
  renewalLookMs: number;
}

/** Worker to task: signatures for those that are about to end. */
export interface TaskRenewal {
  upload: UploadPolicy;
  /** Where to look for the next renewal. */
  renewalUrl: string;
}

/** Task to worker: how far it is, and at its end what became of it. */
export interface TaskState {
  launch: number;
  stage: Progress["stage"];
  result: TaskResult | null;
}

export interface TaskResult {
  report: StepReport;
  failure: { code: FailureCode; message: string } | null;
  /** The task was told to stop before the step had ended. */
  interrupted: boolean;
}

/** Variable of both our containers in a task: the request that asked for the job. */
export const correlationVariable = "BENCHSTACK_CORRELATION_ID";

/** Variables of the container `supervise`. */
export const superviseVariables = { order: "BENCHSTACK_ORDER_URL", launch: "BENCHSTACK_LAUNCH" };
