import type { AskedQuestion, AttemptReport, Manifest, Progress } from "../contract/job.ts";
import { HostFault, Interrupted, StepFailure, unlessAborted } from "./failure.ts";
import type { Interruption } from "./failure.ts";
import type { Log } from "./log.ts";
import { Signatures, defaultRenewalMs } from "./signatures.ts";
import type { AttemptSteps, StepResult, StepRunner } from "./step-runner.ts";

export interface AttemptOptions {
  manifest: Manifest;
  /** Returns the manifest with new signatures. */
  renew: () => Promise<Manifest>;
  renewalMs?: number;
  /** Path of this attempt's folder, which does not exist yet. */
  folder: string;
  runner: StepRunner;
  /**
   * Examines the machine after a fault of it. Returns why the job should be given back, as a sentence; null if the attempt
   * has failed. Without it, every fault fails the attempt.
   */
  examine?: (fault: HostFault) => Promise<string | null>;
  onProgress: (progress: Progress) => void;
  log: Log;
}

/** Runs one attempt of a job, from its manifest to its report. */
export class Attempt {
  readonly #options: AttemptOptions;
  /** Stops everything but the upload of logs. */
  readonly #stop = new AbortController();
  /** Stops the upload of logs too. */
  readonly #abandon = new AbortController();
  /** Ends the program. Its output is kept. */
  readonly #ending = new AbortController();
  readonly #signatures: Signatures;
  readonly #steps: AttemptSteps;
  readonly #results: StepResult[] = [];
  #interruption: Interruption | null = null;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.#signatures = new Signatures({ ...options, renewalMs: options.renewalMs ?? defaultRenewalMs });
    this.#steps = options.runner.begin({
      ...options,
      signatures: this.#signatures,
      stop: this.#stop.signal,
      ending: this.#ending.signal,
      abandon: this.#abandon.signal,
    });
  }

  /**
   * Stops the attempt, whatever it does. A cancelled one still uploads its logs; a superseded or released one does not.
   */
  interrupt(why: Interruption): void {
    // A cancelled attempt can still be superseded or released.
    if (this.#interruption !== null && this.#interruption !== "cancelled") return;
    this.#interruption = why;
    const reason = new Interrupted(why);
    this.#stop.abort(reason);
    if (why !== "cancelled") this.#abandon.abort(reason);
  }

  /** Ends the program with a sentence for the job's owner. Unlike an interruption, it keeps what the program wrote. */
  end(message: string): void {
    if (!this.#ending.signal.aborted) this.#ending.abort(new StepFailure("ENDED", message));
  }

  /** Answers a question about the step that runs, if it does. Whoever asked waits for an object, and asks again without. */
  answer(question: AskedQuestion): void {
    this.#steps.answer(question).catch((error: unknown) => this.#options.log.warn("question.unanswered", { error }));
  }

  /** Runs the steps. Returns null when the attempt was superseded, because then nothing may be reported. */
  async run(): Promise<AttemptReport | null> {
    for (const step of this.#options.manifest.job.steps) {
      const result = await this.#steps.run(step);
      this.#results.push(result);
      if (result.failure !== null || this.#interruption !== null) break;
    }
    return this.#report();
  }

  async #report(): Promise<AttemptReport | null> {
    const settled = await Promise.all(this.#results.map((result) => result.settled));
    const steps = settled.map(({ report }) => report);
    const failures = [...this.#results, ...settled].map(({ failure }) => failure);
    const index = failures.findIndex((failure) => failure !== null);
    const failure = failures[index] ?? null;
    const unwell = failure instanceof HostFault ? await this.#examined(failure) : null;
    if (this.#interruption === "superseded") return null;
    if (this.#interruption !== null) return { outcome: this.#interruption, failure: null, steps };
    if (typeof unwell === "string") return { outcome: "released", failure: null, unwell, steps };
    if (failure === null) return { outcome: "succeeded", failure: null, steps };
    const step = steps[index % steps.length]?.name ?? null;
    this.#options.log.info("attempt.failed", { failure: failure.code, failedStep: step, error: failure.cause });
    return {
      outcome: "failed",
      failure: { code: failure.code, message: failure.message, step },
      steps,
    };
  }

  /** The same as `examine`; null when the attempt is stopped meanwhile. The machine is examined all the same. */
  async #examined(fault: HostFault): Promise<string | null> {
    const examined = Promise.resolve(this.#options.examine?.(fault) ?? null);
    return unlessAborted(examined, this.#stop.signal).catch((error: unknown) => {
      if (error instanceof Interrupted) return null;
      throw error;
    });
  }

  /**
   * Removes containers and files. Does not throw. Call it after the report, so that the report does not wait for it.
   */
  cleanUp(): Promise<void> {
    this.#signatures.close();
    return this.#steps.cleanUp();
  }
}
