/** What logs and metrics say they are of. */
export const serviceName = "benchstack";

/** Metrics of a queue, with its name as the dimension `Queue`. Those of the whole platform have the same names and no such dimension. */
export const queueMetrics = { ready: "ReadyJobs", oldest: "OldestReadyJob", quarantined: "QuarantinedJobs" } as const;
export type QueueMetric = (typeof queueMetrics)[keyof typeof queueMetrics];
