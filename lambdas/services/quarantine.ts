import { dropQuarantined, listQuarantined, replayJob, type QuarantinedJob } from "../db/quarantine.ts";
import type { UserActor } from "../domain/policy.ts";
import { Refusal } from "../domain/refusal.ts";
import { transact, type Platform } from "./platform.ts";
import { ownQueue } from "./queues.ts";

/** Jobs that failed by no fault of their own, for their queue's owner to look at, to replay, or to drop. */

const notQuarantined = () => new Refusal("not-found", "NOT_QUARANTINED", "This queue has no such job in quarantine.");

export async function quarantinedJobs(
  platform: Platform,
  actor: UserActor,
  queueId: string,
  page: { offset: number; limit: number },
): Promise<{ count: number; jobs: QuarantinedJob[] }> {
  return listQuarantined(platform.db, (await ownQueue(platform, actor, queueId)).id, page);
}

/** Runs a quarantined job again, with all its tries anew. Limits do not hold for it. Refused while the queue is drained. */
export async function replay(platform: Platform, actor: UserActor, queueId: string, jobId: string): Promise<void> {
  const queue = await ownQueue(platform, actor, queueId);
  if (!queue.accepts_jobs)
    throw new Refusal("forbidden", "QUEUE_DRAINED", "This queue takes no jobs at the moment. Let it take jobs again first.");
  if (!(await transact(platform, (tx) => replayJob(tx, queue.id, jobId)))) throw notQuarantined();
}

/** Leaves a quarantined job as it failed. */
export async function drop(platform: Platform, actor: UserActor, queueId: string, jobId: string): Promise<void> {
  const queue = await ownQueue(platform, actor, queueId);
  if (!(await dropQuarantined(platform.db, queue.id, jobId))) throw notQuarantined();
}
