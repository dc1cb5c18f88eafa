import { type Duration, RemovalPolicy } from "aws-cdk-lib";
import * as lambda from "aws-cdk-lib/aws-lambda";
import { LogLevel, NodejsFunction, type NodejsFunctionProps, OutputFormat } from "aws-cdk-lib/aws-lambda-nodejs";
import * as logs from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";

export interface PlatformFunctionProps extends Pick<
  NodejsFunctionProps,
  "environment" | "vpc" | "vpcSubnets" | "securityGroups" | "memorySize"
> {
  /** File that exports `handler`, relative to the repository's root. */
  entry: string;
  description: string;
  timeout: Duration;
}

/** How esbuild makes a function's bundle, which runs with nothing but Node. `npm run bench:cold` measures the same. */
export const bundling = {
  format: OutputFormat.ESM,
  target: "node24",
  // Packages say here which of their files tree shaking can work on.
  mainFields: ["module", "main"],
  minify: true,
  keepNames: true,
  // CommonJS packages inside an ES module still call require.
  banner: 'import { createRequire as createBundleRequire } from "node:module"; const require = createBundleRequire(import.meta.url);',
};

/** A Lambda function of the platform: one TypeScript file and what it imports, with logs that end after a month. */
export class PlatformFunction extends NodejsFunction {
  constructor(scope: Construct, id: string, props: PlatformFunctionProps) {
    super(scope, id, {
      memorySize: 512,
      ...props,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      logGroup: new logs.LogGroup(scope, `${id}Logs`, {
        retention: logs.RetentionDays.ONE_MONTH,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
      // The SDK of package-lock.json, not the one the runtime has that day.
      bundling: { ...bundling, logLevel: LogLevel.WARNING, bundleAwsSDK: true },
    });
  }
}
