import type { OfferedProfiles } from "../../../contract/capacity-profile.ts";
import { isServedByPlatform, profileBarrier, type ProfileUser, type QueueCapacity } from "./capacity.ts";

/** The jobs of a queue, counted at one moment. */
export interface QueueLoad extends QueueCapacity {
  /** Its name in SQS. */
  queue: string;
  /** Who chose its profiles. */
  owner: ProfileUser;
  /** How many jobs may run at a time; null is without limit. */
  maxRunning: number | null;
  /** Jobs that have not ended: running, ready, or paused before another try. */
  open: number;
  running: number;
  /** Jobs that may be claimed now, and for how long the oldest of them could have been claimed. */
  ready: number;
  oldestReadySeconds: number;
  /** Jobs that were quarantined recently and still are. */
  quarantined: number;
}

/** Whether the platform's own workers run a queue's jobs: they serve the queue, and its owner may use its profiles. */
const isRunByPlatform = (load: QueueLoad, profiles: OfferedProfiles): boolean =>
  isServedByPlatform(load) && profileBarrier(load, load.owner, profiles) === null;

/** How many jobs the platform's own workers have to run; of each queue at most as many as may run at a time. */
export const openJobs = (loads: QueueLoad[], profiles: OfferedProfiles): number =>
  loads
    .filter((load) => isRunByPlatform(load, profiles))
    .reduce((sum, { open, maxRunning }) => sum + Math.min(open, maxRunning ?? open), 0);

/**
 * How long the oldest job has waited for a worker of the platform. A queue that already runs as many jobs as it may is
 * left out: its owner chose that its jobs wait for each other.
 */
export const longestWaitSeconds = (loads: QueueLoad[], profiles: OfferedProfiles): number =>
  Math.max(
    0,
    ...loads
      .filter((load) => isRunByPlatform(load, profiles) && (load.maxRunning === null || load.running < load.maxRunning))
      .map(({ oldestReadySeconds }) => oldestReadySeconds),
  );
