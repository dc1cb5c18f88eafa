/** The functions that events start. */
import { Duration, Stack } from "aws-cdk-lib";
import * as events from "aws-cdk-lib/aws-events";
import * as targets from "aws-cdk-lib/aws-events-targets";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import { Construct } from "constructs";
import type { Compute } from "./compute.ts";
import { PlatformFunction } from "./function.ts";
import { type Foundation, InsideFunction } from "./inside-function.ts";
import { Mailer } from "./mailer.ts";

/** The functions that answer no requests: slow work, the sweeper, the end of ECS tasks, scaling and mail. */
export class Events extends Construct {
  readonly control: InsideFunction;
  readonly sweeper: InsideFunction;
  readonly ecsTaskStopped: InsideFunction;
  readonly scaler: PlatformFunction;
  /** The CloudWatch namespace of the metrics of queues, which the sweeper writes. */
  readonly metricsNamespace: string;
  readonly #mailer: Mailer | undefined;

  constructor(scope: Construct, id: string, { foundation, compute }: { foundation: Foundation; compute: Compute }) {
    super(scope, id);
    const { deployment, queues } = foundation;

    this.control = new InsideFunction(this, "Control", {
      foundation,
      entry: "lambdas/functions/events/control.ts",
      description: "Does slow work: unpacks competition bundles, makes dumps, runs phases again, erases data",
      timeout: Duration.minutes(15),
      memorySize: 1024,
      databaseRole: "benchstack_events",
      usesObjects: true,
    });
    // One message per invocation, so that each has the whole time. Five at once leave database connections for the
    // others.
    this.control.addEventSource(
      new SqsEventSource(queues.control, { batchSize: 1, maxConcurrency: 5, reportBatchItemFailures: true }),
    );

    this.metricsNamespace = Stack.of(this).stackName;
    this.sweeper = new InsideFunction(this, "Sweeper", {
      foundation,
      entry: "lambdas/functions/events/sweeper.ts",
      description: "Recovers expired leases and unsent messages, and counts open jobs",
      timeout: Duration.minutes(2),
      databaseRole: "benchstack_events",
      usesObjects: true,
      metricsNamespace: this.metricsNamespace,
    });
    new events.Rule(this, "EveryMinute", {
      schedule: events.Schedule.rate(Duration.minutes(1)),
      // No retries: it runs again in the next minute.
      targets: [new targets.LambdaFunction(this.sweeper, { retryAttempts: 0 })],
    });

    this.ecsTaskStopped = new InsideFunction(this, "TaskStopped", {
      foundation,
      entry: "lambdas/functions/events/ecs-task-stopped.ts",
      description: "Records why the ECS task of a step stopped",
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
      targets: [new targets.LambdaFunction(this.ecsTaskStopped)],
    });

    this.scaler = new PlatformFunction(this, "Scaler", {
      entry: "lambdas/functions/events/scaler.ts",
      description: "Sets the number of workers",
      timeout: Duration.seconds(30),
      memorySize: 256,
      kind: "scaler",
      environment: {
        ECS_CLUSTER: compute.cluster.clusterName,
        ECS_SERVICE: compute.service.serviceName,
        WORKER_SLOTS: String(deployment.workers.slots),
        WORKERS_MAX: String(deployment.workers.max),
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

  /** The functions that use the database. */
  get inside(): InsideFunction[] {
    return [this.control, this.sweeper, this.ecsTaskStopped, ...(this.#mailer ? [this.#mailer.outgoing] : [])];
  }

  get all(): PlatformFunction[] {
    return [...this.inside, this.scaler, ...(this.#mailer ? [this.#mailer.sender] : [])];
  }
}
