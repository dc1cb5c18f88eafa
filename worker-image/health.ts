import { setTimeout as pause } from "node:timers/promises";
import { asStepFailure, HostFault, unlessAborted } from "./failure.ts";
import type { Log } from "./log.ts";
import type { StepRunner } from "./step-runner.ts";

/** Faults of the machine in a row after which a worker rests, even though it can run a program that does nothing. */
const maxFaults = 3;
/** A trial takes about a second. One that takes longer than this has failed. */
const maxTrialMs = 60_000;

/** Pauses in milliseconds. */
export interface HealthPauses {
  /** After the first trial that failed. It doubles after each further one. */
  firstTrial: number;
  maxTrial: number;
  /** After `maxFaults`, before the next attempt. */
  rest: number;
}
const usualPauses: HealthPauses = { firstTrial: 5_000, maxTrial: 60_000, rest: 60_000 };

export interface HealthOptions {
  /** Runs a program that does nothing. Null if the worker runs no programs on its own machine. */
  trial: StepRunner["trial"];
  /** Called when the worker becomes well or unwell, and when the reason changes. */
  onChange: () => void;
  stop: AbortSignal;
  log: Log;
  pauses?: HealthPauses;
}

/**
 * Knows whether the machine of a worker can run programs. After a fault that may be the machine's, the worker runs a program
 * of its own that does nothing, under the same conditions. If this fails too, no program could have run: the worker gives the
 * job back, takes no others, and tries again until its program runs.
 *
 * If it runs, the fault may lie with the image or the machine; the attempt then fails, and another try decides. Only after
 * several such faults in a row the worker gives the job back and rests for a moment. It does not wait until the images of
 * those jobs start, because a broken image could then stop a worker for ever.
 */
export class Health {
  readonly #options: HealthOptions;
  readonly #pauses: HealthPauses;
  #unwell: string | null = null;
  /** Faults since a program was started last. */
  #faults = 0;
  #examining: Promise<HostFault | null> | null = null;
  /** Number of trials, for the names of their folders. */
  #trials = 0;

  constructor(options: HealthOptions) {
    this.#options = options;
    this.#pauses = options.pauses ?? usualPauses;
  }

  /** Why the worker takes no jobs, as a sentence; null when it is well. */
  get unwell(): string | null {
    return this.#unwell;
  }

  /** A program of an attempt was started. */
  started(): void {
    this.#faults = 0;
  }

  /** Returns why the job of an attempt with a fault should be given back, as a sentence; null if the attempt has failed. */
  async examine(fault: HostFault): Promise<string | null> {
    if (this.#options.trial === null || this.#options.stop.aborted) return null;
    if (this.unwell !== null) return this.unwell;
    // Attempts that fail at the same time share a trial.
    this.#examining ??= this.#try().finally(() => (this.#examining = null));
    const found = await this.#examining;
    if (this.#unwell !== null) return this.#unwell;
    if (found === null && ++this.#faults < maxFaults) return null;
    this.#become(found ?? fault);
    void this.#recover(found === null);
    return (found ?? fault).what;
  }

  #become({ what, cause }: HostFault): void {
    if (this.#unwell === what) return;
    this.#unwell = what;
    this.#options.log.error("worker.unwell", { reason: what, error: cause });
    this.#options.onChange();
  }

  async #recover(isWellBesides: boolean): Promise<void> {
    const { stop, log, onChange } = this.#options;
    const since = performance.now();
    let pauseMs = isWellBesides ? this.#pauses.rest : this.#pauses.firstTrial;
    for (;;) {
      await pause(pauseMs, undefined, { signal: stop }).catch(() => {});
      if (stop.aborted) return;
      const found = await this.#try();
      if (found === null) break;
      this.#become(found);
      pauseMs = Math.min(this.#pauses.maxTrial, 2 * pauseMs);
    }
    this.#unwell = null;
    // The next fault shows whether it really is well.
    if (isWellBesides) this.#faults = maxFaults - 1;
    log.info("worker.well", { seconds: Math.round((performance.now() - since) / 1000) });
    onChange();
  }

  /** Runs a trial. Returns why it failed; null if the machine is well. */
  async #try(): Promise<HostFault | null> {
    const { trial } = this.#options;
    const late = AbortSignal.timeout(maxTrialMs);
    try {
      await unlessAborted(trial?.(`trial-${this.#trials++}`) ?? Promise.resolve(), late);
      return null;
    } catch (error) {
      if (late.aborted) return new HostFault("WORKER_ERROR", "The worker cannot start programs in reasonable time.");
      const failure = asStepFailure(error);
      return failure instanceof HostFault ? failure : new HostFault(failure.code, failure.message, { cause: error });
    }
  }
}
