import { Duration } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import type * as lambda from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import type { Entry } from "./function-bundles.ts";
import { PlatformFunction } from "./function.ts";
import type { Queues } from "./queues.ts";

export interface WorkerCredentialsProps {
  entry: Entry;
  description: string;
  /** Function inside that knows whose a token is. */
  asks: lambda.IFunction;
  queues: Queues;
}

/** Lends workers of organizers credentials for their queue: a function outside, and the one role that it lends a part of. */
export class WorkerCredentials extends Construct {
  readonly handler: PlatformFunction;

  constructor(scope: Construct, id: string, { entry, description, asks, queues }: WorkerCredentialsProps) {
    super(scope, id);
    this.handler = new PlatformFunction(this, "Function", {
      entry,
      description,
      // HTTP APIs give up after 30 s.
      timeout: Duration.seconds(29),
      memorySize: 256,
    });
    const role = new iam.Role(this, "Queues", {
      assumedBy: new iam.ArnPrincipal(this.handler.role!.roleArn),
      description: "Lent to workers of organizers, an hour at most and one queue at a time",
    });
    queues.grantListen(role);
    role.grantAssumeRole(this.handler.grantPrincipal);
    asks.grantInvoke(this.handler);
    this.handler.addEnvironment("WORKER_FUNCTION", asks.functionName);
    this.handler.addEnvironment("QUEUE_ROLE_ARN", role.roleArn);
  }
}
