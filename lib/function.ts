import { type Duration, RemovalPolicy } from "aws-cdk-lib";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as logs from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { toEnvironment, type FunctionKind, type Variables } from "../lambdas/kernel/environment.ts";
import { codeOf } from "./builds.ts";
import type { Entry } from "./function-bundles.ts";

/** A kind of function with exactly the variables of that kind. */
type KindProps = { [Kind in FunctionKind]: { kind: Kind; environment: Variables<Kind> } }[FunctionKind];

export type PlatformFunctionProps = KindProps &
  Pick<
    lambda.FunctionProps,
    "vpc" | "vpcSubnets" | "securityGroups" | "memorySize" | "reservedConcurrentExecutions" | "retryAttempts"
  > & {
    entry: Entry;
    description: string;
    timeout: Duration;
  };

/** A Lambda function of the platform: one TypeScript file and what it imports, whose logs are kept for a month. */
export class PlatformFunction extends lambda.Function {
  constructor(scope: Construct, id: string, { entry, kind: _, environment, ...props }: PlatformFunctionProps) {
    super(scope, id, {
      memorySize: 512,
      ...props,
      environment: toEnvironment(environment),
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
