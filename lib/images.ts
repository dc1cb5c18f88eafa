import { Annotations, Aws, CfnRule, Duration, Fn, RemovalPolicy, Stack, Token } from "aws-cdk-lib";
import * as ecr from "aws-cdk-lib/aws-ecr";
import { DockerImageAsset, Platform } from "aws-cdk-lib/aws-ecr-assets";
import * as ecs from "aws-cdk-lib/aws-ecs";
import type * as iam from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { buildWorker } from "./builds.ts";
import { privateRepository } from "./deployment.ts";
import type { Deployment } from "./deployment.ts";
import { fromRoot } from "./root.ts";

/**
 * The images of ECS tasks: the worker image, which is built here with Docker or was published before, and repositories
 * into which workers copy the images of competitions. ECS tasks pull from nowhere else.
 */
export class Images extends Construct {
  readonly worker: ecs.ContainerImage;
  readonly workerUri: string;
  /** The repository with the copies of public images of competitions. */
  readonly competitions: ecr.Repository;
  /** The repository with the copies of images that were pulled with a login. */
  readonly private: ecr.Repository;
  readonly #pulled: ecr.IRepository[] = [];

  constructor(scope: Construct, id: string, { deployment }: { deployment: Deployment }) {
    super(scope, id);
    if (deployment.workerImage === null) {
      const asset = this.#build();
      this.worker = ecs.ContainerImage.fromDockerImageAsset(asset);
      this.workerUri = asset.imageUri;
      this.#pulled.push(asset.repository);
    } else {
      this.workerUri = deployment.workerImage;
      this.worker = ecs.ContainerImage.fromRegistry(this.workerUri);
      const published = privateRepository(this.workerUri);
      if (published) {
        const { account, region, name } = published;
        const repositoryArn = `arn:${Aws.PARTITION}:ecr:${region}:${account}:repository/${name}`;
        this.#pulled.push(
          ecr.Repository.fromRepositoryAttributes(this, "Published", { repositoryArn, repositoryName: name }),
        );
        if (deployment.isolation === "dark") this.#requireRegion(region);
      }
    }
    Annotations.of(scope).acknowledgeWarning(
      "@aws-cdk/aws-ecs:ecrImageRequiresPolicy",
      "grantPull allows roles to pull.",
    );
    this.competitions = this.#repository("Competitions", deployment);
    this.private = this.#repository("Private", deployment);
    this.#pulled.push(this.competitions, this.private);
  }

  #repository(id: string, deployment: Deployment): ecr.Repository {
    const trial = deployment.mode === "trial";
    return new ecr.Repository(this, id, {
      imageScanOnPush: true,
      encryption: ecr.RepositoryEncryption.AES_256,
      emptyOnDelete: trial,
      removalPolicy: trial ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      // ECR cannot delete an image by the time of its last pull. An image that is still used is imported again.
      lifecycleRules: [
        { description: "Imported long ago", tagStatus: ecr.TagStatus.ANY, maxImageAge: Duration.days(90) },
      ],
    });
  }

  /** All repositories that ECS tasks pull from. */
  get repositoryArns(): string[] {
    return this.#pulled.map(({ repositoryArn }) => repositoryArn);
  }

  /** Allows a role to pull the worker image and the images of competitions. */
  grantPull(grantee: iam.IGrantable): void {
    for (const repository of this.#pulled) repository.grantPull(grantee);
  }

  /** Allows a role to import images of competitions. */
  grantImport(grantee: iam.IGrantable): void {
    for (const repository of [this.competitions, this.private]) repository.grantPullPush(grantee);
  }

  /**
   * Refuses a deploy to another region: ECS tasks in the dark network resolve names of their own region only. The CDK
   * CLI may know the region now. CloudFormation always knows it, before it creates anything.
   */
  #requireRegion(region: string): void {
    const stack = Stack.of(this);
    const sentence = `workerImage is in ECR in ${region}. With isolation "dark" it must be in the region of the deployment, the only one that ECS tasks without a network can reach. Copy the image there, or leave workerImage out.`;
    const known = Token.isUnresolved(stack.region) ? process.env["CDK_DEFAULT_REGION"] : stack.region;
    if (known !== undefined && known !== region) throw new Error(sentence);
    new CfnRule(this, "Region", {
      assertions: [{ assert: Fn.conditionEquals(Aws.REGION, region), assertDescription: sentence }],
    });
  }

  /**
   * The context of Docker has only the files that the Dockerfile copies (.dockerignore), so other changes cause no new
   * build.
   */
  #build(): DockerImageAsset {
    if (Stack.of(this).bundlingRequired) buildWorker();
    return new DockerImageAsset(this, "Worker", {
      directory: fromRoot("."),
      file: "worker-image/Dockerfile",
      // Our containers run in the same ECS task as the images of competitions, and nearly all of those are for this
      // platform.
      platform: Platform.LINUX_AMD64,
    });
  }
}
