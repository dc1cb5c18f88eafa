/**
 * The messages between a worker and the container `supervise` of an ECS task. They are objects of the attempt
 * (`artifacts`), because an ECS task reaches nothing but the object store.
 */
import type {
  AskedQuestion,
  FailureCode,
  Progress,
  SignedObject,
  Step,
  StepReport,
  UploadPolicy,
} from "../../contract/job.ts";

/** From worker to ECS task: what to run. Written before the ECS task starts. */
export interface EcsTaskOrder {
  version: 1;
  attempt: string;
  step: Step<SignedObject>;
  upload: UploadPolicy;
  /** The signed URL of the `EcsTaskRenewal`. */
  renewalUrl: string;
  /** The pause between two looks for a renewal. */
  renewalLookMs: number;
  /** The signed URL of the `EcsTaskMessages`. */
  messagesUrl?: string | undefined;
}

/** From worker to ECS task: new signatures, before the old ones expire. */
export interface EcsTaskRenewal {
  upload: UploadPolicy;
  /** The signed URL of the next renewal. */
  renewalUrl: string;
  messagesUrl?: string | undefined;
}

/** From worker to ECS task, while its step runs: the latest questions, oldest first, and whether to end the program. */
export interface EcsTaskMessages {
  questions: AskedQuestion[];
  /** A sentence for the job's owner; null unless the program is to end. */
  ending: string | null;
}

/** From ECS task to worker: its progress, and at the end its result. */
export interface EcsTaskState {
  launch: number;
  stage: Progress["stage"];
  result: EcsTaskResult | null;
}

export interface EcsTaskResult {
  report: StepReport;
  failure: { code: FailureCode; message: string } | null;
  /** Whether the container of a program was never started. Only ECS knows whose fault that is. */
  neverStarted?: boolean | undefined;
  /** Whether ECS stopped the ECS task before the step had ended. */
  interrupted: boolean;
}

/** The environment variable of both our containers in an ECS task: the id of the request that asked for the job. */
export const correlationVariable = "BENCHSTACK_CORRELATION_ID";

/** The environment variable of the wrapper for the folder in which it starts the program, where the engine cannot set it. */
export const folderVariable = "BENCHSTACK_FOLDER";

/** The environment variables of the container `supervise`. */
export const superviseVariables = { order: "BENCHSTACK_ORDER_URL", launch: "BENCHSTACK_LAUNCH" };
