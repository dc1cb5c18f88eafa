import { sql, type Transaction } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";
import { madeBy, type Contestant } from "./teams.ts";

/** Phases that keep the files of a participant's best and last submissions only (`delete_submissions_except_best_and_last`). */

type Tx = Transaction<Database>;

export interface Unsettled {
  phaseId: number;
  competitionId: number;
  ownerId: number;
}

/**
 * People of whom a submission has Finished to such a phase, and it was not seen since what that leaves to delete. While a
 * phase is blind nothing is deleted: what is left would tell which submission is the best.
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
 * A contestant's Finished submissions to a phase whose files are there, oldest first: parents and single ones. Reruns on a
 * task of their own are the organizers' to compare with, and not among them.
 */
export async function storedSubmissions(tx: Tx, phaseId: number, contestant: Contestant) {
  return tx
    .selectFrom("submissions as s")
    .innerJoin("datasets as d", "d.id", "s.data_id")
    .select([
      "s.id",
      "s.created_when",
      "s.has_children",
      sql<number[]>`array(select k.id from submissions k where k.parent_id = s.id order by k.id)`.as("children"),
      "s.on_leaderboard as onLeaderboard",
      sql<boolean>`s.is_public or d.is_public`.as("isPublic"),
    ])
    .where("s.phase_id", "=", phaseId)
    .where(madeBy(contestant))
    .where("s.parent_id", "is", null)
    .where("s.status", "=", "Finished")
    .where("s.is_soft_deleted", "=", false)
    .where("s.is_specific_task_re_run", "=", false)
    .orderBy("s.id")
    .execute();
}

/** Notes that the files of submissions are deleted. */
export async function markFilesDeleted(tx: Tx, ids: number[]): Promise<void> {
  await tx
    .updateTable("submissions")
    .set({ data_id: null, files_deleted_when: sql<Date>`now()` })
    .where("id", "in", ids)
    .execute();
}

/** Notes that of somebody's submissions to a phase all that Finished so far were seen. */
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
