import { sql } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import { isCounted } from "./counted-runs.ts";
import type { Contestant } from "./teams.ts";

/**
 * The runs of a phase with a score in a column, in order of time: those on the leaderboard and those of a contestant. Without
 * a contestant, only those on the leaderboard; with `everything`, all.
 */
export async function scoresOverTime(
  db: Db,
  phaseId: number,
  columnId: number,
  { everything, own, task }: { everything: boolean; own: Contestant | undefined; task: number | undefined },
) {
  const isOwn = own
    ? sql<boolean>`(s.owner_id = any(${own.ownerIds}::int[]) or coalesce(s.organization_id = ${own.organizationId}, false))`
    : sql<boolean>`false`;
  let query = db
    .selectFrom("submissions as s")
    .innerJoin("submission_scores as sc", "sc.submission_id", "s.id")
    .select([
      "s.id as run",
      sql<number>`coalesce(s.parent_id, s.id)`.as("submission"),
      "s.task_id as task",
      "s.submitted_when as submittedWhen",
      sql<string>`sc.score::text`.as("score"),
      isOwn.as("isOwn"),
    ])
    // An array, so that each of the two has its index.
    .$if(!everything, (one) =>
      one.where(
        sql<boolean>`s.id = any(array(
          select s.id from submissions s where s.phase_id = ${phaseId} and s.on_leaderboard
          union select s.id from submissions s where s.phase_id = ${phaseId} and ${isOwn}))`,
      ),
    )
    .where("s.phase_id", "=", phaseId)
    .where("sc.column_id", "=", columnId)
    .where("s.status", "=", "Finished")
    .where("s.has_children", "=", false)
    .where("s.is_soft_deleted", "=", false)
    .where("s.is_specific_task_re_run", "=", false)
    .where(isCounted("s"));
  if (task !== undefined) query = query.where("s.task_id", "=", task);
  return query.orderBy("s.submitted_when").orderBy("s.id").execute();
}
