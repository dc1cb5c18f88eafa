/**
 * The number of workers needed for a number of open jobs (ready or leased), if one worker runs `slots` jobs at once. At most
 * `max`.
 */
export function workersFor(openJobs: number, { slots, max }: { slots: number; max: number }): number {
  return Math.min(Math.ceil(openJobs / slots), max);
}
