import { stalledCreations } from "../competitions/db/competition-creations.ts";
import { stalledDumps } from "../competitions/db/dumps.ts";
import { expiredAttempts, ringAgain } from "../jobs/db/jobs.ts";
import { enqueue, forgetSent, overdueMessages } from "../kernel/db/outbox.ts";
import { failExpired } from "../jobs/service/attempts.ts";
import { tellMetrics } from "../jobs/service/metrics.ts";
import { sendMessages, transact, type Platform } from "../kernel/context.ts";
import { migrateDuePhases } from "../competitions/service/rerun.ts";
import { tellScaler } from "../jobs/service/scaling.ts";
import { deleteSupersededFiles } from "../competitions/service/superseded-files.ts";

const batch = 500;

/** What a sweep does, in this order. */
const parts: Record<string, (platform: Platform) => Promise<unknown>> = {
  "leases that ran out": async (platform) => {
    for (const attemptId of await expiredAttempts(platform.db, batch)) await failExpired(platform, attemptId);
  },
  "jobs whose doorbell nobody heard": ({ db }) => ringAgain(db, 60, batch),
  "bundles nobody unpacks": async (platform) => {
    for (const creation of await stalledCreations(platform.db, 300))
      await transact(platform, (tx) =>
        enqueue(tx, platform.environment.CONTROL_QUEUE, { type: "unpack-bundle", creation }),
      );
  },
  "dumps nobody makes": async (platform) => {
    for (const dump of await stalledDumps(platform.db, 300))
      await transact(platform, (tx) => enqueue(tx, platform.environment.CONTROL_QUEUE, { type: "dump", dump }));
  },
  "phases that have started": migrateDuePhases,
  "files that phases do not keep": deleteSupersededFiles,
  "messages that were promised and not sent": async (platform) => {
    const overdue = await overdueMessages(platform.db, 10, batch);
    if (overdue.length > 0) await sendMessages(platform, overdue);
  },
  "messages of yesterday": ({ db }) => forgetSent(db),
  "the number of workers": tellScaler,
  "metrics of queues": tellMetrics,
};

/**
 * Puts right what got lost, once a minute, and migrates to phases that have started meanwhile. Each part is safe to do
 * twice, and one that fails keeps no other from being done; it throws when all are through.
 */
export async function sweep(platform: Platform): Promise<void> {
  const errors: Error[] = [];
  for (const [part, run] of Object.entries(parts)) {
    try {
      await run(platform);
    } catch (error) {
      platform.log.error("a part of the sweep failed", { part, error: error as Error });
      errors.push(error as Error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, errors.map(({ message }) => message).join("; "));
}
