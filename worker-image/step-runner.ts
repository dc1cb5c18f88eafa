import type {
  AskedQuestion,
  LauncherCapabilities,
  Manifest,
  Progress,
  Step,
  SignedObject,
  StepReport,
} from "../contract/job.ts";
import type { StepFailure } from "./failure.ts";
import type { Log } from "./log.ts";
import type { Signatures } from "./signatures.ts";

/** What a step runner needs to know about an attempt. */
export interface AttemptContext {
  manifest: Manifest;
  /** Renewed signatures, because those of the manifest may expire during the attempt. */
  signatures: Signatures;
  /** Path of this attempt's folder, which does not exist yet. */
  folder: string;
  /** Stops everything but the upload of logs, which then has little time left. */
  stop: AbortSignal;
  /** Ends the program of the step that runs, with the failure that is its reason. Its output is kept. */
  ending: AbortSignal;
  /** Stops the upload of logs too, because nothing of the attempt is needed any more. */
  abandon: AbortSignal;
  onProgress: (progress: Progress) => void;
  log: Log;
}

export interface StepResult {
  /** A failure before or while packing the output; null on success and when the step was interrupted. */
  failure: StepFailure | null;
  /** The report, and a failure of uploads, after all uploads have ended. Does not reject. */
  settled: Promise<{ report: StepReport; failure: StepFailure | null }>;
}

/** Runs the steps of one attempt in order. */
export interface AttemptSteps {
  /** Runs a step of the manifest. Uploads may continue after it returns. Does not throw. */
  run(step: Step<SignedObject>): Promise<StepResult>;
  /** Uploads the answer to a question. Does nothing if its step does not run, or answers no questions. */
  answer(question: AskedQuestion): Promise<void>;
  /** Removes containers and files. Does not throw. Called once, after the last step. */
  cleanUp(): Promise<void>;
}

/**
 * How a worker runs steps: in containers on its own machine through a `Launcher`, or as ECS tasks. Workers differ in
 * nothing else.
 */
export interface StepRunner {
  readonly kind: string;
  readonly capabilities: LauncherCapabilities;
  /** Removes containers that this worker left running before it was restarted. Returns their number. */
  removeLeftovers(): Promise<number>;
  begin(attempt: AttemptContext): AttemptSteps;
  /**
   * Runs a program that does nothing, as a step does. Throws when that fails. `name` is that of its folder. Null for
   * workers that run no programs on their own machine.
   */
  readonly trial: ((name: string) => Promise<void>) | null;
}
