import { Duration, Lazy } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import type * as lambda from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import type { Entry } from "./function-bundles.ts";
import { PlatformFunction } from "./function.ts";
import type { Queues } from "./queues.ts";

export interface WorkerCredentialsProps {
  entry: Entry;
  description: string;
  /** The function inside that knows the owner of a token. */
  asks: lambda.IFunction;
  queues: Queues;
}

/**
 * Lends the workers of organizers credentials for their queue: a function outside, and the role that it assumes for
 * them.
 */
export class WorkerCredentials extends Construct {
  readonly handler: PlatformFunction;

  constructor(scope: Construct, id: string, { entry, description, asks, queues }: WorkerCredentialsProps) {
    super(scope, id);
    this.handler = new PlatformFunction(this, "Function", {
      entry,
      description,
      // An HTTP API waits for at most 30 s.
      timeout: Duration.seconds(29),
      memorySize: 256,
      kind: "credentials",
      environment: {
        WORKER_FUNCTION: asks.functionName,
        // The role trusts this function, so it is created after it.
        QUEUE_ROLE_ARN: Lazy.string({ produce: () => role.roleArn }),
      },
    });
    const role: iam.Role = new iam.Role(this, "Queues", {
      assumedBy: new iam.ArnPrincipal(this.handler.role!.roleArn),
      description: "Lent to the workers of an organizer for one queue and at most one hour",
    });
    queues.grantListen(role);
    role.grantAssumeRole(this.handler.grantPrincipal);
    asks.grantInvoke(this.handler);
  }
}
