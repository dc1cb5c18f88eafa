import { mkdir, writeFile } from "node:fs/promises";
import { totalmem } from "node:os";
import { join } from "node:path";
import { artifacts } from "../contract/job.ts";
import type { AskedQuestion, SignedObject, Step, StepName } from "../contract/job.ts";
import type { ArchiveCache } from "./archive-cache.ts";
import { Archives } from "./archives.ts";
import type { MachineLauncher } from "./launchers/launcher.ts";
import type { FreeSpace, Occupant } from "./free-space.ts";
import type { AttemptContext, AttemptSteps, StepResult, StepRunner } from "./step-runner.ts";
import { answer } from "./live-folder.ts";
import { isPortQuestion } from "./live-port.ts";
import { runStep } from "./step.ts";
import { foldersOf } from "./step-folders.ts";
import { Uploader } from "./upload.ts";
import { removeTree, type WorkerHome } from "./work-folder.ts";

/** The share of this machine's memory that one step may have, whatever it asks for. */
const mostMemory = 0.8;

/** What a trial writes to the worker's disk. */
const trialBytes = 1_000_000;

/** Runs steps in containers on this machine. */
export class LocalStepRunner implements StepRunner {
  readonly capabilities = { outlivesWorker: false };
  readonly #launcher: MachineLauncher;
  readonly #cache: ArchiveCache;
  readonly #space: FreeSpace;
  readonly #folderOf: WorkerHome["attempt"];

  constructor(launcher: MachineLauncher, cache: ArchiveCache, space: FreeSpace, folderOf: WorkerHome["attempt"]) {
    this.#launcher = launcher;
    this.#cache = cache;
    this.#space = space;
    this.#folderOf = folderOf;
  }

  get kind(): string {
    return this.#launcher.kind;
  }

  removeLeftovers(): Promise<number> {
    return this.#launcher.removeLeftovers();
  }

  begin(attempt: AttemptContext): AttemptSteps {
    return new LocalSteps(attempt, this.#launcher, this.#cache, this.#space.enter());
  }

  /** Also writes a file, because a full disk stops every attempt, whatever the launcher. */
  readonly trial = async (name: string): Promise<void> => {
    const folder = this.#folderOf(name);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(join(folder, "file"), Buffer.alloc(trialBytes));
      const scratch = join(folder, "scratch");
      await mkdir(scratch);
      await this.#launcher.trial(scratch);
    } finally {
      await removeTree(folder);
    }
  };
}

class LocalSteps implements AttemptSteps {
  readonly #attempt: AttemptContext;
  readonly #launcher: MachineLauncher;
  readonly #archives: Archives;
  readonly #uploader: Uploader;
  readonly #occupant: Occupant;
  /** Paths of output archives on this machine. */
  readonly #outputs = new Map<StepName, string>();
  #answered: Promise<void> = Promise.resolve();
  /** The step that runs, and the path of its output folder. */
  #current: { step: Step<SignedObject>; output: string } | null = null;

  constructor(attempt: AttemptContext, launcher: MachineLauncher, cache: ArchiveCache, occupant: Occupant) {
    this.#attempt = attempt;
    this.#launcher = launcher;
    this.#occupant = occupant;
    this.#archives = new Archives(join(attempt.folder, "archives"), cache, attempt.stop, (object) =>
      attempt.signatures.urlOf(object),
    );
    const uploader = new Uploader(attempt.manifest.upload);
    attempt.signatures.onRenewed(({ upload }) => uploader.renew(upload));
    this.#uploader = uploader;
  }

  async run(step: Step<SignedObject>): Promise<StepResult> {
    const { manifest, folder } = this.#attempt;
    const { steps } = manifest.job;
    const index = steps.indexOf(step);
    const following = steps[index + 1];
    await mkdir(join(folder, "archives"), { recursive: true, mode: 0o700 });
    const root = join(folder, `${index}-${step.name}`);
    this.#current = { step, output: foldersOf(step, root).output };
    const memoryBytes = Math.min(step.limits.memoryBytes, Math.floor(mostMemory * totalmem()));
    const result = await runStep({
      ...this.#attempt,
      attempt: manifest.attempt.id,
      step: { ...step, limits: { ...step.limits, memoryBytes } },
      root,
      archives: this.#archives,
      outputOf: (name) => required(this.#outputs.get(name), `there is no step ${name} before ${step.name}`),
      launcher: this.#launcher,
      uploader: this.#uploader,
      occupant: this.#occupant,
      onPrepared: () => following && this.#archives.prefetch(following),
    });
    if (result.output !== null) this.#outputs.set(step.name, result.output);
    return result;
  }

  /**
   * Answers one question about files after the other, because each answer may take megabytes of memory. A program may take its
   * time, so nothing waits for what is asked of it.
   */
  answer(asked: AskedQuestion): Promise<void> {
    if (isPortQuestion(asked.question)) return this.#answer(asked);
    const answered = this.#answered.then(() => this.#answer(asked));
    this.#answered = answered.catch(() => {});
    return answered;
  }

  async #answer({ id, step, question }: AskedQuestion): Promise<void> {
    if (this.#current?.step.answers !== true || this.#current.step.name !== step) return;
    const connect = (port: number) => this.#launcher.connect(this.#attempt.manifest.attempt.id, port);
    const bytes = await answer(this.#current.output, connect, question);
    await this.#uploader.piece(artifacts.answer(step, id), bytes, this.#attempt.stop);
  }

  async cleanUp(): Promise<void> {
    const { folder, log, manifest } = this.#attempt;
    // Nothing of a program may run any more when its files are touched.
    await this.#launcher.removeContainers(manifest.attempt.id, log);
    try {
      await removeTree(folder, (path) =>
        this.#launcher.reclaim(path, required(manifest.job.steps[0], "no steps").image),
      );
    } catch (error) {
      log.error("folder.unremoved", { folder, error });
    }
    this.#occupant.leave();
    await this.#launcher.releaseImages(manifest.attempt.id);
  }
}

function required<T>(value: T | undefined, problem: string): T {
  if (value === undefined) throw new Error(problem);
  return value;
}
