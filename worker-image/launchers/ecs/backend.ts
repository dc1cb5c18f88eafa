/** Amazon ECS as an engine for steps. */
import { ECSClient } from "@aws-sdk/client-ecs";
import type { RunTaskCommandInput } from "@aws-sdk/client-ecs";
import type { SignedObject, Step, StoppedEcsTask } from "../../../contract/job.ts";
import { priceOf } from "../../../lambdas/jobs/rules/cost.ts";
import type { Log } from "../../log.ts";
import type { ImportedImage } from "../../registry/image-importer.ts";
import type { CapacityBackend, Placement, PlaceRefusal, PlaceRequest, SeenPlacement } from "../placed/backend.ts";
import { Cluster } from "./cluster.ts";
import { isFargate, isJobQueue } from "./config.ts";
import type { EcsConfig, EcsProfile } from "./config.ts";
import { Definitions } from "./definitions.ts";
import { judgeStop } from "./failures.ts";
import { attemptOfLaunch, runEcsTaskRequest } from "./run-task.ts";
import { ecsTaskDefinition, programMiB } from "./task-definition.ts";

export interface EcsBackendOptions {
  config: EcsConfig;
  region: string;
  lookPauseMs: number;
  log: Log;
}

/** Places every step as an ECS task of its own, on Fargate or on EC2 hosts of a capacity provider. */
export class EcsBackend implements CapacityBackend {
  readonly kind = "ecs";
  readonly queues = false;
  readonly programMiB = programMiB;
  readonly judge = judgeStop;
  readonly #config: EcsConfig;
  readonly #region: string;
  readonly #cluster: Cluster;
  readonly #definitions: Definitions;

  constructor({ config, region, lookPauseMs, log }: EcsBackendOptions) {
    const client = new ECSClient({});
    this.#config = config;
    this.#region = region;
    this.#definitions = new Definitions(client);
    this.#cluster = new Cluster(client, config.cluster, lookPauseMs, log);
  }

  serves({ capacity }: EcsProfile): boolean {
    return !isJobQueue(capacity);
  }

  made(request: PlaceRequest): boolean {
    return "taskDefinition" in request;
  }

  startsOn({ capacity }: EcsProfile): "fargate" | "ec2" {
    return isFargate(capacity) ? "fargate" : "ec2";
  }

  async define(step: Step<SignedObject>, image: ImportedImage, profile: EcsProfile): Promise<string> {
    const definition = ecsTaskDefinition(step, image, profile, this.#config, this.#region);
    await this.#definitions.ensure(definition);
    return definition.family ?? "";
  }

  request(placement: Placement): PlaceRequest {
    return runEcsTaskRequest(placement, this.#config) as unknown as PlaceRequest;
  }

  place(request: PlaceRequest, signal: AbortSignal): Promise<string | PlaceRefusal> {
    return this.#cluster.place(request as unknown as RunTaskCommandInput, signal);
  }

  watch(arn: string, listener: (seen: SeenPlacement | "missing") => void): () => void {
    return this.#cluster.watch(arn, listener);
  }

  containersOf(arn: string): Promise<StoppedEcsTask["containers"]> {
    return this.#cluster.containersOf(arn);
  }

  stop(arn: string, reason: string, log?: Log): Promise<void> {
    return this.#cluster.stop(arn, reason, log);
  }

  async status(): Promise<{ id: string; attempt: string }[]> {
    return (await this.#cluster.running()).flatMap(({ arn, startedBy }) => {
      const attempt = attemptOfLaunch(startedBy);
      return attempt === null ? [] : { id: arn, attempt };
    });
  }

  /** The hosts of a capacity provider have their own prices, whatever runs on them. */
  price(profile: EcsProfile): number | null {
    const { capacity } = profile;
    if (capacity !== "FARGATE" && capacity !== "FARGATE_SPOT") return null;
    return priceOf(capacity, profile, this.#region)?.microsPerHour ?? null;
  }

  removeUnused(): Promise<number> {
    return this.#definitions.removeUnused();
  }
}
