import { forgetBlockedNames } from "../accounts/db/blocked-names.ts";
import { forgetUsedSignIns } from "../accounts/db/identities.ts";
import { forgetOldTries } from "../accounts/db/throttles.ts";
import { stalledCreations } from "../competitions/db/competition-creations.ts";
import { forgetDownloads } from "../competitions/db/datasets.ts";
import { checkCounts, foldCounts } from "../competitions/db/counts.ts";
import { stalledDumps } from "../competitions/db/dumps.ts";
import { rerunPiecesToSendAgain } from "../competitions/db/reruns.ts";
import { ringAgain } from "../jobs/db/doorbells.ts";
import { otherOpenKinds } from "../jobs/db/jobs.ts";
import { forgetLateReports } from "../jobs/db/late-reports.ts";
import { forgetQuestions } from "../jobs/db/questions.ts";
import { forgetWorkers } from "../jobs/db/workers.ts";
import { enqueue, forgetSent, overdueMessages } from "../kernel/db/outbox.ts";
import { failExpired, findLost } from "../jobs/service/attempts.ts";
import { countRunningCosts, warnOfBudgets } from "../jobs/service/budgets.ts";
import { stopUnusedCapacity } from "../jobs/service/capacity-requests.ts";
import { eraseLostAttempts } from "../jobs/service/erase.ts";
import { deleteOriginals } from "../jobs/service/keep-files.ts";
import type { JobOwners } from "../jobs/service/job-owner.ts";
import { tellMetrics } from "../jobs/service/metrics.ts";
import { sendMessages, transact, type Context } from "../kernel/context.ts";
import { Unavailable } from "../kernel/outages/unavailable.ts";
import { continueStalledExports, deleteExpiredExports } from "../accounts/service/exports.ts";
import { eraseDueAccounts } from "../accounts/service/leaving.ts";
import { sendStalledMails } from "../accounts/service/mail.ts";
import { mailEndedSubmissions } from "../competitions/service/submission-mails.ts";
import { startStalledBundles } from "../worksheets/service/start-bundles.ts";
import { endAbandonedContents } from "../worksheets/service/contents/release.ts";
import { continueStalledRuns } from "../worksheets/service/runs/finish.ts";
import { mailFollowers } from "../forum/service/mail-followers.ts";
import { migrateDuePhases } from "../competitions/service/migrate.ts";
import { sendWorkerDemand } from "../jobs/service/scaling.ts";
import { countOutputs } from "../competitions/db/storage.ts";
import { takeSnapshot } from "../competitions/db/storage-snapshots.ts";
import { endAbandonedUploads } from "../competitions/service/clean-up.ts";
import { deleteOrphans, inspectStore } from "../competitions/service/inspect-store.ts";
import { deleteLeftUploads } from "../competitions/service/keep-upload.ts";
import { deleteSupersededFiles } from "../competitions/service/superseded-files.ts";

const batch = 500;

/** The parts of a sweep, in order, by the name that the log has for them. */
const parts: Record<string, (context: Context, owners: JobOwners) => Promise<unknown>> = {
  "expired-leases": async (context, owners) => {
    await forEach(await findLost(context, batch), (attemptId) => failExpired(context, owners, attemptId));
  },
  "ownerless-jobs": async ({ db }, owners) => {
    const kinds = await otherOpenKinds(db, [...owners.keys()]);
    if (kinds.length > 0)
      throw new Error(`jobs of these kinds have no owner, so no worker gets them: ${kinds.join(", ")}`);
  },
  "lost-doorbells": ({ db }) => ringAgain(db, 60),
  "stalled-imports": async (context) => {
    for (const creation of await stalledCreations(context.db, 300))
      await transact(context, (tx) =>
        enqueue(tx, context.environment.CONTROL_QUEUE, context.correlationId, { type: "unpack-bundle", creation }),
      );
  },
  "stalled-dumps": async (context) => {
    for (const dump of await stalledDumps(context.db, 300))
      await transact(context, (tx) =>
        enqueue(tx, context.environment.CONTROL_QUEUE, context.correlationId, { type: "dump", dump }),
      );
  },
  "stalled-exports": continueStalledExports,
  "expired-exports": deleteExpiredExports,
  "due-deletions": eraseDueAccounts,
  "stalled-reruns": (context) =>
    transact(context, async (tx) => {
      const pieces = await rerunPiecesToSendAgain(tx, 300, batch);
      await enqueue(
        tx,
        context.environment.CONTROL_QUEUE,
        context.correlationId,
        ...pieces.map((piece) => ({ type: "rerun", piece })),
      );
    }),
  "running-costs": countRunningCosts,
  "budget-warnings": warnOfBudgets,
  "unused-capacity": stopUnusedCapacity,
  "started-phases": migrateDuePhases,
  "superseded-files": deleteSupersededFiles,
  "left-uploads": deleteLeftUploads,
  "abandoned-uploads": endAbandonedUploads,
  "abandoned-contents": endAbandonedContents,
  "stalled-makes": startStalledBundles,
  "stalled-runs": continueStalledRuns,
  "store-inspection": inspectStore,
  orphans: deleteOrphans,
  "storage-snapshot": ({ db }) => takeSnapshot(db),
  "output-sizes": ({ db }) => countOutputs(db, { limit: batch }),
  counts: ({ db }) => foldCounts(db),
  "wrong-counts": async ({ db, log }) => {
    const count = await checkCounts(db);
    if (count > 0) log.warn("counts.corrected", { count });
  },
  "lost-attempts": eraseLostAttempts,
  "kept-results": deleteOriginals,
  "ended-submissions": mailEndedSubmissions,
  "forum-mails": mailFollowers,
  "stalled-mails": sendStalledMails,
  "unsent-messages": async (context) => {
    const overdue = await overdueMessages(context.db, 10, batch);
    if (overdue.length > 0) await sendMessages(context, overdue);
  },
  "sent-messages": ({ db }) => forgetSent(db),
  "late-reports": ({ db }) => forgetLateReports(db, 10_000),
  questions: ({ db }) => forgetQuestions(db),
  "old-workers": ({ db }) => forgetWorkers(db),
  "old-tries": ({ db }) => forgetOldTries(db),
  "blocked-names": ({ db }) => forgetBlockedNames(db),
  "used-sign-ins": ({ db }) => forgetUsedSignIns(db),
  "counted-downloads": ({ db }) => forgetDownloads(db),
  "worker-count": sendWorkerDemand,
  "queue-metrics": tellMetrics,
};

/**
 * Runs once a minute. Recovers expired leases and unsent messages, and migrates submissions to phases that have started.
 * Each part is safe to repeat. If a part fails, the others still run, unless the database does not work; the errors are thrown
 * at the end.
 */
export async function sweep(context: Context, owners: JobOwners): Promise<void> {
  await forEach(Object.entries(parts), async ([part, run]) => {
    try {
      await run(context, owners);
    } catch (error) {
      context.log.error("sweep.failed", { part, error });
      throw error;
    }
  });
}

const isWithoutDatabase = (error: unknown) => error instanceof Unavailable && error.service === "database";

/**
 * Calls a function for each item. If an item fails, the others still run, unless the database does not work. The errors are
 * thrown together.
 */
async function forEach<Item>(items: Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
  const errors: Error[] = [];
  for (const item of items)
    try {
      await work(item);
    } catch (error) {
      if (isWithoutDatabase(error)) throw error;
      errors.push(error as Error);
    }
  if (errors.length > 0) throw new AggregateError(errors, errors.map(({ message }) => message).join("; "));
}
