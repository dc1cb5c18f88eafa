/** AWS Batch as an engine for steps: job queues that an institution has already. */
import { BatchClient } from "@aws-sdk/client-batch";
import type { SubmitJobCommandInput } from "@aws-sdk/client-batch";
import type { SignedObject, Step, StoppedEcsTask } from "../../../contract/job.ts";
import { priceOf } from "../../../lambdas/jobs/rules/cost.ts";
import type { Log } from "../../log.ts";
import type { ImageImporter, ImportedImage } from "../../registry/image-importer.ts";
import { isJobQueue } from "../ecs/config.ts";
import type { EcsConfig, EcsProfile, JobQueue } from "../ecs/config.ts";
import { judgeStop } from "../ecs/failures.ts";
import type { CapacityBackend, Placement, PlaceRefusal, PlaceRequest, SeenPlacement } from "../placed/backend.ts";
import { launchTags, launchVariables } from "../placed/launch-variables.ts";
import { patience } from "../placed/patience.ts";
import { Watcher } from "../placed/watcher.ts";
import { JobDefinitions } from "./definitions.ts";
import { containersOf, seenJob } from "./failures.ts";
import { batchJobDefinition, programMiB } from "./job-definition.ts";
import { describeBatch, JobQueues } from "./job-queues.ts";

export interface BatchBackendOptions {
  config: EcsConfig & { batch: NonNullable<EcsConfig["batch"]> };
  region: string;
  images: Pick<ImageImporter, "withoutEntryPoint">;
  lookPauseMs: number;
  log: Log;
}

/** Submits every step as a job of its own to the job queue of its profile. */
export class BatchBackend implements CapacityBackend {
  readonly kind = "batch";
  readonly queues = true;
  readonly programMiB = programMiB;
  readonly judge = judgeStop;
  readonly #options: BatchBackendOptions;
  readonly #jobs: JobQueues;
  readonly #definitions: JobDefinitions;
  readonly #watcher: Watcher;

  constructor(options: BatchBackendOptions) {
    const { config, lookPauseMs, log } = options;
    const client = new BatchClient({});
    this.#options = options;
    this.#jobs = new JobQueues(client, log);
    this.#definitions = new JobDefinitions(client, config.batch.name);
    this.#watcher = new Watcher({
      look: async (ids) => new Map([...(await this.#jobs.describe(ids))].map(([id, job]) => [id, seenJob(job)])),
      batch: describeBatch,
      pauseMs: lookPauseMs,
      log,
    });
  }

  serves({ capacity }: EcsProfile): boolean {
    return isJobQueue(capacity);
  }

  made(request: PlaceRequest): boolean {
    return "jobDefinition" in request;
  }

  startsOn({ capacity }: EcsProfile): "fargate" | "ec2" {
    return this.#queue(capacity).platform === "FARGATE" ? "fargate" : "ec2";
  }

  async define(
    step: Step<SignedObject>,
    image: ImportedImage,
    profile: EcsProfile,
    signal: AbortSignal,
  ): Promise<string> {
    const { config, region, images } = this.#options;
    const bare = { pinned: await images.withoutEntryPoint(image, signal), entryPoint: image.entryPoint };
    const queue = this.#queue(profile.capacity);
    const definition = batchJobDefinition(step, bare, profile, queue, { config, region, now: new Date() });
    await this.#definitions.ensure(definition);
    return definition.jobDefinitionName ?? "";
  }

  request(placement: Placement): PlaceRequest {
    const { name } = this.#options.config.batch;
    const { attempt, step, number, capacity, definition } = placement;
    const request: SubmitJobCommandInput = {
      jobName: `${name}_${attempt}_${step.name}_${number}`,
      jobQueue: capacity,
      jobDefinition: definition,
      ecsPropertiesOverride: { taskProperties: [{ containers: launchVariables(placement) }] },
      // In case no worker is there to stop it.
      timeout: {
        attemptDurationSeconds: Math.ceil((patience.prepare + 2 * patience.end) / 1000) + step.timeLimitSeconds,
      },
      retryStrategy: { attempts: 1 },
      tags: { benchstack: name, ...launchTags(placement) },
      propagateTags: true,
    };
    return request as unknown as PlaceRequest;
  }

  place(request: PlaceRequest, signal: AbortSignal): Promise<string | PlaceRefusal> {
    return this.#jobs.submit(request as unknown as SubmitJobCommandInput, signal);
  }

  watch(id: string, listener: (seen: SeenPlacement | "missing") => void): () => void {
    return this.#watcher.watch(id, listener);
  }

  async containersOf(id: string): Promise<StoppedEcsTask["containers"]> {
    return containersOf((await this.#jobs.describe([id])).get(id)?.attempts?.at(-1));
  }

  stop(id: string, reason: string, log?: Log): Promise<void> {
    return this.#jobs.terminate(id, reason, log);
  }

  /** The queues may have jobs of others, and of other deployments. */
  async status(): Promise<{ id: string; attempt: string }[]> {
    const { name, jobQueues } = this.#options.config.batch;
    const ours = new RegExp(`^${name}_([0-9a-f-]{36})_[a-z]+_\\d+$`);
    const lists = await Promise.all(Object.keys(jobQueues).map((queue) => this.#jobs.unended(queue)));
    return lists.flat().flatMap((job) => {
      const attempt = ours.exec(job.name)?.[1];
      return attempt === undefined ? [] : { id: job.id, attempt };
    });
  }

  /** Only an institution knows what its EC2 hosts cost. */
  price(profile: EcsProfile): number | null {
    if (this.startsOn(profile) !== "fargate") return null;
    return priceOf("FARGATE", profile, this.#options.region)?.microsPerHour ?? null;
  }

  removeUnused(): Promise<number> {
    return this.#definitions.removeUnused(new Date());
  }

  #queue(arn: string): JobQueue {
    const queue = this.#options.config.batch.jobQueues[arn];
    if (!queue) throw new Error(`the configuration has no job queue ${arn}`);
    return queue;
  }
}
