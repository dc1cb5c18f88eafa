import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { queueLoads } from "../db/served-queues.ts";
import { queueMetrics as names, serviceName } from "../../kernel/metrics.ts";
import { longestWaitSeconds } from "../rules/queue-load.ts";
import type { Context } from "../../kernel/context.ts";

/**
 * Publishes depth, age and quarantine of every queue with jobs, and of the whole platform, if the deployment reads metrics. They
 * are written to the log, where CloudWatch reads them, because its API cannot be reached from inside the VPC. A metric costs
 * money in every hour in which it has a value, so an idle platform publishes none.
 */
export async function tellMetrics({ db, environment }: Context): Promise<void> {
  const { METRICS_NAMESPACE: namespace, CAPACITY_PROFILES } = environment;
  if (namespace === undefined) return;
  const loads = await queueLoads(db);
  if (loads.length === 0) return;
  const metrics = new Metrics({ namespace, serviceName });
  for (const { queue, ready, oldestReadySeconds, quarantined } of loads)
    metrics
      .addDimension("Queue", queue)
      .addMetric(names.ready, MetricUnit.Count, ready)
      .addMetric(names.oldest, MetricUnit.Seconds, oldestReadySeconds)
      .addMetric(names.quarantined, MetricUnit.Count, quarantined)
      .publishStoredMetrics();
  metrics
    .addMetric(names.oldest, MetricUnit.Seconds, longestWaitSeconds(loads, CAPACITY_PROFILES))
    .addMetric(
      names.quarantined,
      MetricUnit.Count,
      loads.reduce((sum, { quarantined }) => sum + quarantined, 0),
    )
    .publishStoredMetrics();
}
