import { Aws, Duration } from "aws-cdk-lib";
import * as budgets from "aws-cdk-lib/aws-budgets";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import * as actions from "aws-cdk-lib/aws-cloudwatch-actions";
import * as iam from "aws-cdk-lib/aws-iam";
import * as sns from "aws-cdk-lib/aws-sns";
import * as subscriptions from "aws-cdk-lib/aws-sns-subscriptions";
import { Construct } from "constructs";
import type { Api } from "./api.ts";
import type { Database } from "./database.ts";
import type { Deployment } from "./deployment.ts";
import type { Events } from "./events.ts";
import type { Queues } from "./queues.ts";

export interface MonitoringProps {
  deployment: Deployment;
  api: Api;
  queues: Queues;
  events: Events;
  database: Database;
}

const { GREATER_THAN_OR_EQUAL_TO_THRESHOLD, LESS_THAN_THRESHOLD } = cloudwatch.ComparisonOperator;
const { BREACHING, NOT_BREACHING } = cloudwatch.TreatMissingData;
const fiveMinutes = Duration.minutes(5);

/** Alarms, each with a page in docs/runbooks that says what to do; a dashboard; the budget. All tell one topic. */
export class Monitoring extends Construct {
  readonly #topic: sns.Topic;
  readonly #alarms: cloudwatch.Alarm[] = [];

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const { deployment, api, queues, events, database } = props;
    this.#topic = new sns.Topic(this, "Topic", { enforceSSL: true });
    if (deployment.mail) this.#topic.addSubscription(new subscriptions.EmailSubscription(deployment.mail));

    for (const [name, queue] of Object.entries(queues.deadLetters))
      this.#alarm(`${name}DeadLetters`, "dead-letters", `Messages of ${name} that nobody could handle`, {
        metric: queue.metricApproximateNumberOfMessagesVisible({ period: fiveMinutes, statistic: "Maximum" }),
        threshold: 1,
      });
    this.#alarm("ApiErrors", "api-errors", "The API answers 5xx", {
      metric: api.http.metricServerError({ period: fiveMinutes, statistic: "Sum" }),
      threshold: 5,
    });
    this.#alarm("SweeperSilent", "sweeper-silent", "The sweeper has not ended well for 10 minutes", {
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
    this.#alarm("JobsWaiting", "jobs-waiting", "Jobs of the default queue wait for a worker", {
      metric: queues.defaultQueue.metricApproximateAgeOfOldestMessage({ period: fiveMinutes, statistic: "Maximum" }),
      threshold: Duration.minutes(15).toSeconds(),
    });
    this.#alarm("TaskStoppedErrors", "task-stopped-errors", "What ECS tells of stopped tasks is not kept", {
      metric: events.taskStopped.metricErrors({ period: fiveMinutes }),
      threshold: 1,
    });
    if (database.instance) this.#watchDatabase(database.instance);
    this.#budget(deployment);
    new cloudwatch.Dashboard(this, "Dashboard", { widgets: this.#widgets(props) });
  }

  #watchDatabase(instance: NonNullable<Database["instance"]>): void {
    this.#alarm("DatabaseStorage", "database-storage", "The database has less than 2 GiB left", {
      metric: instance.metricFreeStorageSpace({ period: fiveMinutes, statistic: "Minimum" }),
      threshold: 2 * 2 ** 30,
      comparisonOperator: LESS_THAN_THRESHOLD,
    });
    this.#alarm("DatabaseConnections", "database-connections", "The database has nearly as many connections as it may", {
      metric: instance.metricDatabaseConnections({ period: fiveMinutes, statistic: "Maximum" }),
      threshold: 27,
      evaluationPeriods: 3,
    });
    this.#alarm("DatabaseCredits", "database-credits", "The database has used up its CPU credits", {
      metric: instance.metric("CPUCreditBalance", { period: fiveMinutes, statistic: "Minimum" }),
      threshold: 15,
      comparisonOperator: LESS_THAN_THRESHOLD,
      evaluationPeriods: 3,
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
      alarmDescription: `${what}. What to do: docs/runbooks/${runbook}.md`,
    });
    alarm.addAlarmAction(new actions.SnsAction(this.#topic));
    this.#alarms.push(alarm);
  }

  #budget({ budgetUsd, name }: Deployment): void {
    this.#topic.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [new iam.ServicePrincipal("budgets.amazonaws.com")],
        actions: ["sns:Publish"],
        resources: [this.#topic.topicArn],
        conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } },
      }),
    );
    const notify = (notificationType: "ACTUAL" | "FORECASTED", threshold: number) => ({
      notification: { notificationType, comparisonOperator: "GREATER_THAN", threshold, thresholdType: "PERCENTAGE" },
      subscribers: [{ subscriptionType: "SNS", address: this.#topic.topicArn }],
    });
    new budgets.CfnBudget(this, "Budget", {
      budget: {
        budgetName: `${name}-monthly`,
        budgetType: "COST",
        timeUnit: "MONTHLY",
        budgetLimit: { amount: budgetUsd, unit: "USD" },
      },
      notificationsWithSubscribers: [notify("ACTUAL", 80), notify("FORECASTED", 100)],
    });
  }

  #widgets({ api, queues, events, database }: MonitoringProps): cloudwatch.IWidget[][] {
    const graph = (title: string, left: cloudwatch.IMetric[], right: cloudwatch.IMetric[] = []) =>
      new cloudwatch.GraphWidget({ title, left, right, width: 12 });
    const functions = [...api.functions, ...events.all];
    return [
      [new cloudwatch.AlarmStatusWidget({ title: "Alarms", alarms: this.#alarms, width: 24 })],
      [
        graph("API", [api.http.metricCount(), api.http.metricClientError(), api.http.metricServerError()], [api.http.metricLatency()]),
        graph("Doorbells", [queues.defaultQueue.metricNumberOfMessagesSent()], [queues.defaultQueue.metricApproximateAgeOfOldestMessage()]),
      ],
      [
        graph("Errors of functions", functions.map((one) => one.metricErrors())),
        graph("Duration of functions", functions.map((one) => one.metricDuration())),
      ],
      ...(database.instance
        ? [[
            graph("Database", [database.instance.metricCPUUtilization()], [database.instance.metricDatabaseConnections()]),
            graph("Free storage", [database.instance.metricFreeStorageSpace()]),
          ]]
        : []),
    ];
  }
}
