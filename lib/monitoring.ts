import { Aws, Duration } from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import * as actions from "aws-cdk-lib/aws-cloudwatch-actions";
import * as iam from "aws-cdk-lib/aws-iam";
import * as sns from "aws-cdk-lib/aws-sns";
import * as subscriptions from "aws-cdk-lib/aws-sns-subscriptions";
import { Construct } from "constructs";
import { maxConnections } from "../lambdas/kernel/db/roles.ts";
import { queueMetrics, serviceName, type QueueMetric } from "../lambdas/kernel/metrics.ts";
import type { Api } from "./api.ts";
import type { Canary } from "./canary.ts";
import type { Compute } from "./compute.ts";
import type { Database } from "./database.ts";
import type { Deployment } from "./deployment.ts";
import type { Events } from "./events.ts";
import type { Gateway } from "./gateway.ts";
import type { Queues } from "./queues.ts";

export interface MonitoringProps {
  deployment: Deployment;
  api: Api;
  queues: Queues;
  compute: Compute;
  events: Events;
  database: Database;
  gateway: Gateway | undefined;
  canary: Canary | undefined;
  /** How full the disks of EC2 hosts are, by the names of their capacity providers. */
  disks: Record<string, cloudwatch.Metric>;
}

const { GREATER_THAN_OR_EQUAL_TO_THRESHOLD, LESS_THAN_THRESHOLD } = cloudwatch.ComparisonOperator;
const { BREACHING, NOT_BREACHING } = cloudwatch.TreatMissingData;
const fiveMinutes = Duration.minutes(5);

