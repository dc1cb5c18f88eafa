/** Migrates leaderboard entries to the next phase: each is run there once. */
import { findPhase, tasksOfPhases } from "../db/competitions.ts";
import {
  findOriginals,
  lockedSubmissionsToMigrate,
  markMigrated,
  phasesDueToMigrate,
  submissionsToMigrate,
} from "../db/reruns.ts";
import { thePlatform, type Author } from "../../accounts/service/audit.ts";
import type { Context } from "../../kernel/context.ts";
import { noSuchPhase } from "./access.ts";
import { maxAtOnce, startReruns } from "./rerun.ts";

/** How long after the start of a phase its migration waits for runs of the previous phase. */
const patienceSeconds = 3600;

/**
 * Copies the leaderboard entries of a phase to another phase and runs them there, each once. Limits do not apply to the
 * copies, and answers to the fact sheet are not copied. If one copy fails, the earlier ones are kept.
 * Returns the number of copies.
 */
export async function migratePhase(
  context: Context,
  by: Author,
  fromPhaseId: number,
  toPhaseId: number,
): Promise<number> {
  const to = await findPhase(context.db, toPhaseId);
  if (!to) throw noSuchPhase();
  const tasks = (await tasksOfPhases(context.db, [to.phase.id])).map((task) => task.id);
  let copies = 0;
  for (;;) {
    const ids = (await submissionsToMigrate(context.db, fromPhaseId, to.phase.id)).slice(0, maxAtOnce);
    if (ids.length === 0) return copies;
    copies += await migrate(context, by, ids, { fromPhaseId, toPhaseId: to.phase.id, tasks });
  }
}

async function migrate(
  context: Context,
  by: Author,
  ids: number[],
  { fromPhaseId, toPhaseId, tasks }: { fromPhaseId: number; toPhaseId: number; tasks: number[] },
): Promise<number> {
  const made = await startReruns(context, await findOriginals(context.db, ids), {
    stillWanted: (tx) => lockedSubmissionsToMigrate(tx, fromPhaseId, toPhaseId),
    tasks: () => tasks,
    target: (original) => ({
      phaseId: toPhaseId,
      factSheetAnswers: null,
      queueId: null,
      isSpecificTaskRerun: false,
      migratedFromId: original.id,
    }),
    by,
    events: (made) =>
      made.slice(0, 1).map(({ original }) => ({
        place: { competition: original.competition_id },
        kind: "phase.migrated",
        subject: toPhaseId,
        before: null,
        after: { from: fromPhaseId, copies: made.map(({ original: { id: of }, id }) => ({ of, id })) },
      })),
  });
  return made.length;
}

/**
 * Migrates submissions to started phases with `auto_migrate_to_this_phase`, once nothing of the previous phase runs or an hour
 * has passed. The next call migrates submissions that end later, and retries failed phases. A failure does not delay other
 * phases.
 */
export async function migrateDuePhases(context: Context): Promise<void> {
  for (const { from, to, moreMayCome } of await phasesDueToMigrate(context.db, context.now(), patienceSeconds)) {
    try {
      await migratePhase(context, thePlatform, from, to);
      if (!moreMayCome) await markMigrated(context.db, to, context.now());
    } catch (error) {
      context.log.error("migration.failed", { phase: to, error });
    }
  }
}
