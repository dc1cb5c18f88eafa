import { stalledCreations } from "../db/competition-creations.ts";
import { stalledDumps } from "../db/dumps.ts";
import { expiredAttempts, ringAgain } from "../db/jobs.ts";
import { enqueue, forgetSent, overdueMessages } from "../db/outbox.ts";
import { failAttempt } from "./attempts.ts";
import { tellMetrics } from "./metrics.ts";
import { sendMessages, transact, type Platform } from "./platform.ts";
import { migrateDuePhases } from "./rerun.ts";
import { tellScaler } from "./scaling.ts";
import { deleteSupersededFiles } from "./superseded-files.ts";

const batch = 500;

/**
 * Puts right what got lost, once a minute: leases that ran out, messages that were promised and not sent, jobs whose
 * doorbell nobody heard, bundles nobody unpacks, dumps nobody makes. Migrates to phases that have started meanwhile, and deletes
 * files that phases do not keep. Each is safe to do twice.
 */
export async function sweep(platform: Platform): Promise<void> {
  const { db, environment } = platform;
  for (const attemptId of await expiredAttempts(db, batch))
    await failAttempt(platform, attemptId, {
      code: "WORKER_LOST",
      message: "The worker that ran this went silent.",
      step: null,
    });
  await ringAgain(db, 60, batch);
  for (const creation of await stalledCreations(db, 300))
    await transact(platform, (tx) =>
      enqueue(tx, environment.CONTROL_QUEUE, { type: "unpack-bundle", creation }),
    );
  for (const dump of await stalledDumps(db, 300))
    await transact(platform, (tx) => enqueue(tx, environment.CONTROL_QUEUE, { type: "dump", dump }));
  await migrateDuePhases(platform);
  await deleteSupersededFiles(platform);
  const overdue = await overdueMessages(db, 10, batch);
  if (overdue.length > 0) await sendMessages(platform, overdue);
  await forgetSent(db);
  await tellScaler(platform);
  await tellMetrics(platform);
}
