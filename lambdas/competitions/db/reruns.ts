/** Finds the submissions that run again: reruns and migrations between phases. */
import { sql, type Transaction } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import type { JobState } from "../../jobs/db/tables.ts";
import type { Database } from "../../kernel/db/schema.ts";

type Reader = Db | Transaction<Database>;

/**
 * What is needed to run submissions again, by id: owner, file, and the tasks that the submission or its children ran
 * on.
 */
export async function findOriginals(db: Reader, ids: number[]) {
  if (ids.length === 0) return [];
  return db
    .selectFrom("submissions as s")
    .innerJoin("phases as p", "p.id", "s.phase_id")
    .leftJoin("datasets as d", "d.id", "s.data_id")
    .select([
      "s.id",
      "s.phase_id",
      "p.competition_id",
      "s.owner_id",
      "s.participant_id",
      "s.organization_id",
      "s.status",
      "s.data_id",
      "d.object_key",
      "s.queue_id",
      "s.fact_sheet_answers",
      "s.submitted_when",
      "s.kept_off_leaderboard",
      sql<number>`coalesce(s.first_run_id, s.id)`.as("first_run_id"),
      "s.has_children",
      sql<(number | null)[]>`case when s.has_children
        then array(select distinct k.task_id from submissions k where k.parent_id = s.id order by k.task_id)
        else array[s.task_id] end`.as("tasks"),
    ])
    .where("s.id", "in", ids)
    .orderBy("s.id")
    .execute();
}

export type Original = Awaited<ReturnType<typeof findOriginals>>[number];

/** Records that submissions of a phase must run again, for whom and why. Returns the id of this piece of work. */
export async function insertRerunPiece(
  tx: Transaction<Database>,
  piece: { phaseId: number; submissions: number[]; askedBy: number; reason: string | null },
): Promise<number> {
  const { id } = await tx
    .insertInto("rerun_pieces")
    .values({ phase_id: piece.phaseId, submissions: piece.submissions, asked_by: piece.askedBy, reason: piece.reason })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

export async function findRerunPiece(db: Db, id: number) {
  return db
    .selectFrom("rerun_pieces")
    .select(["submissions", "asked_by", "reason"])
    .where("id", "=", id)
    .executeTakeFirst();
}

/** Claims a piece of work in the transaction that does it. Returns false if another process has done it. */
export async function takeRerunPiece(tx: Transaction<Database>, id: number): Promise<boolean> {
  const { numDeletedRows } = await tx.deleteFrom("rerun_pieces").where("id", "=", id).executeTakeFirst();
  return numDeletedRows === 1n;
}

/**
 * Finds at most `limit` pieces of work that are still not done a while after their last message, and notes that another
 * message is sent now. That while grows from `waitingSeconds` to an hour, so that a piece that fails all day, for
 * instance because its queue is drained, does not fill the dead letters. A piece that is being done is left out.
 */
export async function rerunPiecesToSendAgain(
  tx: Transaction<Database>,
  waitingSeconds: number,
  limit: number,
): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    update rerun_pieces set sent_when = now()
    where id in (
      select id from rerun_pieces
      where sent_when < now() - greatest(
        make_interval(secs => ${waitingSeconds}), least(sent_when - created_when, interval '1 hour'))
      order by sent_when limit ${limit} for update skip locked
    ) returning id`.execute(tx);
  return rows.map((row) => row.id);
}

/**
 * Ids of ended parents and single submissions of a phase whose files still exist, oldest first. These can run again.
 */
export async function endedSubmissionsOfPhase(db: Reader, phaseId: number): Promise<number[]> {
  const rows = await db
    .selectFrom("submissions")
    .select("id")
    .where("phase_id", "=", phaseId)
    .where("parent_id", "is", null)
    .where("is_soft_deleted", "=", false)
    .where("is_specific_task_re_run", "=", false)
    .where("data_id", "is not", null)
    .where("status", "in", ["Finished", "Failed", "Cancelled"])
    .orderBy("id")
    .execute();
  return rows.map((row) => row.id);
}

/**
 * Ids of the submissions to migrate, oldest first: parents and single submissions on the leaderboard of a phase that
 * have their files and were not copied to the other phase yet.
 */
export async function submissionsToMigrate(db: Reader, fromPhaseId: number, toPhaseId: number): Promise<number[]> {
  const rows = await db
    .selectFrom("submissions as s")
    .select("s.id")
    .where("s.phase_id", "=", fromPhaseId)
    .where("s.parent_id", "is", null)
    .where("s.status", "=", "Finished")
    .where("s.on_leaderboard", "=", true)
    .where("s.is_soft_deleted", "=", false)
    .where("s.data_id", "is not", null)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("submissions as copy")
            .select("copy.id")
            .whereRef("copy.migrated_from_id", "=", "s.id")
            .where("copy.phase_id", "=", toPhaseId),
        ),
      ),
    )
    .orderBy("s.id")
    .execute();
  return rows.map((row) => row.id);
}

/**
 * Like `submissionsToMigrate`, but locks the target phase until the transaction ends, so that no other process copies
 * them meanwhile.
 */
export async function lockedSubmissionsToMigrate(
  tx: Transaction<Database>,
  fromPhaseId: number,
  toPhaseId: number,
): Promise<number[]> {
  await tx.selectFrom("phases").select("id").where("id", "=", toPhaseId).forUpdate().execute();
  return submissionsToMigrate(tx, fromPhaseId, toPhaseId);
}

/**
 * Phases to which submissions must migrate now: those that have started, when the phase before has ended. `moreMayCome`
 * says whether submissions made in time are still waiting or running. A migration waits for running ones, whose results
 * may replace others on the leaderboard, but at most `patienceSeconds` after the start of the phase. It does not wait
 * for queued ones, because they may never run.
 */
export async function phasesDueToMigrate(
  db: Reader,
  now: Date,
  patienceSeconds: number,
): Promise<{ from: number; to: number; moreMayCome: boolean }[]> {
  const open = (...states: JobState[]) => sql<boolean>`exists (
    select from submissions s join jobs j on j.id = s.job_id
    where s.phase_id = "from".id and s.created_when < "to".starts_at and j.state = any(${states}))`;
  return (
    db
      .selectFrom("phases as to")
      .innerJoin("phases as from", (join) =>
        join.onRef("from.competition_id", "=", "to.competition_id").on(sql`"from".index`, "=", sql`"to".index - 1`),
      )
      .select(["from.id as from", "to.id as to", open("ready", "leased").as("moreMayCome")])
      .where("to.auto_migrate_to_this_phase", "=", true)
      // The start may have been moved to a later time after a migration.
      .where((eb) => eb.or([eb("to.migrated_when", "is", null), eb("to.migrated_when", "<", eb.ref("to.starts_at"))]))
      .where("to.starts_at", "<=", now)
      .where((eb) =>
        eb.or([eb("to.starts_at", "<=", new Date(now.getTime() - patienceSeconds * 1000)), eb.not(open("leased"))]),
      )
      .orderBy("to.id")
      .execute()
  );
}

/** Records that everything that migrates to a phase automatically has migrated. */
export async function markMigrated(db: Db, phaseId: number, now: Date): Promise<void> {
  await db.updateTable("phases").set({ migrated_when: now }).where("id", "=", phaseId).execute();
}
