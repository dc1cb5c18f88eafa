import type { LauncherCapabilities, Manifest, Progress, Step, SignedObject, StepReport } from "../contract/job.ts";
import type { StepFailure } from "./failure.ts";
import type { Log } from "./log.ts";
import type { Signatures } from "./signatures.ts";

/** What one attempt gives to whoever runs its steps. */
export interface AttemptContext {
  manifest: Manifest;
  /** Those of the manifest, which the attempt may outlive, and the newest since. */
  signatures: Signatures;
  /** A path of this attempt's own that does not exist yet. */
  folder: string;
  /** Stops the containers, and whatever goes before them. */
  stop: AbortSignal;
  /** Stops uploads as well: nothing of this attempt is wanted any more. */
  abandon: AbortSignal;
  onProgress: (progress: Progress) => void;
  log: Log;
}

export interface StepResult {
  /** What went wrong up to the packed output; null also when the step was interrupted. */
  failure: StepFailure | null;
  /** The report, and what went wrong with uploads, once they have ended. Does not reject. */
  settled: Promise<{ report: StepReport; failure: StepFailure | null }>;
}

/** The steps of one attempt, run in their order. */
export interface AttemptSteps {
  /** Runs a step of the manifest; its uploads may go on after it returns. Does not throw. */
  run(step: Step<SignedObject>): Promise<StepResult>;
  /** Removes what the steps left. Does not throw. Called once, when nothing runs any more. */
  cleanUp(): Promise<void>;
}

/**
 * How a worker runs steps: in containers of its own machine, through a `Launcher`, or as tasks of a cluster. This is the
 * only difference between workers.
 */
export interface StepRunner {
  readonly kind: string;
  readonly capabilities: LauncherCapabilities;
  /** Removes what an earlier life of this worker left running. Returns how many containers that was. */
  removeLeftovers(): Promise<number>;
  begin(attempt: AttemptContext): AttemptSteps;
}
