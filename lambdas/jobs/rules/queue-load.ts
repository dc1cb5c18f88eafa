import type { OfferedProfiles } from "../../../contract/capacity-profile.ts";
import { isServedByPlatform, profileBarrier, type ProfileUser, type QueueCapacity } from "./capacity.ts";

/** What a queue has to do, as counted at one moment. */
export interface QueueLoad extends QueueCapacity {
  /** Its name in SQS. */
  queue: string;
  /** Whose choice its profiles are. */
  owner: ProfileUser;
  /** The most jobs that run at a time, where it has such a limit. */
  maxRunning: number | null;
  /** Jobs that are not over: running, ready, or in a pause before another try. */
  open: number;
  running: number;
  /** Jobs that may be claimed now, and how long the oldest of them could have been. */
  ready: number;
  oldestReadySeconds: number;
  /** Jobs that were quarantined lately and are still. */
  quarantined: number;
}

/** Whether the platform's own workers run a queue's jobs: they serve it, and its owner may use its profiles. */
const isRunByPlatform = (load: QueueLoad, profiles: OfferedProfiles): boolean =>
  isServedByPlatform(load) && profileBarrier(load, load.owner, profiles) === null;

/** How many jobs the platform's own workers have to do, of each queue at most as many as may run at a time. */
export const openJobs = (loads: QueueLoad[], profiles: OfferedProfiles): number =>
  loads
    .filter((load) => isRunByPlatform(load, profiles))
    .reduce((sum, { open, maxRunning }) => sum + Math.min(open, maxRunning ?? open), 0);

/**
 * How long the oldest job has waited for a worker of the platform. On a queue that runs as many as it may, jobs wait for each
 * other by its owner's choice.
 */
export const longestWaitSeconds = (loads: QueueLoad[], profiles: OfferedProfiles): number =>
  Math.max(
    0,
    ...loads
      .filter((load) => isRunByPlatform(load, profiles) && (load.maxRunning === null || load.running < load.maxRunning))
      .map(({ oldestReadySeconds }) => oldestReadySeconds),
  );
