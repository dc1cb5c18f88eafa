import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { AttemptReport, Manifest, Progress, StepName } from "../lambdas/domain/job.ts";
import type { ArchiveCache } from "./archive-cache.ts";
import { Archives } from "./archives.ts";
import { Interrupted } from "./failure.ts";
import type { Interruption, StepFailure } from "./failure.ts";
import type { Launcher } from "./launchers/launcher.ts";
import { messageOf } from "./log.ts";
import type { Log } from "./log.ts";
import { runStep } from "./step.ts";
import type { StepResult } from "./step.ts";
import { Uploader } from "./upload.ts";
import { removeTree } from "./work-folder.ts";

/** Characters of a failure's message; commands and engines' answers in it can be long. */
const longestMessage = 2_000;

export interface AttemptOptions {
  manifest: Manifest;
  /** A path of this attempt's own that does not exist yet. */
  folder: string;
  cache: ArchiveCache;
  launcher: Launcher;
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
  readonly #results: StepResult[] = [];
  #interruption: Interruption | null = null;

  constructor(options: AttemptOptions) {
    this.#options = options;
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
    const outputs = new Map<StepName, string>();
    const { manifest, folder, cache } = this.#options;
    const { steps } = manifest.job;
    const archives = new Archives(join(folder, "archives"), cache, this.#stop.signal);
    await mkdir(join(folder, "archives"), { recursive: true, mode: 0o700 });
    for (const [index, step] of steps.entries()) {
      const following = steps[index + 1];
      const result = await runStep({
        ...this.#options,
        attempt: manifest.attempt.id,
        step,
        root: join(folder, `${index}-${step.name}`),
        archives,
        outputOf: (name) => required(outputs.get(name), `no step before ${step.name} is called ${name}`),
        uploader: new Uploader(manifest.upload),
        stop: this.#stop.signal,
        abandon: this.#abandon.signal,
        onPrepared: () => following && archives.prefetch(following),
      });
      this.#results.push(result);
      if (result.output !== null) outputs.set(step.name, result.output);
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
    this.#logFailure(failure);
    const step = steps[index % steps.length]?.name ?? null;
    return { outcome: "failed", failure: { code: failure.code, message: failure.message.slice(0, longestMessage), step }, steps };
  }

  #logFailure({ code, message, cause }: StepFailure): void {
    const facts = { attempt: this.#options.manifest.attempt.id, code, failure: message };
    this.#options.log.info("the attempt failed", cause === undefined ? facts : { ...facts, cause: messageOf(cause) });
  }

  /** Removes containers and files. Does not throw. Call it when the report is in: nobody should wait for this. */
  async cleanUp(): Promise<void> {
    const { folder, launcher, log, manifest } = this.#options;
    await Promise.all(this.#results.map((result) => result.remove()));
    try {
      await removeTree(folder, (path) => launcher.reclaim(path, required(manifest.job.steps[0], "no steps").image));
    } catch (error) {
      log.error("a work folder could not be removed", { folder, error: messageOf(error) });
    }
  }
}

function required<T>(value: T | undefined, problem: string): T {
  if (value === undefined) throw new Error(problem);
  return value;
}
