import { newLoginKey } from "../../../contract/registry-login.ts";
import { agentImage, buildAgentImage } from "../../support/ecs/agent-image.ts";
import { EcrLogin } from "../../support/ecs/ecr-login.ts";
import { dataWith } from "../../support/ecs/pushed-image.ts";
import { TestRegistry } from "../../support/ecs/registry.ts";
import { jobQueues, TestBatch } from "../../support/batch/server.ts";
import { clusterArn, testNetworks, TestEcs } from "../../support/ecs/server.ts";
import type { EcsConfig } from "../../../worker-image/launchers/ecs/config.ts";
import { requireDocker, testImage } from "../../support/docker.ts";
import { Lab } from "./lab.ts";
import type { TestWorker } from "./lab.ts";

/** A lab whose workers run steps as tasks: an ECS API that runs them on this machine's engine, and a registry of images. */
export class EcsLab {
  readonly lab: Lab;
  readonly ecs: TestEcs;
  readonly batch: TestBatch;
  readonly registry: TestRegistry;
  /** The key with which its workers open logins. */
  readonly loginKey = newLoginKey();
  readonly #login: EcrLogin;

  private constructor(lab: Lab, ecs: TestEcs, batch: TestBatch, registry: TestRegistry, login: EcrLogin) {
    this.lab = lab;
    this.ecs = ecs;
    this.batch = batch;
    this.registry = registry;
    this.#login = login;
  }

  /** The test image, as it is called in the registry. */
  get image(): string {
    return this.lab.image;
  }

  static async start(): Promise<EcsLab> {
    await requireDocker();
    const as = "python:3";
    const [registry] = await Promise.all([
      TestRegistry.start({ copyOf: await dataWith(testImage, as) }),
      buildAgentImage(),
    ]);
    const ecs = await TestEcs.start(agentImage);
    const image = await registry.push(testImage, as);
    const lab = await Lab.start({ host: ecs.address, image });
    return new EcsLab(lab, ecs, await TestBatch.start(ecs), registry, await EcrLogin.start());
  }

  /** The repository that workers import images into. */
  get imported(): string {
    return `${this.registry.host}/imported`;
  }

  /** The one for images that are pulled with a login. */
  get importedPrivately(): string {
    return `${this.registry.host}/imported-privately`;
  }

  /** What a worker is told of the cluster. */
  config(profiles: EcsConfig["profiles"] = standardProfiles): EcsConfig {
    return {
      cluster: clusterArn,
      executionRoleArn: "arn:aws:iam::000000000000:role/execution",
      agentImage,
      images: { repository: this.imported, privateRepository: this.importedPrivately, maxBytes: 2e9 },
      networks: testNetworks,
      batch: {
        name: "Test",
        logGroup: "jobs",
        jobQueues: {
          [jobQueues.fargate]: { platform: "FARGATE", network: false },
          [jobQueues.ec2]: { platform: "EC2", network: false },
        },
      },
      profiles,
    };
  }

  /** Where clients of AWS find what stands for it. */
  get environment(): Record<string, string> {
    return {
      AWS_ENDPOINT_URL_ECS: this.ecs.url,
      AWS_ENDPOINT_URL_ECR: this.#login.url,
      AWS_ENDPOINT_URL_BATCH: this.batch.url,
    };
  }

  worker(slots = 4, profiles?: EcsConfig["profiles"]): Promise<TestWorker> {
    return this.lab.readyWorker({
      launcher: "ecs",
      slots,
      environment: {
        BENCHSTACK_ECS: JSON.stringify(this.config(profiles)),
        BENCHSTACK_LOGIN_KEY: this.loginKey,
        ...this.environment,
      },
    });
  }

  /** An image whose user is an ordinary one. The kernel counts processes by user, so each test wants its own. */
  asUser(uid: number): Promise<string> {
    return this.registry.build(`FROM ${testImage}\nUSER ${uid}\n`, `ordinary:${uid}`);
  }

  async close(): Promise<void> {
    await this.lab.close();
    await this.batch.close();
    await this.ecs.close();
    await this.registry.close();
    await this.#login.close();
  }
}

export const standardProfiles: EcsConfig["profiles"] = {
  standard: { cpu: 1024, memoryMiB: 2048, diskGiB: 21, gpus: 0, capacity: "FARGATE" },
};
