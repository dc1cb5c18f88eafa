/** Tries worksheets as people do, on a schedule. */
import { Duration, Stack } from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import * as events from "aws-cdk-lib/aws-events";
import * as targets from "aws-cdk-lib/aws-events-targets";
import * as iam from "aws-cdk-lib/aws-iam";
import type * as secretsmanager from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import { canarySteps } from "../client/canary.ts";
import { canaryMetrics, serviceName } from "../lambdas/kernel/metrics.ts";
import { PlatformFunction } from "./function.ts";

export interface CanaryProps {
  /** How often it runs. */
  minutes: number;
  /** The secret with its token. */
  token: secretsmanager.ISecret;
  publicUrl: string;
}

/**
 * A function outside the VPC, which comes in as people do: by the address of the platform, with a token. It has no other
 * right. One run ends before the next begins, because it has 15 minutes.
 */
export class Canary extends Construct {
  readonly run: PlatformFunction;
  readonly #namespace: string;
  readonly #period: Duration;

  constructor(scope: Construct, id: string, { minutes, token, publicUrl }: CanaryProps) {
    super(scope, id);
    this.#namespace = Stack.of(this).stackName;
    this.#period = Duration.minutes(minutes);
    this.run = new PlatformFunction(this, "Run", {
      entry: "lambdas/functions/events/canary.ts",
      description: "Tries worksheets as people do",
      timeout: Duration.minutes(15),
      memorySize: 256,
      kind: "canary",
      environment: {
        CANARY_SECRET: token.secretArn,
        METRICS_NAMESPACE: this.#namespace,
        PUBLIC_URL: publicUrl,
      },
      // The next run comes soon enough, and one at a time says more.
      retryAttempts: 0,
    });
    iam.Grant.addToPrincipal({
      grantee: this.run,
      actions: ["secretsmanager:GetSecretValue"],
      resourceArns: [token.secretArn],
    });
    new events.Rule(this, "Schedule", {
      schedule: events.Schedule.rate(this.#period),
      targets: [new targets.LambdaFunction(this.run, { retryAttempts: 0 })],
    });
  }

  /** The runs that failed, and those that did not come to their end. */
  get failures(): cloudwatch.IMetric {
    return new cloudwatch.MathExpression({
      expression: "FILL(failed, 0) + FILL(broken, 0)",
      usingMetrics: {
        failed: this.#metric(canaryMetrics.failures, "Sum"),
        broken: this.run.metricErrors({ period: this.#period }),
      },
      period: this.#period,
    });
  }

  get failuresBySteps(): cloudwatch.IMetric[] {
    return canarySteps.map((step) => this.#metric(canaryMetrics.failures, "Sum", step));
  }

  get secondsBySteps(): cloudwatch.IMetric[] {
    return canarySteps.map((step) => this.#metric(canaryMetrics.seconds, "Average", step));
  }

  #metric(metricName: string, statistic: string, step?: string): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: this.#namespace,
      metricName,
      dimensionsMap: { ...(step === undefined ? {} : { Step: step }), service: serviceName },
      period: this.#period,
      statistic,
      ...(step === undefined ? {} : { label: step }),
    });
  }
}
