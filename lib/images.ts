import { execFileSync } from "node:child_process";
import { Annotations, Aws, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import * as ecr from "aws-cdk-lib/aws-ecr";
import { DockerImageAsset, Platform } from "aws-cdk-lib/aws-ecr-assets";
import * as ecs from "aws-cdk-lib/aws-ecs";
import type * as iam from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import type { Deployment } from "./deployment.ts";

/**
 * The images of tasks: the worker's own, built here with Docker or published somewhere, and a repository that workers
 * import the images of competitions into. Tasks pull from nowhere else.
 */
export class Images extends Construct {
  readonly worker: ecs.ContainerImage;
  readonly workerUri: string;
  /** Where copies of competitions' images are kept. */
  readonly competitions: ecr.Repository;
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
      const [, account, region, name] = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.[a-z.]+\/([^:@]+)/.exec(this.workerUri) ?? [];
      if (name !== undefined)
        this.#pulled.push(
          ecr.Repository.fromRepositoryAttributes(this, "Published", {
            repositoryArn: `arn:${Aws.PARTITION}:ecr:${region}:${account}:repository/${name}`,
            repositoryName: name,
          }),
        );
    }
    Annotations.of(scope).acknowledgeWarning("@aws-cdk/aws-ecs:ecrImageRequiresPolicy", "Roles are let pull with grantPull.");
    const trial = deployment.mode === "trial";
    this.competitions = new ecr.Repository(this, "Competitions", {
      imageScanOnPush: true,
      encryption: ecr.RepositoryEncryption.AES_256,
      emptyOnDelete: trial,
      removalPolicy: trial ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
      // ECR cannot delete by when an image was last pulled. One that is still used is imported again.
      lifecycleRules: [{ description: "Imported long ago", tagStatus: ecr.TagStatus.ANY, maxImageAge: Duration.days(90) }],
    });
    this.#pulled.push(this.competitions);
  }

  /** Lets a role that starts tasks pull the platform's images and the competitions'. */
  grantPull(grantee: iam.IGrantable): void {
    for (const repository of this.#pulled) repository.grantPull(grantee);
  }

  /** Lets a role import images of competitions. */
  grantImport(grantee: iam.IGrantable): void {
    this.competitions.grantPullPush(grantee);
  }

  /** Docker's context has only what the Dockerfile copies (.dockerignore), so that other changes build nothing anew. */
  #build(): DockerImageAsset {
    if (Stack.of(this).bundlingRequired) execFileSync("npm", ["run", "--silent", "build:worker"], { stdio: "inherit" });
    return new DockerImageAsset(this, "Worker", {
      directory: ".",
      file: "worker-image/Dockerfile",
      // Steps' containers are beside ours in a task, and nearly all are made for this.
      platform: Platform.LINUX_AMD64,
    });
  }
}
