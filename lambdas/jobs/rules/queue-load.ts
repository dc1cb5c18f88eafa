import type { OfferedProfiles } from "../../../contract/capacity-profile.ts";
import { isServedByPlatform, profileBarrier, type ProfileUser, type QueueCapacity } from "./capacity.ts";

/** The numbers of a queue's jobs at one moment. */
export interface QueueLoad extends QueueCapacity {
  /** Its name in SQS. */
  queue: string;
  /** The person who chose its profiles. */
  owner: ProfileUser;
  /** How many jobs may run at once; null means no limit. */
  maxRunning: number | null;
  /** Jobs that have not ended: running, ready, or paused before a retry. */
  open: number;
  running: number;
  /** Jobs that wait, and how long the oldest has waited whose step would find a place. */
  ready: number;
  oldestReadySeconds: number;
  /** Those of them whose step would find no place to run. */
  withoutPlace: number;
  /** Running jobs whose step gets no capacity. */
  withoutCapacity: number;
  /** Jobs that were quarantined recently and still are in quarantine. */
  quarantined: number;
}

/** Whether the platform's own workers run a queue's jobs: they serve the queue, and its owner may use its profiles. */
const isRunByPlatform = (load: QueueLoad, profiles: OfferedProfiles): boolean =>
  isServedByPlatform(load) && profileBarrier(load, load.owner, profiles) === null;

/** How many jobs the platform's own workers should run now. The limits of queues and capacity providers are respected. */
export const openJobs = (loads: QueueLoad[], profiles: OfferedProfiles): number =>
  loads
    .filter((load) => isRunByPlatform(load, profiles))
    .reduce((sum, { open, withoutPlace, maxRunning }) => sum + Math.min(open - withoutPlace, maxRunning ?? open), 0);

/**
 * How long the oldest job has waited for a worker of the platform. Queues that have reached their limit of running jobs are left
 * out, because their owners chose that limit.
 */
export const longestWaitSeconds = (loads: QueueLoad[], profiles: OfferedProfiles): number =>
  Math.max(
    0,
    ...loads
      .filter((load) => isRunByPlatform(load, profiles) && (load.maxRunning === null || load.running < load.maxRunning))
      .map(({ oldestReadySeconds }) => oldestReadySeconds),
  );
