import { Duration, Stack } from "aws-cdk-lib";
import * as events from "aws-cdk-lib/aws-events";
import * as targets from "aws-cdk-lib/aws-events-targets";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import { Construct } from "constructs";
import type { Compute } from "./compute.ts";
import type { Deployment } from "./deployment.ts";
import { PlatformFunction } from "./function.ts";
import { type Foundation, InsideFunction } from "./inside-function.ts";
import { Mailer } from "./mailer.ts";

/** The functions that answer no request: slow work, the clock, what ECS tells, scaling, and mail where any is sent. */
export class Events extends Construct {
  readonly control: InsideFunction;
  readonly sweeper: InsideFunction;
  readonly taskStopped: InsideFunction;
  readonly scaler: PlatformFunction;
  /** Of the metrics of queues, which the sweeper tells. */
  readonly metricsNamespace: string;
  readonly #mailer: Mailer | undefined;

  constructor(
    scope: Construct,
    id: string,
    props: { foundation: Foundation; compute: Compute; deployment: Deployment },
  ) {
    super(scope, id);
    const { foundation, compute, deployment } = props;
    const { queues } = foundation;

    this.control = new InsideFunction(this, "Control", {
      foundation,
      entry: "lambdas/functions/events/control.ts",
      description: "Slow work: unpacks bundles, makes dumps, runs phases again, erases",
      timeout: Duration.minutes(15),
      memorySize: 1024,
      databaseRole: "benchstack_events",
      usesObjects: true,
    });
    // One message an invocation, so that each has the whole time. Five at once leave connections for the others.
    this.control.addEventSource(
      new SqsEventSource(queues.control, { batchSize: 1, maxConcurrency: 5, reportBatchItemFailures: true }),
    );

    this.sweeper = new InsideFunction(this, "Sweeper", {
      foundation,
      entry: "lambdas/functions/events/sweeper.ts",
      description: "Puts right what got lost, and counts what is to do",
      timeout: Duration.minutes(2),
      databaseRole: "benchstack_events",
      usesObjects: true,
    });
    this.metricsNamespace = Stack.of(this).stackName;
    this.sweeper.addEnvironment("METRICS_NAMESPACE", this.metricsNamespace);
    new events.Rule(this, "EveryMinute", {
      schedule: events.Schedule.rate(Duration.minutes(1)),
      // The next minute does it again.
      targets: [new targets.LambdaFunction(this.sweeper, { retryAttempts: 0 })],
    });

    this.taskStopped = new InsideFunction(this, "TaskStopped", {
      foundation,
      entry: "lambdas/functions/events/ecs-task-stopped.ts",
      description: "Keeps why a step's task stopped",
      timeout: Duration.seconds(30),
      databaseRole: "benchstack_events",
      usesObjects: false,
    });
    new events.Rule(this, "TaskStoppedRule", {
      eventPattern: {
        source: ["aws.ecs"],
        detailType: ["ECS Task State Change"],
        detail: { clusterArn: [compute.cluster.clusterArn], lastStatus: ["STOPPED"] },
      },
      targets: [new targets.LambdaFunction(this.taskStopped)],
    });

    this.scaler = new PlatformFunction(this, "Scaler", {
      entry: "lambdas/functions/events/scaler.ts",
      description: "Sets how many workers run",
      timeout: Duration.seconds(30),
      memorySize: 256,
      environment: {
        ECS_CLUSTER: compute.cluster.clusterName,
        ECS_SERVICE: compute.service.serviceName,
        ...compute.limits,
      },
    });
    compute.grantScale(this.scaler);
    this.scaler.addEventSource(
      new SqsEventSource(queues.scaling, { batchSize: 10, maxConcurrency: 2, reportBatchItemFailures: true }),
    );

    const { mailFrom } = deployment;
    if (mailFrom !== null && queues.mail)
      this.#mailer = new Mailer(this, "Mail", { foundation, queue: queues.mail, mailFrom });
  }

  /** Those that use the database. */
  get inside(): InsideFunction[] {
    return [this.control, this.sweeper, this.taskStopped, ...(this.#mailer ? [this.#mailer.outgoing] : [])];
  }

  get all(): PlatformFunction[] {
    return [...this.inside, this.scaler, ...(this.#mailer ? [this.#mailer.sender] : [])];
  }
}
