/** Jobs that the platform failed to run. The owner of their queue can list, replay and drop them. */
import { dropQuarantined, listQuarantined, replayJob, type QuarantinedJob } from "../db/quarantine.ts";
import type { Fields } from "../../accounts/rules/audit.ts";
import type { UserActor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { record, type UserAuthor } from "../../accounts/service/audit.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { eraseLater } from "../db/lost-attempts.ts";
import { maxWriteSeconds } from "./manifest.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { ownerOf, type JobOwner, type JobOwners } from "./job-owner.ts";
import { ownQueue } from "./queues.ts";

const notQuarantined = () => new Refusal("not-found", "NOT_QUARANTINED", "This queue has no such job in quarantine.");

/** A page of a queue's quarantined jobs with their descriptions, and their total number. */
export async function quarantinedJobs(
  context: Context,
  owners: JobOwners,
  actor: UserActor,
  queueId: string,
  page: { offset: number; limit: number },
): Promise<{ count: number; jobs: { job: QuarantinedJob; shown: Fields }[] }> {
  const queue = await ownQueue(context, actor, queueId);
  const { count, jobs } = await listQuarantined(context.db, queue.id, page);
  const shown = new Map<string, Fields>();
  for (const [kind, ofKind] of Map.groupBy(jobs, (job) => job.kind)) {
    const descriptions = await ownerOf(owners, kind).describe(
      context.db,
      ofKind.map(({ id }) => id),
    );
    for (const [id, description] of descriptions) shown.set(id, description.shown);
  }
  return {
    count,
    jobs: jobs.flatMap((job) => {
      const fields = shown.get(job.id);
      return fields ? [{ job, shown: fields }] : [];
    }),
  };
}

/** Runs a quarantined job again with a full number of tries. No limits apply. Refused while the queue is drained. */
export async function replay(
  context: Context,
  owners: JobOwners,
  by: UserAuthor,
  queueId: string,
  jobId: string,
): Promise<void> {
  const queue = await ownQueue(context, by.actor, queueId);
  if (!queue.accepts_jobs)
    throw new Refusal(
      "forbidden",
      "QUEUE_DRAINED",
      "This queue takes no jobs at the moment. Let it take jobs again first.",
    );
  await transact(context, async (tx) => {
    const kind = await replayJob(tx, queue.id, jobId);
    if (kind === undefined) throw notQuarantined();
    await eraseLater(tx, jobId, maxWriteSeconds);
    const owner = ownerOf(owners, kind);
    const after = await auditedJob(tx, owner, jobId);
    await record(tx, by, { place: { queue: queue.id }, kind: "job.replayed", subject: jobId, before: null, after });
    await owner.replayed(tx, by, jobId);
  });
  context.log.with({ job: jobId }).info("job.replayed", { queue: queue.name });
}

/** Removes a job from quarantine; it stays failed. */
export async function drop(
  context: Context,
  owners: JobOwners,
  by: UserAuthor,
  queueId: string,
  jobId: string,
): Promise<void> {
  const queue = await ownQueue(context, by.actor, queueId);
  await transact(context, async (tx) => {
    const kind = await dropQuarantined(tx, queue.id, jobId);
    if (kind === undefined) throw notQuarantined();
    const before = await auditedJob(tx, ownerOf(owners, kind), jobId);
    await record(tx, by, { place: { queue: queue.id }, kind: "job.dropped", subject: jobId, before, after: null });
  });
  context.log.with({ job: jobId }).info("job.dropped", { queue: queue.name });
}

async function auditedJob(tx: Tx, owner: JobOwner, jobId: string): Promise<Fields> {
  const description = (await owner.describe(tx, [jobId])).get(jobId);
  if (!description) throw notQuarantined();
  return description.audited;
}
