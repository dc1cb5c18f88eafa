import { execFileSync } from "node:child_process";
import { Annotations, Aws, CfnRule, Duration, Fn, RemovalPolicy, Stack, Token } from "aws-cdk-lib";
import * as ecr from "aws-cdk-lib/aws-ecr";
import { DockerImageAsset, Platform } from "aws-cdk-lib/aws-ecr-assets";
import * as ecs from "aws-cdk-lib/aws-ecs";
import type * as iam from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { privateRepository } from "./deployment.ts";
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
      "Roles are let pull with grantPull.",
    );
    const trial = deployment.mode === "trial";
    this.competitions = new ecr.Repository(this, "Competitions", {
      imageScanOnPush: true,
      encryption: ecr.RepositoryEncryption.AES_256,
      emptyOnDelete: trial,
      removalPolicy: trial ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
      // ECR cannot delete by when an image was last pulled. One that is still used is imported again.
      lifecycleRules: [
        { description: "Imported long ago", tagStatus: ecr.TagStatus.ANY, maxImageAge: Duration.days(90) },
      ],
    });
    this.#pulled.push(this.competitions);
  }

  /** All repositories that tasks pull from. */
  get repositoryArns(): string[] {
    return this.#pulled.map(({ repositoryArn }) => repositoryArn);
  }

  /** Lets a role that starts tasks pull the platform's images and the competitions'. */
  grantPull(grantee: iam.IGrantable): void {
    for (const repository of this.#pulled) repository.grantPull(grantee);
  }

  /** Lets a role import images of competitions. */
  grantImport(grantee: iam.IGrantable): void {
    this.competitions.grantPullPush(grantee);
  }

  /**
   * Dark tasks resolve names of their own region only. Where a stack goes may be known here, as from the CLI that deploys
   * it; CloudFormation knows in any case, before it makes anything.
   */
  #requireRegion(region: string): void {
    const stack = Stack.of(this);
    const sentence = `workerImage is in ECR of ${region}, and with isolation "dark" it must be in the region of the deployment: dark tasks reach no other. Copy it there, or leave it out.`;
    const known = Token.isUnresolved(stack.region) ? process.env["CDK_DEFAULT_REGION"] : stack.region;
    if (known !== undefined && known !== region) throw new Error(sentence);
    new CfnRule(this, "Region", {
      assertions: [{ assert: Fn.conditionEquals(Aws.REGION, region), assertDescription: sentence }],
    });
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
