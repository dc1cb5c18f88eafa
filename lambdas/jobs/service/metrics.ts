import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { queueLoads } from "../db/served-queues.ts";
import { queueMetrics as names, serviceName } from "../../kernel/metrics.ts";
import { longestWaitSeconds } from "../rules/queue-load.ts";
import type { Context } from "../../kernel/context.ts";

/**
 * Tells depth, age and quarantine of every queue that has something to tell, and what concerns the whole platform, where
 * somebody watches. They go into the log, from which CloudWatch takes them: there is no way to its API from inside the VPC. A
 * metric is paid for by the hours in which it is told, so a platform with nothing to do tells none.
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
