import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { offeredProfiles } from "../db/capacity-profiles.ts";
import { queueLoads } from "../db/served-queues.ts";
import { unwellWorkers } from "../db/workers.ts";
import { queueMetrics as names, serviceName, type QueueMetric } from "../../kernel/metrics.ts";
import { longestWaitSeconds } from "../rules/queue-load.ts";
import type { Context } from "../../kernel/context.ts";

/**
 * Publishes the number of ready jobs, their greatest age, the numbers of jobs without capacity and in quarantine, and the number
 * of workers that take no jobs, for every queue that has any and for the whole platform, if the deployment reads metrics.
 * CloudWatch reads them from the log, because functions inside the VPC cannot reach its API. A metric costs money in every hour in
 * which it has a value, so an idle platform publishes none.
 */
export async function tellMetrics({ db, environment }: Context): Promise<void> {
  const { METRICS_NAMESPACE: namespace } = environment;
  if (namespace === undefined) return;
  const [loads, unwell] = [await queueLoads(db), await unwellWorkers(db)];
  if (loads.length === 0 && unwell.length === 0) return;
  const metrics = new Metrics({ namespace, serviceName });
  /** Most of the time nothing is wrong, and a metric without a value costs nothing. */
  const addTrouble = (name: QueueMetric, count: number) =>
    count > 0 && metrics.addMetric(name, MetricUnit.Count, count);
  for (const { queue, ready, oldestReadySeconds, withoutCapacity, quarantined } of loads) {
    metrics
      .addDimension("Queue", queue)
      .addMetric(names.ready, MetricUnit.Count, ready)
      .addMetric(names.oldest, MetricUnit.Seconds, oldestReadySeconds)
      .addMetric(names.quarantined, MetricUnit.Count, quarantined);
    addTrouble(names.withoutCapacity, withoutCapacity);
    metrics.publishStoredMetrics();
  }
  for (const [queue, { length }] of Map.groupBy(unwell, (worker) => worker.queue))
    metrics.addDimension("Queue", queue).addMetric(names.unwell, MetricUnit.Count, length).publishStoredMetrics();
  addTrouble(
    names.withoutCapacity,
    loads.reduce((sum, { withoutCapacity }) => sum + withoutCapacity, 0),
  );
  addTrouble(names.unwell, new Set(unwell.map(({ id }) => id)).size);
  metrics
    .addMetric(names.oldest, MetricUnit.Seconds, longestWaitSeconds(loads, await offeredProfiles(db)))
    .addMetric(
      names.quarantined,
      MetricUnit.Count,
      loads.reduce((sum, { quarantined }) => sum + quarantined, 0),
    )
    .publishStoredMetrics();
}
