import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import {
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
  ListServicesCommand,
} from "@aws-sdk/client-ecs";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { ecsConfigSchema } from "../../worker-image/launchers/ecs/config.ts";
import type { Emulator } from "./emulator.ts";
import { end } from "./emulator.ts";

/** The worker service as the emulator has it: how many workers should run, and what each one is. */
export class WorkerService {
  readonly #ecs: ECSClient;
  readonly #secrets: SecretsManagerClient;
  readonly #emulator: Emulator;
  readonly #cluster: string;

  constructor(emulator: Emulator, cluster: string) {
    const credentials = {
      accessKeyId: emulator.environment.AWS_ACCESS_KEY_ID!,
      secretAccessKey: emulator.environment.AWS_SECRET_ACCESS_KEY!,
    };
    const options = { endpoint: emulator.url, region: emulator.environment.AWS_REGION!, credentials };
    this.#ecs = new ECSClient(options);
    this.#secrets = new SecretsManagerClient(options);
    this.#emulator = emulator;
    this.#cluster = cluster;
  }

  /** The one service of the cluster. */
  async find(): Promise<{ service: string; clusterArn: string }> {
    const { serviceArns = [] } = await this.#ecs.send(new ListServicesCommand({ cluster: this.#cluster }));
    const { services = [] } = await this.#ecs.send(
      new DescribeServicesCommand({ cluster: this.#cluster, services: serviceArns }),
    );
    if (services.length !== 1) throw new Error(`The cluster has ${services.length} services.`);
    return { service: services[0]!.serviceArn!, clusterArn: services[0]!.clusterArn! };
  }

  /** How many workers the scaler wants, and their task definition. */
  async describe(service: string): Promise<{ desired: number; definition: string }> {
    const { services = [] } = await this.#ecs.send(
      new DescribeServicesCommand({ cluster: this.#cluster, services: [service] }),
    );
    return { desired: services[0]?.desiredCount ?? 0, definition: services[0]?.taskDefinition ?? "" };
  }

  async secret(arn: string): Promise<Record<string, string>> {
    const { SecretString = "{}" } = await this.#secrets.send(new GetSecretValueCommand({ SecretId: arn }));
    return JSON.parse(SecretString) as Record<string, string>;
  }

  /**
   * Starts a container as the deployed task definition says: its image, its variables and its secrets. Added is only where
   * AWS is: names of the emulator, the ECS that runs tasks, and the registry that keeps what is in ECR.
   */
  async start(
    definitionArn: string,
    { ecsUrl, registry }: { ecsUrl: string; registry: string },
  ): Promise<RunningWorker> {
    const { taskDefinition } = await this.#ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: definitionArn }),
    );
    const [container] = taskDefinition?.containerDefinitions ?? [];
    if (!container) throw new Error(`${definitionArn} has no container.`);
    const environment = Object.fromEntries(
      (container.environment ?? []).map(({ name = "", value = "" }) => [name, value]),
    );
    for (const { name = "", valueFrom = "" } of container.secrets ?? []) {
      // An ARN, then which of its JSON's keys, version stage and version id.
      const [, arn, key = ""] = /^(arn(?::[^:]+){6}):([^:]+)::$/.exec(valueFrom) ?? [];
      const value = arn && (await this.secret(arn))[key];
      if (!value) throw new Error(`The secret ${name} of the worker is at ${valueFrom}, where there is nothing.`);
      environment[name] = value;
    }
    const { AWS_ENDPOINT_URL: _, ...credentials } = this.#emulator.environment;
    const bridged = {
      ...environment,
      ...credentials,
      BENCHSTACK_ECS: withRegistry(environment.BENCHSTACK_ECS!, registry),
      AWS_ENDPOINT_URL_SQS: this.#emulator.url,
      AWS_ENDPOINT_URL_ECR: this.#emulator.url,
      AWS_ENDPOINT_URL_ECS: ecsUrl,
    };
    // The emulator gives the API a name that only macOS and browsers resolve.
    const apiHost = new URL(environment.BENCHSTACK_API_URL!).hostname;
    const name = `benchstack-test-worker-${randomUUID().slice(0, 8)}`;
    const child = spawn(
      "docker",
      [
        ...["run", "--rm", "--init", "--name", name, "--network", "host", "--add-host", `${apiHost}:127.0.0.1`],
        ...Object.keys(bridged).flatMap((variable) => ["--env", variable]),
        container.image!,
      ],
      { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...bridged } },
    );
    const worker = { log: "", stop: () => end(child) };
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (piece: Buffer) => (worker.log += piece.toString()));
    await once(child, "spawn");
    return worker;
  }
}

/** The deployed configuration, with the same repositories in a registry of this machine. */
function withRegistry(text: string, registry: string): string {
  const config = ecsConfigSchema.parse(JSON.parse(text));
  const moved = (repository: string) => {
    const [, path] = /^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com\/(.+)$/.exec(repository) ?? [];
    if (path === undefined) throw new Error(`${repository} is no repository of ECR.`);
    return `${registry}/${path}`;
  };
  const { repository, privateRepository, maxBytes } = config.images;
  const images = { repository: moved(repository), privateRepository: moved(privateRepository), maxBytes };
  return JSON.stringify({ ...config, images });
}

export interface RunningWorker {
  /** What it has logged. */
  log: string;
  stop(): Promise<void>;
}
