import { ECSClient } from "@aws-sdk/client-ecs";
import type { RunTaskCommandInput } from "@aws-sdk/client-ecs";
import type { SignedObject, Step, StepReport } from "../../../contract/job.ts";
import { asStepFailure, Interrupted, StepFailure } from "../../failure.ts";
import type { Log } from "../../log.ts";
import type { Platform } from "../../api-client.ts";
import type { ImageImporter, ImportedImage } from "../../registry/image-importer.ts";
import type { AttemptContext, AttemptSteps, StepResult, StepRunner } from "../../step-runner.ts";
import { emptyReport } from "../../step.ts";
import { removeTree } from "../../work-folder.ts";
import { Cluster } from "./cluster.ts";
import { standardProfile } from "./config.ts";
import type { CapacityProfile, EcsConfig } from "./config.ts";
import { Definitions } from "./definitions.ts";
import { patience as usualPatience } from "./patience.ts";
import type { Patience } from "./patience.ts";
import { attemptOfLaunch, runTaskRequest } from "./run-task.ts";
import { EcsStep } from "./step.ts";
import { taskDefinition } from "./task-definition.ts";
import { TaskFiles } from "./task-files.ts";

const leftoversPauseMs = 60_000;
const definitionsPauseMs = 24 * 60 * 60_000;

export interface EcsRunnerOptions {
  config: EcsConfig;
  region: string;
  platform: Platform;
  /** Has what a step's image is called where the cluster's tasks can pull it. */
  images: Pick<ImageImporter, "ready">;
  /** Between two looks at what tasks do; a second looks well to a participant and costs next to nothing. */
  lookPauseMs: number;
  patience?: Patience;
  log: Log;
}

/** Runs every step as a task of its own in an ECS cluster. A worker that ends leaves its tasks to the next one. */
export class EcsStepRunner implements StepRunner {
  readonly kind = "ecs";
  readonly #options: EcsRunnerOptions;
  readonly #cluster: Cluster;
  readonly #definitions: Definitions;

  constructor(options: EcsRunnerOptions) {
    this.#options = options;
    const client = new ECSClient({});
    this.#definitions = new Definitions(client);
    this.#cluster = new Cluster(client, options.config.cluster, options.lookPauseMs, options.log);
  }

  /** Removes task definitions that nobody uses, now and once a day, and tasks whose attempts are over. */
  removeLeftovers(): Promise<number> {
    void this.#removeDefinitions();
    setInterval(() => void this.#removeDefinitions(), definitionsPauseMs).unref();
    setInterval(() => void this.#removeTasks(), leftoversPauseMs).unref();
    return this.#removeTasks();
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

  /** Stops tasks that were cancelled or restored away while no worker looked. */
  async #removeTasks(): Promise<number> {
    try {
      return await this.#stopOrphans();
    } catch (error) {
      this.#options.log.warn("tasks.unlisted", { error });
      return 0;
    }
  }

  async #stopOrphans(): Promise<number> {
    const tasks = (await this.#cluster.running()).flatMap(({ arn, startedBy }) => {
      const attempt = attemptOfLaunch(startedBy);
      return attempt === null ? [] : { arn, attempt };
    });
    if (tasks.length === 0) return 0;
    const { abandoned } = await this.#options.platform.abandoned([...new Set(tasks.map(({ attempt }) => attempt))]);
    const orphans = tasks.filter(({ attempt }) => abandoned.includes(attempt));
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
  readonly #files: TaskFiles;

  constructor(attempt: AttemptContext, options: EcsRunnerOptions, cluster: Cluster, definitions: Definitions) {
    this.#attempt = attempt;
    this.#options = options;
    this.#cluster = cluster;
    this.#definitions = definitions;
    this.#patience = options.patience ?? usualPatience;
    this.#files = new TaskFiles(attempt);
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
    const { platform, lookPauseMs } = this.#options;
    const { manifest, stop, onProgress } = this.#attempt;
    const log = this.#attempt.log.with({ step: step.name });
    const profile = profileOf(step, this.#options.config);
    // Once for all launches of the step unless its image is lost, and not at all for one that was made before.
    let family: Promise<string> | undefined;
    return new EcsStep({
      attempt: manifest.attempt.id,
      step,
      profile,
      links: () => this.#files.links(step.name),
      launches: (manifest.tasks?.launches ?? []).filter((launch) => launch.step === step.name),
      cluster: this.#cluster,
      platform,
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

  /** Has the step's task definition registered, and gives its family. */
  async #definition(step: Step<SignedObject>, profile: CapacityProfile): Promise<string> {
    const { config, region } = this.#options;
    const definition = taskDefinition(step, await this.#image(step), profile, config, region);
    await this.#definitions.ensure(definition).catch((error: unknown) => {
      throw new StepFailure("WORKER_ERROR", "The cluster does not take the step's task definition.", { cause: error });
    });
    return definition.family ?? "";
  }

  /** The step's image where tasks can pull it; what that has to wait for is told, and that it is over. */
  async #image({ name: step, image }: Step<SignedObject>): Promise<ImportedImage> {
    const { stop, onProgress, log } = this.#attempt;
    let told = false;
    const onWaiting = (waiting: string) => {
      told = true;
      onProgress({ step, stage: "preparing", waiting });
    };
    const ready = await this.#options.images.ready(image, { signal: stop, onWaiting, log });
    if (told) onProgress({ step, stage: "preparing" });
    return ready;
  }

  async #request(
    step: Step<SignedObject>,
    profile: CapacityProfile,
    launch: { number: number; family: string; capacityProvider: string },
  ): Promise<RunTaskCommandInput> {
    await this.#files.writeOrder(step.name, profile);
    const { order: orderUrl } = this.#files.links(step.name);
    const { id: attempt, correlationId } = this.#attempt.manifest.attempt;
    return runTaskRequest({ attempt, correlationId, step, orderUrl, ...launch }, this.#options.config);
  }

  async cleanUp(): Promise<void> {
    const { folder, log } = this.#attempt;
    await removeTree(folder).catch((error: unknown) => {
      log.error("folder.unremoved", { folder, error });
    });
  }
}

/** The profile that a step's queue chose. Throws when the deployment has none of that name. */
function profileOf({ profile: name = standardProfile }: Step<SignedObject>, config: EcsConfig): CapacityProfile {
  const profile = config.profiles[name];
  if (!profile) {
    throw new StepFailure(
      "NO_CAPACITY",
      `The queue wants the capacity profile "${name}", which this deployment does not have. Tell the administrator.`,
    );
  }
  return profile;
}

const result = (report: StepReport, failure: StepFailure | null): StepResult => ({
  failure,
  settled: Promise.resolve({ report, failure: null }),
});
