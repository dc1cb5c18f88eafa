/**
 * Deletes files in phases that keep only those of a participant's best and last submissions
 * (`delete_submissions_except_best_and_last`).
 */
import { sql, type Transaction } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";
import { countedRuns } from "./counted-runs.ts";
import { belongsTo, type Contestant } from "./teams.ts";

type Tx = Transaction<Database>;

export interface Unsettled {
  phaseId: number;
  competitionId: number;
  ownerId: number;
}

/**
 * Owners with newly Finished submissions to such a phase, for which it was not yet decided which files to delete. Blind
 * phases are excluded: which files remain would reveal the best submission.
 */
export async function unsettledOwners(db: Db, limit: number): Promise<Unsettled[]> {
  return db
    .selectFrom("phases as p")
    .innerJoin("submissions as s", "s.phase_id", "p.id")
    .select(["p.id as phaseId", "p.competition_id as competitionId", "s.owner_id as ownerId"])
    .distinct()
    .where("p.delete_submissions_except_best_and_last", "=", true)
    .where("p.blind", "=", false)
    .where("s.status", "=", "Finished")
    .where("s.parent_id", "is", null)
    .where("s.storage_settled", "=", false)
    .limit(limit)
    .execute();
}

/**
 * A contestant's Finished parents and single submissions to a phase whose files exist, oldest first. Excludes
 * specific-task reruns, which organizers use for comparison.
 */
export async function storedSubmissions(tx: Tx, phaseId: number, contestant: Contestant) {
  return tx
    .selectFrom("submissions as s")
    .innerJoin("datasets as d", "d.id", "s.data_id")
    .select([
      "s.id",
      "s.submitted_when",
      countedRuns("s").as("runs"),
      "s.on_leaderboard as onLeaderboard",
      "s.kept_off_leaderboard as isKeptOff",
      sql<boolean>`s.is_public or d.is_public`.as("isPublic"),
    ])
    .where("s.phase_id", "=", phaseId)
    .where(belongsTo(contestant))
    .where("s.parent_id", "is", null)
    .where("s.status", "=", "Finished")
    .where("s.is_soft_deleted", "=", false)
    .where("s.is_specific_task_re_run", "=", false)
    .orderBy("s.submitted_when")
    .orderBy("s.id")
    .execute();
}

/** Records that the files of submissions were deleted. */
export async function markFilesDeleted(tx: Tx, ids: number[]): Promise<void> {
  await tx
    .updateTable("submissions")
    .set({ data_id: null, files_deleted_when: sql<Date>`now()` })
    .where("id", "in", ids)
    .execute();
}

/** Records that an owner's Finished submissions to a phase have been checked for files to delete. */
export async function markSettled(tx: Tx, phaseId: number, ownerId: number): Promise<void> {
  await tx
    .updateTable("submissions")
    .set({ storage_settled: true })
    .where("phase_id", "=", phaseId)
    .where("owner_id", "=", ownerId)
    .where("parent_id", "is", null)
    .where("status", "=", "Finished")
    .where("storage_settled", "=", false)
    .execute();
}
