import { ECSClient } from "@aws-sdk/client-ecs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { artifacts } from "../../lambdas/domain/job.ts";
import type { ArchiveSource, SignedObject, Step, StepReport, TaskLinks } from "../../lambdas/domain/job.ts";
import { asStepFailure, Interrupted, StepFailure } from "../failure.ts";
import { messageOf } from "../log.ts";
import type { Log } from "../log.ts";
import type { Platform } from "../platform.ts";
import type { AttemptContext, AttemptSteps, StepResult, StepRunner } from "../step-runner.ts";
import { emptyReport } from "../step.ts";
import type { TaskOrder, TaskRenewal } from "../task/contract.ts";
import { Uploader } from "../upload.ts";
import { removeTree } from "../work-folder.ts";
import { Cluster } from "./ecs-cluster.ts";
import { standardProfile } from "./ecs-config.ts";
import type { CapacityProfile, EcsConfig } from "./ecs-config.ts";
import { attemptOfLaunch, runTaskRequest } from "./ecs-run-task.ts";
import { EcsStep } from "./ecs-step.ts";
import { programMiB, taskDefinition } from "./ecs-task-definition.ts";
import { Registry } from "./registry.ts";

const mebibyte = 1024 ** 2;
/** Signatures last as long as the session of who signed them, which may be an hour. */
const renewalPauseMs = 20 * 60_000;

const leftoversPauseMs = 10 * 60_000;

export interface EcsRunnerOptions {
  config: EcsConfig;
  region: string;
  platform: Platform;
  /** Between two looks at what tasks do; a second looks well to a participant and costs next to nothing. */
  lookPauseMs: number;
  log: Log;
}

/** Runs every step as a task of its own in an ECS cluster. A worker that ends leaves its tasks to the next one. */
export class EcsStepRunner implements StepRunner {
  readonly kind = "ecs";
  readonly #options: EcsRunnerOptions;
  readonly #cluster: Cluster;
  readonly #registry = new Registry("amd64");

  constructor(options: EcsRunnerOptions) {
    this.#options = options;
    this.#cluster = new Cluster(new ECSClient({}), options.config.cluster, options.lookPauseMs, options.log);
  }

