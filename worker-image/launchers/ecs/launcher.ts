/** The launcher `ecs`. */
import { ECSClient } from "@aws-sdk/client-ecs";
import type { RunTaskCommandInput } from "@aws-sdk/client-ecs";
import type { SignedObject, Step, StepReport } from "../../../contract/job.ts";
import { openLogin } from "../../../contract/registry-login.ts";
import { HttpError } from "../../http.ts";
import { asStepFailure, Interrupted, StepFailure } from "../../failure.ts";
import type { Log } from "../../log.ts";
import type { WorkerApi } from "../../api-client.ts";
import type { ImageImporter, ImportedImage, RegistryAccess } from "../../registry/image-importer.ts";
import type { AttemptContext, AttemptSteps, StepResult, StepRunner } from "../../step-runner.ts";
import { emptyReport } from "../../step.ts";
import { removeTree } from "../../work-folder.ts";
import { Cluster } from "./cluster.ts";
import type { EcsProfile, EcsConfig } from "./config.ts";
import { Definitions } from "./definitions.ts";
import { patience as usualPatience } from "./patience.ts";
import type { Patience } from "./patience.ts";
import { profileOf } from "./profile.ts";
import { attemptOfLaunch, runEcsTaskRequest } from "./run-task.ts";
import { EcsStep } from "./step.ts";
import { ecsTaskDefinition } from "./task-definition.ts";
import { EcsTaskFiles } from "./ecs-task-files.ts";

const leftoversPauseMs = 60_000;
const definitionsPauseMs = 24 * 60 * 60_000;

export interface EcsRunnerOptions {
  config: EcsConfig;
  region: string;
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

/** Runs every step as an ECS task of its own. When a worker ends, another worker adopts its ECS tasks. */
export class EcsStepRunner implements StepRunner {
  readonly kind = "ecs";
  readonly capabilities = { outlivesWorker: true };
  readonly trial = null;
  readonly #options: EcsRunnerOptions;
  readonly #cluster: Cluster;
  readonly #definitions: Definitions;

  constructor(options: EcsRunnerOptions) {
    this.#options = options;
    const client = new ECSClient({});
    this.#definitions = new Definitions(client);
    this.#cluster = new Cluster(client, options.config.cluster, options.lookPauseMs, options.log);
  }

  /**
   * Removes unused task definitions now and once a day, and ECS tasks whose attempts are over now and once a minute.
   */
  removeLeftovers(): Promise<number> {
    void this.#removeDefinitions();
    setInterval(() => void this.#removeDefinitions(), definitionsPauseMs).unref();
    setInterval(() => void this.#removeEcsTasks(), leftoversPauseMs).unref();
    return this.#removeEcsTasks();
  }

  async #removeDefinitions(): Promise<void> {
    const { log } = this.#options;
    try {
      const count = await this.#definitions.removeUnused();
      if (count > 0) log.info("definitions.removed", { count });
    } catch (error) {
      log.warn("definitions.unlisted", { error });
    }
  }

  /** Stops ECS tasks whose attempts ended while no worker ran, by a cancellation or a restore of the database. */
  async #removeEcsTasks(): Promise<number> {
    try {
      return await this.#stopOrphans();
    } catch (error) {
      this.#options.log.warn("tasks.unlisted", { error });
      return 0;
    }
  }

  async #stopOrphans(): Promise<number> {
    const ecsTasks = (await this.#cluster.running()).flatMap(({ arn, startedBy }) => {
      const attempt = attemptOfLaunch(startedBy);
      return attempt === null ? [] : { arn, attempt };
    });
    if (ecsTasks.length === 0) return 0;
    const { abandoned } = await this.#options.api.abandoned([...new Set(ecsTasks.map(({ attempt }) => attempt))]);
    const orphans = ecsTasks.filter(({ attempt }) => abandoned.includes(attempt));
    await Promise.all(orphans.map(({ arn }) => this.#cluster.stop(arn, "its attempt is over")));
    return orphans.length;
  }

  begin(attempt: AttemptContext): AttemptSteps {
    return new EcsSteps(attempt, this.#options, this.#cluster, this.#definitions);
  }
}

class EcsSteps implements AttemptSteps {
  readonly #attempt: AttemptContext;
  readonly #options: EcsRunnerOptions;
  readonly #cluster: Cluster;
  readonly #definitions: Definitions;
  readonly #patience: Patience;
  readonly #files: EcsTaskFiles;

  constructor(attempt: AttemptContext, options: EcsRunnerOptions, cluster: Cluster, definitions: Definitions) {
    this.#attempt = attempt;
    this.#options = options;
    this.#cluster = cluster;
    this.#definitions = definitions;
    this.#patience = options.patience ?? usualPatience;
    this.#files = new EcsTaskFiles(attempt);
  }

  async run(step: Step<SignedObject>): Promise<StepResult> {
    this.#attempt.onProgress({ step: step.name, stage: "preparing" });
    try {
      const { report, failure } = await this.#run(step);
      this.#attempt.onProgress({ step: step.name, stage: "done" });
      return result(report, failure && new StepFailure(failure.code, failure.message));
    } catch (error) {
      return result(emptyReport(step), error instanceof Interrupted ? null : asStepFailure(error));
    }
  }

  async #run(step: Step<SignedObject>) {
    const { api, lookPauseMs } = this.#options;
    const { manifest, stop, onProgress } = this.#attempt;
    const log = this.#attempt.log.with({ step: step.name });
    const profile = profileOf(step, this.#options.config, this.#attempt.manifest.tasks?.profiles);
    // Prepared once for all launches of the step, unless its image is lost, and never for a launch of an earlier
    // worker.
    let family: Promise<string> | undefined;
    return new EcsStep({
      attempt: manifest.attempt.id,
      step,
      profile,
      links: () => this.#files.links(step.name),
      launches: (manifest.tasks?.launches ?? []).filter((launch) => launch.step === step.name),
      cluster: this.#cluster,
      api,
      request: async (number, capacityProvider) => {
        family ??= this.#definition(step, profile);
        return this.#request(step, profile, { number, family: await family, capacityProvider });
      },
      forgetImage: () => (family = undefined),
      lookPauseMs,
      patience: this.#patience,
      stop,
      onProgress,
      log,
    }).run();
  }

  /** Registers the task definition of a step, and returns its family. */
  async #definition(step: Step<SignedObject>, profile: EcsProfile): Promise<string> {
    const { config, region } = this.#options;
    const definition = ecsTaskDefinition(step, await this.#image(step), profile, config, region);
    await this.#definitions.ensure(definition).catch((error: unknown) => {
      throw new StepFailure("WORKER_ERROR", "The cluster does not accept the task definition of the step.", {
        cause: error,
      });
    });
    return definition.family ?? "";
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
    launch: { number: number; family: string; capacityProvider: string },
  ): Promise<RunTaskCommandInput> {
    await this.#files.writeOrder(step.name, profile);
    const { order: orderUrl } = this.#files.links(step.name);
    const { id: attempt, correlationId } = this.#attempt.manifest.attempt;
    return runEcsTaskRequest({ attempt, correlationId, step, orderUrl, ...launch }, this.#options.config);
  }

  async cleanUp(): Promise<void> {
    const { folder, log } = this.#attempt;
    await removeTree(folder).catch((error: unknown) => {
      log.error("folder.unremoved", { folder, error });
    });
  }
}

const result = (report: StepReport, failure: StepFailure | null): StepResult => ({
  failure,
  settled: Promise.resolve({ report, failure: null }),
});
