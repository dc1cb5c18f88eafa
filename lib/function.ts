import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AssetHashType, DockerImage, type Duration, RemovalPolicy } from "aws-cdk-lib";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as logs from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { functionBundles, type Entry } from "./function-bundles.ts";

export interface PlatformFunctionProps extends Pick<
  lambda.FunctionProps,
  "environment" | "vpc" | "vpcSubnets" | "securityGroups" | "memorySize"
> {
  entry: Entry;
  description: string;
  timeout: Duration;
}

/** A Lambda function of the platform: one TypeScript file and what it imports, with logs that end after a month. */
export class PlatformFunction extends lambda.Function {
  constructor(scope: Construct, id: string, { entry, ...props }: PlatformFunctionProps) {
    super(scope, id, {
      memorySize: 512,
      ...props,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      code: codeOf(entry),
      handler: "index.handler",
      logGroup: new logs.LogGroup(scope, `${id}Logs`, {
        retention: logs.RetentionDays.ONE_MONTH,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    });
  }
}

/**
 * The bundle of a function as an asset, which is named by what is in it: a function whose bundle stays the same is not
 * deployed again. CDK asks for the bundle only where it synthesizes to deploy.
 */
const codeOf = (entry: Entry): lambda.Code =>
  lambda.Code.fromAsset(".", {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: DockerImage.fromRegistry("never-used"),
      // CDK tells assets of one folder apart by this.
      command: [entry],
      local: {
        tryBundle(folder) {
          writeFileSync(join(folder, "index.js"), functionBundles().get(entry)!.contents);
          return true;
        },
      },
    },
  });