  /** Stops tasks whose attempts are over, now and every ten minutes: cancelled or restored away while no worker looked. */
  async removeLeftovers(): Promise<number> {
    setTimeout(() => void this.removeLeftovers(), leftoversPauseMs).unref();
    try {
      return await this.#stopOrphans();
    } catch (error) {
      this.#options.log.warn("the cluster's tasks could not be looked through", { error: messageOf(error) });
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
    return new EcsSteps(attempt, this.#options, this.#cluster, this.#registry);
  }
}

class EcsSteps implements AttemptSteps {
  readonly #attempt: AttemptContext;
  readonly #options: EcsRunnerOptions;
  readonly #cluster: Cluster;
  readonly #registry: Registry;
  readonly #uploader: Uploader;
  readonly #links: Partial<Record<string, TaskLinks>>;
  readonly #renewals: NodeJS.Timeout;
  #current: Step<SignedObject> | null = null;

  constructor(attempt: AttemptContext, options: EcsRunnerOptions, cluster: Cluster, registry: Registry) {
    this.#attempt = attempt;
    this.#options = options;
    this.#cluster = cluster;
    this.#registry = registry;
    this.#uploader = new Uploader(attempt.manifest.upload);
    this.#links = { ...attempt.manifest.tasks?.links };
    this.#renewals = setInterval(() => void this.#renew(), renewalPauseMs).unref();
  }

  async run(step: Step<SignedObject>): Promise<StepResult> {
    this.#current = step;
    this.#attempt.onProgress({ step: step.name, stage: "preparing" });
    try {
      const { report, failure } = await this.#run(step);
      this.#attempt.onProgress({ step: step.name, stage: "done" });
      return result(report, failure && new StepFailure(failure.code, failure.message));
    } catch (error) {
      return result(emptyReport(step), error instanceof Interrupted ? null : asStepFailure(error));
    } finally {
      this.#current = null;
    }
  }

  async #run(step: Step<SignedObject>) {
    const { config, region, platform, lookPauseMs, log } = this.#options;
    const { manifest, stop, onProgress } = this.#attempt;
    const attempt = manifest.attempt.id;
    const profile = profileOf(step, config);
    const links = this.#linksOf(step);
    const launches = (manifest.tasks?.launches ?? []).filter((launch) => launch.step === step.name);
    let family = "";
    // A launch that was made before has all of this behind it.
    if (launches.every(({ taskArn }) => taskArn === null) || launches.at(-1)?.stopped) {
      const image = await this.#registry.describe(step.image, stop);
      const definition = taskDefinition(step, image, profile, config, region);
      family = definition.family ?? "";
      await this.#cluster.ensureDefinition(definition).catch((error: unknown) => {
        throw new StepFailure("WORKER_ERROR", "The cluster does not take the step's task definition.", { cause: error });
      });
      await this.#write(artifacts.taskOrder(step.name), this.#order(step, profile, links));
    } else {
      family = String(launches.at(-1)?.request.taskDefinition);
    }
    return new EcsStep({
      attempt,
      step,
      profile,
      links,
      launches,
      cluster: this.#cluster,
      platform,
      request: (number, capacityProvider) =>
        runTaskRequest({ attempt, step, number, family, capacityProvider, orderUrl: this.#linksOf(step).order }, config),
      lookPauseMs,
      stop,
      onProgress,
      log,
    }).run();
  }

  #order(step: Step<SignedObject>, profile: CapacityProfile, { renewal, upload }: TaskLinks): TaskOrder {
    const from = ({ ...source }: ArchiveSource<SignedObject>): ArchiveSource<SignedObject> =>
      source.from === "object"
        ? { ...source, cache: false }
        : { from: "object", object: this.#linksOf({ name: source.step }).output, cache: false, label: `output of ${source.step}` };
    return {
      version: 1,
      attempt: this.#attempt.manifest.attempt.id,
      step: {
        ...step,
        limits: { ...step.limits, memoryBytes: programMiB(step, profile) * mebibyte },
        folders: step.folders.map((folder) => ({
          ...folder,
          contents: folder.contents.map(({ at, archive }) => ({ at, archive: from(archive) })),
        })),
      },
      upload,
      renewalUrl: renewal,
    };
  }

  #linksOf({ name }: Pick<Step<unknown>, "name">): TaskLinks {
    const links = this.#links[name];
    if (!links) throw new StepFailure("WORKER_ERROR", "The platform gave this worker no links for tasks. Update the platform.");
    return links;
  }

  /** Fetches new signatures, and passes them on to the task that runs. */
  async #renew(): Promise<void> {
    try {
      const { manifest } = await this.#options.platform.renew(this.#attempt.manifest.attempt.id);
      Object.assign(this.#links, manifest.tasks?.links);
      this.#uploader.renew(manifest.upload);
      const step = this.#current;
      if (step === null) return;
      const { upload, renewal: renewalUrl } = this.#linksOf(step);
      const renewal: TaskRenewal = { upload, renewalUrl };
      await this.#write(artifacts.taskRenewal(step.name), renewal);
    } catch (error) {
      this.#attempt.log.warn("signatures were not renewed", { error: messageOf(error) });
    }
  }

  async #write(name: string, content: object): Promise<void> {
    const { folder, stop } = this.#attempt;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, name.replaceAll("/", "-"));
    await writeFile(path, JSON.stringify(content), { mode: 0o600 });
    await this.#uploader.file(name, path, stop);
  }

  async cleanUp(): Promise<void> {
    clearInterval(this.#renewals);
    await removeTree(this.#attempt.folder).catch((error: unknown) => {
      this.#attempt.log.error("a work folder could not be removed", { error: messageOf(error) });
    });
  }
}

/** The profile that a step's queue chose. Throws when the deployment has none of that name. */
function profileOf({ profile: name = standardProfile }: Step<SignedObject>, config: EcsConfig): CapacityProfile {
  const profile = config.profiles[name];
  if (!profile) {
    throw new StepFailure("NO_CAPACITY", `The queue wants the capacity profile "${name}", which this deployment does not have. Tell the administrator.`);
  }
  return profile;
}

const result = (report: StepReport, failure: StepFailure | null): StepResult => ({
  failure,
  settled: Promise.resolve({ report, failure: null }),
});
