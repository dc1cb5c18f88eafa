import { sql, type Transaction } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";
import { namedOrganization, pseudonymKey } from "./submissions.ts";
import { belongsTo, type Contestant } from "./teams.ts";

type Reader = Db | Transaction<Database>;

/** The submissions on a phase's leaderboard, with what is needed to rank and show them. */
export async function leaderboardEntries(db: Reader, phaseId: number) {
  return db
    .selectFrom("submissions as s")
    .innerJoin("users as u", "u.id", "s.owner_id")
    .innerJoin("phases as p", "p.id", "s.phase_id")
    .innerJoin("competitions as c", "c.id", "p.competition_id")
    .leftJoin("organizations as o", "o.id", "s.organization_id")
    .select([
      "s.id",
      "s.parent_id",
      "s.task_id",
      "s.owner_id",
      "u.username as owner",
      sql<string>`coalesce(nullif(u.display_name, ''), u.username)`.as("display_name"),
      namedOrganization,
      pseudonymKey,
      "s.created_when",
      "s.fact_sheet_answers",
    ])
    .where("s.phase_id", "=", phaseId)
    .where("s.on_leaderboard", "=", true)
    .where("s.has_children", "=", false)
    .where("s.is_soft_deleted", "=", false)
    .where("s.is_specific_task_re_run", "=", false)
    .orderBy("s.id")
    .execute();
}

/** A contestant's own submissions that could be on a phase's leaderboard: parents and single submissions. */
export async function ownCandidates(db: Reader, phaseId: number, contestant: Contestant) {
  return db
    .selectFrom("submissions as s")
    .select([
      "s.id",
      "s.status",
      "s.created_when",
      "s.on_leaderboard",
      "s.has_children",
      sql<number[]>`array(select k.id from submissions k where k.parent_id = s.id order by k.id)`.as("children"),
    ])
    .where("s.phase_id", "=", phaseId)
    .where(belongsTo(contestant))
    .where("s.parent_id", "is", null)
    .where("s.is_soft_deleted", "=", false)
    .where("s.is_specific_task_re_run", "=", false)
    .orderBy("s.id")
    .execute();
}

/**
 * Puts submissions, and the children of parents among them, on the leaderboard of their phase or removes them. Returns
 * the ids of parents and single submissions whose state changed.
 */
export async function setOnLeaderboard(
  tx: Transaction<Database>,
  submissionIds: number[],
  onLeaderboard: boolean,
): Promise<number[]> {
  if (submissionIds.length === 0) return [];
  const rows = await tx
    .updateTable("submissions")
    .set({ on_leaderboard: onLeaderboard })
    .where((eb) => eb.or([eb("id", "in", submissionIds), eb("parent_id", "in", submissionIds)]))
    .where("on_leaderboard", "!=", onLeaderboard)
    .returning(["id", "parent_id"])
    .execute();
  return rows.flatMap(({ id, parent_id }) => (parent_id === null ? [id] : []));
}
