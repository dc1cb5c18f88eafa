import type { AttemptReport, Manifest, Progress } from "../contract/job.ts";
import { Interrupted } from "./failure.ts";
import type { Interruption } from "./failure.ts";
import type { Log } from "./log.ts";
import { Signatures, usualRenewalMs } from "./signatures.ts";
import type { AttemptSteps, StepResult, StepRunner } from "./step-runner.ts";

/** Characters of a failure's message; commands and engines' answers in it can be long. */
const maxMessageLength = 2_000;

export interface AttemptOptions {
  manifest: Manifest;
  /** Gives the manifest with new signatures. */
  renew: () => Promise<Manifest>;
  renewalMs?: number;
  /** A path of this attempt's own that does not exist yet. */
  folder: string;
  runner: StepRunner;
  onProgress: (progress: Progress) => void;
  log: Log;
}

/** One try at a job, from its manifest to its report. */
export class Attempt {
  readonly #options: AttemptOptions;
  /** Stops the containers and what goes before them. */
  readonly #stop = new AbortController();
  /** Stops uploads as well. */
  readonly #abandon = new AbortController();
  readonly #signatures: Signatures;
  readonly #steps: AttemptSteps;
  readonly #results: StepResult[] = [];
  #interruption: Interruption | null = null;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.#signatures = new Signatures({ ...options, renewalMs: options.renewalMs ?? usualRenewalMs });
    this.#steps = options.runner.begin({
      ...options,
      signatures: this.#signatures,
      stop: this.#stop.signal,
      abandon: this.#abandon.signal,
    });
  }

  /** Kills what runs. A cancelled attempt still uploads what it has; the other two leave at once. */
  interrupt(why: Interruption): void {
    // One that was only cancelled can still be taken away.
    if (this.#interruption !== null && this.#interruption !== "cancelled") return;
    this.#interruption = why;
    const reason = new Interrupted(why);
    this.#stop.abort(reason);
    if (why !== "cancelled") this.#abandon.abort(reason);
  }

  /** Runs the steps. The report is null when the attempt was superseded: then nothing may be reported. */
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
    if (this.#interruption === "superseded") return null;
    if (this.#interruption !== null) return { outcome: this.#interruption, failure: null, steps };
    const failures = [...this.#results, ...settled].map(({ failure }) => failure);
    const index = failures.findIndex((failure) => failure !== null);
    const failure = failures[index] ?? null;
    if (failure === null) return { outcome: "succeeded", failure: null, steps };
    const step = steps[index % steps.length]?.name ?? null;
    this.#options.log.info("attempt.failed", { failure: failure.code, failedStep: step, error: failure.cause });
    return {
      outcome: "failed",
      failure: { code: failure.code, message: failure.message.slice(0, maxMessageLength), step },
      steps,
    };
  }

  /** Removes containers and files. Does not throw. Call it when the report is in: nobody should wait for this. */
  cleanUp(): Promise<void> {
    this.#signatures.close();
    return this.#steps.cleanUp();
  }
}