/** Alarms with a runbook each in docs/runbooks, and a dashboard. Alarms and the budget (setup.ts) notify one topic. */
export class Monitoring extends Construct {
  /** The topic that alarms and the budget notify. */
  readonly topic: sns.Topic;
  readonly #alarms: cloudwatch.Alarm[] = [];

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const { deployment, api, queues, events, database, disks } = props;
    this.topic = new sns.Topic(this, "Topic", { enforceSSL: true });
    for (const service of ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"]) this.#allowPublish(service);
    if (deployment.mail) this.topic.addSubscription(new subscriptions.EmailSubscription(deployment.mail));

    for (const [name, queue] of Object.entries(queues.deadLetters))
      this.#alarm(`${name}DeadLetters`, "dead-letters", `The queue ${name} has messages that could not be processed`, {
        metric: queue.metricApproximateNumberOfMessagesVisible({ period: fiveMinutes, statistic: "Maximum" }),
        threshold: 1,
      });
    this.#alarm("ApiErrors", "api-errors", "The API answers requests with 5xx", {
      metric: api.http.metricServerError({ period: fiveMinutes, statistic: "Sum" }),
      threshold: 5,
    });
    this.#alarm("SweeperSilent", "sweeper-silent", "The sweeper has not completed successfully for 10 minutes", {
      metric: new cloudwatch.MathExpression({
        expression: "invocations - errors",
        usingMetrics: {
          invocations: events.sweeper.metricInvocations({ period: fiveMinutes }),
          errors: events.sweeper.metricErrors({ period: fiveMinutes }),
        },
        period: fiveMinutes,
      }),
      threshold: 1,
      comparisonOperator: LESS_THAN_THRESHOLD,
      evaluationPeriods: 2,
      treatMissingData: BREACHING,
    });
    this.#alarm("JobsWaiting", "jobs-waiting", "A job has waited 15 minutes for a worker of the platform", {
      metric: this.#metric(props, queueMetrics.oldest),
      threshold: Duration.minutes(15).toSeconds(),
    });
    this.#alarm("CapacityMissing", "capacity-missing", "Jobs have waited half an hour for capacity", {
      metric: this.#metric(props, queueMetrics.withoutCapacity),
      threshold: 1,
      evaluationPeriods: 6,
    });
    this.#alarm("JobsQuarantined", "jobs-quarantined", "Jobs were quarantined after platform failures", {
      metric: this.#metric(props, queueMetrics.quarantined),
      threshold: 1,
    });
    this.#alarm("WorkersUnwell", "workers-unwell", "A worker takes no jobs, because its machine starts no programs", {
      metric: this.#metric(props, queueMetrics.unwell),
      threshold: 1,
      evaluationPeriods: 2,
    });
    this.#alarm("TaskStoppedErrors", "task-stopped-errors", "Events of stopped ECS tasks are not recorded", {
      metric: events.ecsTaskStopped.metricErrors({ period: fiveMinutes }),
      threshold: 1,
    });
    for (const [name, metric] of Object.entries(disks))
      this.#alarm(`${name}Disk`, "host-disk", `A host of the capacity provider ${name} has a disk that is 85 % full`, {
        metric,
        threshold: 85,
      });
    if (database.instance) this.#watchDatabase(database.instance, deployment);
    if (props.gateway) this.#watchGateway(props.gateway);
    if (props.canary)
      this.#alarm("CanaryFailed", "canary", "The canary could not do what people do with worksheets", {
        metric: props.canary.failures,
        threshold: 1,
      });
    new cloudwatch.Dashboard(this, "Dashboard", { widgets: this.#widgets(props) });
  }

  #watchDatabase(instance: NonNullable<Database["instance"]>, deployment: Deployment): void {
    this.#alarm("DatabaseStorage", "database-storage", "The database has less than 2 GiB of free storage", {
      metric: instance.metricFreeStorageSpace({ period: fiveMinutes, statistic: "Minimum" }),
      threshold: 2 * 2 ** 30,
      comparisonOperator: LESS_THAN_THRESHOLD,
    });
    this.#alarm(
      "DatabaseConnections",
      "database-connections",
      "The database is close to its maximum number of connections",
      {
        metric: instance.metricDatabaseConnections({ period: fiveMinutes, statistic: "Maximum" }),
        threshold: Math.floor(0.9 * maxConnections),
        evaluationPeriods: 3,
      },
    );
    // Only burstable types have credits.
    if (!deployment.database.instanceType.startsWith("t")) return;
    this.#alarm("DatabaseCredits", "database-credits", "The database has used up its CPU credits", {
      metric: instance.metric("CPUCreditBalance", { period: fiveMinutes, statistic: "Minimum" }),
      threshold: 15,
      comparisonOperator: LESS_THAN_THRESHOLD,
      evaluationPeriods: 3,
    });
  }

  #watchGateway(gateway: Gateway): void {
    const { errors, tasks } = gateway.metrics(fiveMinutes);
    this.#alarm("GatewayErrors", "gateway", "The gateway for the contents of bundles answers requests with 5xx", {
      metric: errors,
      threshold: 5,
    });
    this.#alarm("GatewayDown", "gateway", "No task of the gateway for the contents of bundles has run for 10 minutes", {
      metric: tasks,
      threshold: 1,
      comparisonOperator: LESS_THAN_THRESHOLD,
      evaluationPeriods: 2,
      treatMissingData: BREACHING,
    });
  }

  #alarm(
    id: string,
    runbook: string,
    what: string,
    options: Pick<cloudwatch.AlarmProps, "metric" | "threshold"> & Partial<cloudwatch.AlarmProps>,
  ): void {
    const alarm = new cloudwatch.Alarm(this, id, {
      comparisonOperator: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: NOT_BREACHING,
      ...options,
      alarmDescription: `${what}. Runbook: docs/runbooks/${runbook}.md`,
    });
    alarm.addAlarmAction(new actions.SnsAction(this.topic));
    this.#alarms.push(alarm);
  }

  /** A metric of the whole platform, which the sweeper writes while there are jobs. */
  #metric({ events }: MonitoringProps, metricName: QueueMetric): cloudwatch.Metric {
    const dimensionsMap = { service: serviceName };
    return new cloudwatch.Metric({
      namespace: events.metricsNamespace,
      metricName,
      dimensionsMap,
      period: fiveMinutes,
      statistic: "Maximum",
    });
  }

  /** The same metric of every queue, with those created at run time. */
  #metricByQueue({ events }: MonitoringProps, metricName: QueueMetric): cloudwatch.IMetric {
    const expression = `SEARCH('{"${events.metricsNamespace}",Queue,service} MetricName="${metricName}"', 'Maximum', 60)`;
    return new cloudwatch.SearchExpression({ expression, period: Duration.minutes(1) });
  }

  /** Allows an AWS service to publish. A topic with its own policy accepts only the services that the policy names. */
  #allowPublish(service: string): void {
    this.topic.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [new iam.ServicePrincipal(service)],
        actions: ["sns:Publish"],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } },
      }),
    );
  }

  #widgets(props: MonitoringProps): cloudwatch.IWidget[][] {
    const { api, events, database, canary } = props;
    const graph = (title: string, left: cloudwatch.IMetric[], right: cloudwatch.IMetric[] = []) =>
      new cloudwatch.GraphWidget({ title, left, right, width: 12 });
    const functions = [...api.functions, ...events.all, ...(canary ? [canary.run] : [])];
    return [
      [new cloudwatch.AlarmStatusWidget({ title: "Alarms", alarms: this.#alarms, width: 24 })],
      [
        graph(
          "API",
          [api.http.metricCount(), api.http.metricClientError(), api.http.metricServerError()],
          [api.http.metricLatency()],
        ),
        graph("Waiting jobs by queue", [this.#metricByQueue(props, queueMetrics.ready)]),
      ],
      [
        graph("Age of the oldest waiting job by queue", [this.#metricByQueue(props, queueMetrics.oldest)]),
        graph("Quarantined jobs of the last day by queue", [this.#metricByQueue(props, queueMetrics.quarantined)]),
      ],
      [
        graph("Jobs without capacity by queue", [this.#metricByQueue(props, queueMetrics.withoutCapacity)]),
        graph("Workers that take no jobs by queue", [this.#metricByQueue(props, queueMetrics.unwell)]),
      ],
      [
        graph(
          "Errors of functions",
          functions.map((one) => one.metricErrors()),
        ),
        graph(
          "Duration of functions",
          functions.map((one) => one.metricDuration()),
        ),
      ],
      ...(canary
        ? [
            [
              graph("Failed steps of the canary", canary.failuresBySteps),
              graph("Seconds of its steps", canary.secondsBySteps),
            ],
          ]
        : []),
      ...(database.instance
        ? [
            [
              graph(
                "Database",
                [database.instance.metricCPUUtilization()],
                [database.instance.metricDatabaseConnections()],
              ),
              graph("Free storage", [database.instance.metricFreeStorageSpace()]),
            ],
          ]
        : []),
    ];
  }
}
