/**
 * How many workers a number of open jobs (ready or leased) takes, when one looks after `slots` jobs at a time: none
 * without a job, and never more than `max`, however many wait.
 */
export function workersFor(openJobs: number, { slots, max }: { slots: number; max: number }): number {
  return Math.min(Math.ceil(openJobs / slots), max);
}
