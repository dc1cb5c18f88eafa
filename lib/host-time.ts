/** How long EC2 hosts run without a step. */
import { Duration, Stack } from "aws-cdk-lib";
import * as events from "aws-cdk-lib/aws-events";
import * as targets from "aws-cdk-lib/aws-events-targets";
import * as iam from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import type { Capacity } from "./capacity.ts";
import { PlatformFunction } from "./function.ts";
import { requestedPrefix } from "./host-template.ts";
import { type Foundation, InsideFunction } from "./inside-function.ts";

export interface HostTimeProps {
  foundation: Foundation;
  groups: Capacity["groups"];
}

/** Looks at the EC2 hosts of the deployment and at requested ones each minute, so that their time without a step is billed. */
export class HostTime extends Construct {
  readonly inside: InsideFunction;

  constructor(scope: Construct, id: string, { foundation, groups }: HostTimeProps) {
    super(scope, id);
    this.inside = new InsideFunction(this, "Inside", {
      foundation,
      entry: "lambdas/functions/events/host-time.ts",
      description: "Bills the time of EC2 hosts without a step",
      timeout: Duration.seconds(30),
      databaseRole: "benchstack_events",
      usesObjects: false,
    });
    const look = new PlatformFunction(this, "Look", {
      entry: "lambdas/functions/events/look-at-hosts.ts",
      description: "Looks which EC2 hosts run, and since when",
      timeout: Duration.minutes(1),
      memorySize: 256,
      kind: "hostLook",
      environment: {
        HOST_TIME_FUNCTION: this.inside.functionName,
        HOST_GROUPS: Stack.of(this).toJsonString(groups),
        HOST_NAME_PREFIX: requestedPrefix(this),
      },
    });
    this.inside.grantInvoke(look);
    // IAM does not support resources for this action.
    iam.Grant.addToPrincipal({ grantee: look, actions: ["ec2:DescribeInstances"], resourceArns: ["*"] });
    new events.Rule(this, "EveryMinute", {
      schedule: events.Schedule.rate(Duration.minutes(1)),
      // No retries: it runs again in the next minute.
      targets: [new targets.LambdaFunction(look, { retryAttempts: 0 })],
    });
  }
}
