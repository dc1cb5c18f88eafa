/** The launcher `ecs`. */
import { setTimeout as pause } from "node:timers/promises";
import type { AskedQuestion, Progress, SignedObject, Step, StepReport } from "../../../contract/job.ts";
import { openLogin } from "../../../contract/registry-login.ts";
import { HttpError } from "../../http.ts";
import { asStepFailure, Interrupted, StepFailure } from "../../failure.ts";
import type { Log } from "../../log.ts";
import type { WorkerApi } from "../../api-client.ts";
import type { ImageImporter, ImportedImage, RegistryAccess } from "../../registry/image-importer.ts";
import type { AttemptContext, AttemptSteps, StepResult, StepRunner } from "../../step-runner.ts";
import { emptyReport } from "../../step.ts";
import { removeTree } from "../../work-folder.ts";
import type { EcsConfig, EcsProfile } from "../ecs/config.ts";
import type { CapacityBackend, PlaceRequest } from "./backend.ts";
import { patience as usualPatience } from "./patience.ts";
import type { Patience } from "./patience.ts";
import { profileOf } from "../ecs/profile.ts";
import { PlacedStep } from "./step.ts";
import { EcsTaskFiles } from "./ecs-task-files.ts";

const leftoversPauseMs = 60_000;
const definitionsPauseMs = 24 * 60 * 60_000;

export interface PlacedRunnerOptions {
  config: Pick<EcsConfig, "profiles" | "hostNamePrefix">;
  /** The engines. Each profile is served by one of them. */
  backends: CapacityBackend[];
  api: WorkerApi;
  /** Gives the name of the copy of an image in the repository that ECS tasks pull from. */
  images: Pick<ImageImporter, "ready">;
  /** The key that opens logins of registries; null without one. */
  loginKey: string | null;
  /** The pause between two looks at ECS tasks. A second is short for a participant and costs very little. */
  lookPauseMs: number;
  patience?: Patience;
  log: Log;
}

/** Places every step on an engine that has capacity. When a worker ends, another worker adopts what it placed. */
export class PlacedStepRunner implements StepRunner {
  readonly kind = "ecs";
  readonly capabilities = { outlivesWorker: true };
  readonly trial = null;
  readonly #options: PlacedRunnerOptions;

  constructor(options: PlacedRunnerOptions) {
    this.#options = options;
  }

  /**
   * Removes unused definitions now and once a day, and what was placed for attempts that are over now and once a minute.
   */
  removeLeftovers(): Promise<number> {
    void this.#removeDefinitions();
    setInterval(() => void this.#removeDefinitions(), definitionsPauseMs).unref();
    setInterval(() => void this.#stopAllOrphans(), leftoversPauseMs).unref();
    return this.#stopAllOrphans();
  }

  async #removeDefinitions(): Promise<void> {
    const { backends, log } = this.#options;
    for (const backend of backends)
      try {
        const count = await backend.removeUnused();
        if (count > 0) log.info("definitions.removed", { count });
      } catch (error) {
        log.warn("definitions.unlisted", { error });
      }
  }

  /** Stops what was placed for attempts that ended while no worker ran, by a cancellation or a restore of the database. */
  async #stopAllOrphans(): Promise<number> {
    const { backends, log } = this.#options;
    const counts = backends.map((backend) =>
      this.#stopOrphans(backend).catch((error: unknown) => {
        log.warn("tasks.unlisted", { error });
        return 0;
      }),
    );
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  async #stopOrphans(backend: CapacityBackend): Promise<number> {
    const placed = await backend.status();
    if (placed.length === 0) return 0;
    const { abandoned } = await this.#options.api.abandoned([...new Set(placed.map(({ attempt }) => attempt))]);
    const orphans = placed.filter(({ attempt }) => abandoned.includes(attempt));
    await Promise.all(orphans.map(({ id }) => backend.stop(id, "its attempt is over")));
    return orphans.length;
  }

  begin(attempt: AttemptContext): AttemptSteps {
    return new PlacedSteps(attempt, this.#options);
  }
}

/** How long an ECS task may take to end its program and to store its output, before it is stopped. */
const maxEndMs = 120_000;

class PlacedSteps implements AttemptSteps {
  readonly #attempt: AttemptContext;
  readonly #options: PlacedRunnerOptions;
  readonly #patience: Patience;
  readonly #files: EcsTaskFiles;
  /** Aborted when the attempt has ended. */
  readonly #over = new AbortController();
  #current: { step: Step<SignedObject>; isRunning: boolean } | null = null;

  constructor(attempt: AttemptContext, options: PlacedRunnerOptions) {
    this.#attempt = attempt;
    this.#options = options;
    this.#patience = options.patience ?? usualPatience;
    this.#files = new EcsTaskFiles(attempt);
  }

  async run(step: Step<SignedObject>): Promise<StepResult> {
    const { stop, ending, onProgress } = this.#attempt;
    onProgress({ step: step.name, stage: "preparing" });
    const current = { step, isRunning: false };
    this.#current = current;
    const stopTask = new AbortController();
    const end = () => void this.#end(current, stopTask);
    if (ending.aborted) end();
    ending.addEventListener("abort", end);
    try {
      const { report, failure } = await this.#run(step, AbortSignal.any([stop, stopTask.signal]));
      onProgress({ step: step.name, stage: "done" });
      return result(report, failure && new StepFailure(failure.code, failure.message));
    } catch (error) {
      const wasEnded = stopTask.signal.aborted && !stop.aborted;
      if (error instanceof Interrupted)
        return result(emptyReport(step), wasEnded ? asStepFailure(ending.reason) : null);
      return result(emptyReport(step), asStepFailure(error));
    } finally {
      ending.removeEventListener("abort", end);
      this.#current = null;
    }
  }

