/**
 * Numbers of submissions and participants that are kept by the statements that change them (migration 70). A number is the sum of
 * its rows: the folded one, and those of changes since then.
 */
import { sql } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";

/** Stands for everybody together in `submission_counts.owner_id`. */
export const everybody = 0;

/** Number of approved participants of the competition `c`, including its organizers. */
export const participantsCount = sql<number>`(
  select coalesce(sum(k.n), 0)::int from participant_counts k
  where k.competition_id = c.id and k.status = 'approved')`.as("participants_count");

/** Number of submissions to the competition `c`. A submission that ran on several tasks counts once. */
export const submissionsCount = sql<number>`(
  select coalesce(sum(k.n), 0)::int from phases ph join submission_counts k on k.phase_id = ph.id
  where ph.competition_id = c.id and k.owner_id = ${everybody} and not k.is_child)`.as("submissions_count");

const submissionKey = sql.raw("phase_id, owner_id, task_id, status, is_child, is_soft_deleted, on_leaderboard");

/** Folds changes into the numbers that they change. What others add or fold meanwhile stays as it is. */
export async function foldCounts(db: Db): Promise<void> {
  await sql`
    with taken as (
      delete from submission_counts k
      using (select distinct phase_id, owner_id from submission_counts where not is_folded) as changed
      where k.phase_id = changed.phase_id and k.owner_id = changed.owner_id returning k.*)
    insert into submission_counts (${submissionKey}, n, is_folded)
    select ${submissionKey}, sum(n), true from taken group by ${submissionKey} having sum(n) <> 0`.execute(db);
  await sql`
    with taken as (
      delete from participant_counts k
      using (select distinct competition_id from participant_counts where not is_folded) as changed
      where k.competition_id = changed.competition_id returning k.*)
    insert into participant_counts (competition_id, status, n, is_folded)
    select competition_id, status, sum(n), true from taken group by 1, 2 having sum(n) <> 0`.execute(db);
}

/** Once a day, compares the numbers with what they count and corrects them. Returns how many were wrong. */
export async function checkCounts(db: Db): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const { rows: due } = await sql`
      update counts_checked set checked_when = now() where checked_when < now() - interval '1 day' returning 1`.execute(
      tx,
    );
    if (due.length === 0) return 0;
    // Each statement sees the rows and their numbers at the same moment.
    const submissions = await sql`
      insert into submission_counts (${submissionKey}, n)
      select ${submissionKey}, sum(n) from (
        select s.phase_id, whose.id as owner_id, coalesce(s.task_id, 0) as task_id, s.status, s.parent_id is not null as is_child,
          s.is_soft_deleted, s.on_leaderboard, 1 as n
        from submissions s cross join lateral (values (s.owner_id), (${everybody}::int)) as whose (id)
        union all select ${submissionKey}, -n from submission_counts) as compared
      group by ${submissionKey} having sum(n) <> 0`.execute(tx);
    const participants = await sql`
      insert into participant_counts (competition_id, status, n)
      select competition_id, status, sum(n) from (
        select competition_id, status, 1 as n from participants
        union all select competition_id, status, -n from participant_counts) as compared
      group by 1, 2 having sum(n) <> 0`.execute(tx);
    return Number(submissions.numAffectedRows ?? 0) + Number(participants.numAffectedRows ?? 0);
  });
}
