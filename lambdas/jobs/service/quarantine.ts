import { dropQuarantined, listQuarantined, replayJob, type QuarantinedJob } from "../db/quarantine.ts";
import type { AuditEvent } from "../../accounts/rules/audit.ts";
import type { UserActor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { record, type UserAuthor } from "../../accounts/service/audit.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { ownQueue } from "./queues.ts";

/** Jobs that failed by no fault of their own, for their queue's owner to look at, to replay, or to drop. */

const notQuarantined = () => new Refusal("not-found", "NOT_QUARANTINED", "This queue has no such job in quarantine.");

export async function quarantinedJobs(
  context: Context,
  actor: UserActor,
  queueId: string,
  page: { offset: number; limit: number },
): Promise<{ count: number; jobs: QuarantinedJob[] }> {
  return listQuarantined(context.db, (await ownQueue(context, actor, queueId)).id, page);
}

/** Runs a quarantined job again, with all its tries anew. Limits do not hold for it. Refused while the queue is drained. */
export async function replay(context: Context, by: UserAuthor, queueId: string, jobId: string): Promise<void> {
  const queue = await ownQueue(context, by.actor, queueId);
  if (!queue.accepts_jobs)
    throw new Refusal(
      "forbidden",
      "QUEUE_DRAINED",
      "This queue takes no jobs at the moment. Let it take jobs again first.",
    );
  await transact(context, async (tx) => {
    const replayed = await replayJob(tx, queue.id, jobId);
    if (!replayed) throw notQuarantined();
    const { competition, submission } = replayed;
    const [before, after] = [{ status: "Failed" }, { status: "Submitted" }];
    const ofSubmission: AuditEvent = {
      place: { competition },
      kind: "submission.replayed",
      subject: submission,
      before,
      after,
    };
    await record(
      tx,
      by,
      { place: { queue: queue.id }, kind: "job.replayed", subject: jobId, before: null, after: { submission } },
      ofSubmission,
    );
  });
  context.log.with({ job: jobId }).info("job.replayed", { queue: queue.name });
}

/** Leaves a quarantined job as it failed. */
export async function drop(context: Context, by: UserAuthor, queueId: string, jobId: string): Promise<void> {
  const queue = await ownQueue(context, by.actor, queueId);
  await transact(context, async (tx) => {
    const dropped = await dropQuarantined(tx, queue.id, jobId);
    if (!dropped) throw notQuarantined();
    const { submission } = dropped;
    await record(tx, by, {
      place: { queue: queue.id },
      kind: "job.dropped",
      subject: jobId,
      before: { submission },
      after: null,
    });
  });
  context.log.with({ job: jobId }).info("job.dropped", { queue: queue.name });
}