  /** Ends the program of a step; stops its ECS task if it runs none yet, does not listen, or does not end in time. */
  async #end({ step, isRunning }: { step: Step<SignedObject>; isRunning: boolean }, stopTask: AbortController) {
    const { ending, log } = this.#attempt;
    const listens = isRunning && step.answers === true && this.#files.links(step.name).messages !== undefined;
    try {
      if (listens) {
        await this.#files.end(step.name, asStepFailure(ending.reason).message);
        await pause(maxEndMs, undefined, { signal: this.#over.signal, ref: false });
      }
    } catch (error) {
      if (this.#over.signal.aborted) return;
      log.warn("question.unanswered", { error });
    }
    stopTask.abort(new Interrupted("cancelled"));
  }

  async answer(question: AskedQuestion): Promise<void> {
    if (this.#current?.step.name !== question.step || this.#current.step.answers !== true) return;
    await this.#files.ask(question);
  }

  async #run(step: Step<SignedObject>, stop: AbortSignal) {
    const { api, backends, lookPauseMs } = this.#options;
    const { manifest } = this.#attempt;
    const onProgress = (progress: Progress) => {
      if (this.#current) this.#current.isRunning = progress.stage === "running";
      this.#attempt.onProgress(progress);
    };
    const log = this.#attempt.log.with({ step: step.name });
    const profile = profileOf(step, this.#options.config, manifest.tasks?.profiles);
    const backend = backendOf(profile, backends);
    // Prepared once for all launches of the step, unless its image is lost, and never for a launch of an earlier
    // worker.
    let definition: Promise<string> | undefined;
    return new PlacedStep({
      attempt: manifest.attempt.id,
      step,
      profile,
      links: () => this.#files.links(step.name),
      launches: (manifest.tasks?.launches ?? []).filter((launch) => launch.step === step.name),
      backend,
      backends,
      api,
      request: async (number, capacity) => {
        definition ??= this.#definition(step, profile, backend);
        return this.#request(step, profile, backend, { number, definition: await definition, capacity });
      },
      forgetImage: () => (definition = undefined),
      lookPauseMs,
      patience: this.#patience,
      stop,
      onProgress,
      log,
    }).run();
  }

  /** Registers what the engine needs for a step, and returns its name. */
  async #definition(step: Step<SignedObject>, profile: EcsProfile, backend: CapacityBackend): Promise<string> {
    const image = await this.#image(step);
    return backend.define(step, image, profile, this.#attempt.stop).catch((error: unknown) => {
      if (error instanceof StepFailure || this.#attempt.stop.aborted) throw error;
      throw new StepFailure("WORKER_ERROR", "The cluster does not accept the task definition of the step.", {
        cause: error,
      });
    });
  }

  /** The copy of the step's image that ECS tasks can pull. Reports the reason for a wait as progress, and its end. */
  async #image({ name: step, image }: Step<SignedObject>): Promise<ImportedImage> {
    const { stop, onProgress, log } = this.#attempt;
    let reported = false as boolean;
    const onWaiting = (waiting: string) => {
      reported = true;
      onProgress({ step, stage: "preparing", waiting });
    };
    const access = (registry: string) => this.#access(registry);
    const ready = await this.#options.images.ready(image, { signal: stop, onWaiting, access, log });
    if (reported) onProgress({ step, stage: "preparing" });
    return ready;
  }

  /** The access that the queue of the job has to a registry. */
  async #access(registry: string): Promise<RegistryAccess | null> {
    const { api, loginKey } = this.#options;
    const { login } = await api.registryLogin(this.#attempt.manifest.attempt.id, registry).catch((error: unknown) => {
      // A platform of the previous release has no such route, and no logins.
      if (error instanceof HttpError && error.status === 404) return { login: null };
      throw error;
    });
    if (login === null) return null;
    try {
      if (loginKey === null) throw new Error("BENCHSTACK_LOGIN_KEY is not set");
      return { queue: login.queue, login: openLogin(login.sealed, registry, loginKey) };
    } catch (cause) {
      const message = `The worker cannot read the login that the queue has for ${registry}. Store it again, or tell the administrator.`;
      throw new StepFailure("WORKER_ERROR", message, { cause });
    }
  }

  async #request(
    step: Step<SignedObject>,
    profile: EcsProfile,
    backend: CapacityBackend,
    launch: { number: number; definition: string; capacity: string },
  ): Promise<PlaceRequest> {
    await this.#files.writeOrder(step.name, backend.programMiB(step, profile));
    const { order: orderUrl } = this.#files.links(step.name);
    const { id: attempt, correlationId } = this.#attempt.manifest.attempt;
    return backend.request({ attempt, correlationId, step, profile, orderUrl, ...launch });
  }

  async cleanUp(): Promise<void> {
    this.#over.abort();
    const { folder, log } = this.#attempt;
    await removeTree(folder).catch((error: unknown) => {
      log.error("folder.unremoved", { folder, error });
    });
  }
}

function backendOf(profile: EcsProfile, backends: CapacityBackend[]): CapacityBackend {
  const backend = backends.find((one) => one.serves(profile));
  if (!backend)
    throw new StepFailure("NO_CAPACITY", `Nothing here places steps on "${profile.capacity}". Tell the administrator.`);
  return backend;
}

const result = (report: StepReport, failure: StepFailure | null): StepResult => ({
  failure,
  settled: Promise.resolve({ report, failure: null }),
});
