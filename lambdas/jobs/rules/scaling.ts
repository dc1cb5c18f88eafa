/**
 * How many workers are needed for a number of open jobs (ready or leased), if one worker runs `slots` jobs at a time. Never
 * more than `max`, however many jobs wait.
 */
export function workersFor(openJobs: number, { slots, max }: { slots: number; max: number }): number {
  return Math.min(Math.ceil(openJobs / slots), max);
}
