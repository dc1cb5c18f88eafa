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
export type QueueMetric = (typeof queueMetrics)[keyof typeof queueMetrics];
