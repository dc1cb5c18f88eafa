import { stalledCreations } from "../competitions/db/competition-creations.ts";
import { stalledDumps } from "../competitions/db/dumps.ts";
import { rerunPiecesToSendAgain } from "../competitions/db/reruns.ts";
import { expiredAttempts, ringAgain } from "../jobs/db/jobs.ts";
import { enqueue, forgetSent, overdueMessages } from "../kernel/db/outbox.ts";
import { failExpired } from "../jobs/service/attempts.ts";
import { tellMetrics } from "../jobs/service/metrics.ts";
import { sendMessages, transact, type Context } from "../kernel/context.ts";
import { migrateDuePhases } from "../competitions/service/rerun.ts";
import { tellScaler } from "../jobs/service/scaling.ts";
import { deleteSupersededFiles } from "../competitions/service/superseded-files.ts";

const batch = 500;

/** What a sweep does, in this order. */
const parts: Record<string, (context: Context) => Promise<unknown>> = {
  "leases that ran out": async (context) => {
    for (const attemptId of await expiredAttempts(context.db, batch)) await failExpired(context, attemptId);
  },
  "jobs whose doorbell nobody heard": ({ db }) => ringAgain(db, 60, batch),
  "bundles nobody unpacks": async (context) => {
    for (const creation of await stalledCreations(context.db, 300))
      await transact(context, (tx) =>
        enqueue(tx, context.environment.CONTROL_QUEUE, context.correlationId, { type: "unpack-bundle", creation }),
      );
  },
  "dumps nobody makes": async (context) => {
    for (const dump of await stalledDumps(context.db, 300))
      await transact(context, (tx) =>
        enqueue(tx, context.environment.CONTROL_QUEUE, context.correlationId, { type: "dump", dump }),
      );
  },
  "reruns nobody does": (context) =>
    transact(context, async (tx) => {
      const pieces = await rerunPiecesToSendAgain(tx, 300, batch);
      await enqueue(
        tx,
        context.environment.CONTROL_QUEUE,
        context.correlationId,
        ...pieces.map((piece) => ({ type: "rerun", piece })),
      );
    }),
  "phases that have started": migrateDuePhases,
  "files that phases do not keep": deleteSupersededFiles,
  "messages that were promised and not sent": async (context) => {
    const overdue = await overdueMessages(context.db, 10, batch);
    if (overdue.length > 0) await sendMessages(context, overdue);
  },
  "messages of yesterday": ({ db }) => forgetSent(db),
  "the number of workers": tellScaler,
  "metrics of queues": tellMetrics,
};

/**
 * Puts right what got lost, once a minute, and migrates to phases that have started meanwhile. Each part is safe to do
 * twice, and one that fails keeps no other from being done; it throws when all are through.
 */
export async function sweep(context: Context): Promise<void> {
  const errors: Error[] = [];
  for (const [part, run] of Object.entries(parts)) {
    try {
      await run(context);
    } catch (error) {
      context.log.error("sweep.failed", { part, error });
      errors.push(error as Error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, errors.map(({ message }) => message).join("; "));
}
