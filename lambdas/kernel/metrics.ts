/** The service name in logs and metrics. */
export const serviceName = "benchstack";

/** Metric names. Metrics of a queue have the dimension `Queue`; those of the whole platform have no dimension. */
export const queueMetrics = {
  ready: "ReadyJobs",
  oldest: "OldestReadyJob",
  quarantined: "QuarantinedJobs",
  withoutCapacity: "JobsWithoutCapacity",
  unwell: "UnwellWorkers",
} as const;
/** Metrics of the canary. Those of a step have the dimension `Step`; `failures` without it counts runs that failed. */
export const canaryMetrics = { failures: "CanaryFailures", seconds: "CanarySeconds" } as const;
export type QueueMetric = (typeof queueMetrics)[keyof typeof queueMetrics];
