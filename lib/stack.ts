import { CfnOutput, DefaultStackSynthesizer, Fn, Stack, Tags } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { areas } from "../lambdas/functions/areas.ts";
import { parseDeployment } from "./deployment.ts";
import { useFeatureFlags } from "./feature-flags.ts";
import { addPlatform } from "./platform.ts";
import type { BenchstackStackProps } from "./props.ts";

/**
 * A Benchstack platform as a stack of its own, so that no exported value ties the update of one part to that of another.
 * The app in our repository has this stack alone. Its outputs are what people need after a deploy.
 *
 * Never change the id of a stack that is deployed: it is its name.
 */
export class BenchstackStack extends Stack {
  /** Wrong props throw an error with a sentence for each of them. */
  constructor(scope: Construct, id: string, props: BenchstackStackProps = {}) {
    const deployment = parseDeployment({ ...props, name: id });
    const { bootstrapQualifier, permissionsBoundary, tags } = deployment;
    super(scope, id, {
      description: "Benchstack: competitions and benchmarks",
      terminationProtection: deployment.mode === "production",
      ...(bootstrapQualifier === null
        ? {}
        : { synthesizer: new DefaultStackSynthesizer({ qualifier: bootstrapQualifier }) }),
    });
    useFeatureFlags(this);
    for (const [key, value] of Object.entries(tags))
      // CloudFormation does not support tags of dashboards.
      Tags.of(this).add(key, value, { excludeResourceTypes: ["AWS::CloudWatch::Dashboard"] });
    if (permissionsBoundary !== null)
      iam.PermissionsBoundary.of(this).apply(
        iam.ManagedPolicy.fromManagedPolicyArn(this, "Boundary", permissionsBoundary),
      );

    // Not below a construct of its own: names and descriptions of resources have the path of their construct.
    const platform = addPlatform(this, { deployment, areas });

    new CfnOutput(this, "Url", { value: platform.url, description: "The address of the platform in a browser" });
    new CfnOutput(this, "ApiUrl", { value: platform.apiUrl, description: "The address of the API for workers" });
    new CfnOutput(this, "AppBucket", {
      value: platform.appBucket.bucketName,
      description: "The bucket for the files of the web application",
    });
    new CfnOutput(this, "Buckets", {
      value: Fn.join(
        " ",
        [platform.uploads, platform.jobs].map((bucket) => bucket.bucketName),
      ),
      description: "The buckets with the files of people and of runs, for restores",
    });
    new CfnOutput(this, "AdminSecret", {
      value: platform.adminSecret.secretArn,
      description: "The secret with the password of the first administrator",
    });
    new CfnOutput(this, "RecoverFunction", {
      value: platform.recoverFunction.functionName,
      description: "The function that makes an account an administrator again",
    });
    new CfnOutput(this, "ImageRepository", {
      value: platform.imageRepository.repositoryUri,
      description: "The repository with the copies of public images of competitions",
    });
    new CfnOutput(this, "Budget", { value: platform.budget, description: "The monthly budget of the account" });
    new CfnOutput(this, "Cluster", { value: platform.cluster.clusterName });
  }
}
