import { sql, type Transaction } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import { countedRuns } from "./counted-runs.ts";
import type { Database } from "../../kernel/db/schema.ts";

type Tx = Transaction<Database>;

export interface NewScore {
  submissionId: number;
  columnId: number;
  /** Decimal text. */
  score: string;
}

/** Stores scores. Existing scores of these submissions in these columns are replaced. */
export async function saveScores(tx: Tx, scores: NewScore[]): Promise<void> {
  if (scores.length === 0) return;
  await sql`
    insert into submission_scores (submission_id, column_id, score)
    select * from unnest(${scores.map((score) => score.submissionId)}::int[],
      ${scores.map((score) => score.columnId)}::int[], ${scores.map(({ score }) => score)}::numeric[])
    on conflict (submission_id, column_id) do update set score = excluded.score
    where submission_scores.score is distinct from excluded.score`.execute(tx);
}

/** Deletes all scores of columns. */
export async function deleteScoresOfColumns(tx: Tx, columnIds: number[]): Promise<void> {
  await sql`delete from submission_scores where column_id = any(${columnIds}::int[])`.execute(tx);
}

/** Copies scores between columns with the same key, to where there are none. */
export async function shareScores(tx: Tx, columnIds: number[]): Promise<void> {
  await sql`
    insert into submission_scores (submission_id, column_id, score)
    select distinct on (sc.submission_id, to_column.id) sc.submission_id, to_column.id, sc.score
    from leaderboard_columns from_column
      join leaderboard_columns to_column on to_column.key = from_column.key and to_column.id <> from_column.id
      join submission_scores sc on sc.column_id = from_column.id
    where from_column.id = any(${columnIds}::int[]) and to_column.id = any(${columnIds}::int[])
    order by sc.submission_id, to_column.id, from_column.id
    on conflict (submission_id, column_id) do nothing`.execute(tx);
}

/** Deletes scores by their ids. */
export async function deleteScores(tx: Tx, ids: number[]): Promise<void> {
  if (ids.length === 0) return;
  await sql`delete from submission_scores where id = any(${ids}::int[])`.execute(tx);
}

/**
 * The submissions of a competition that have scores, by the submission from whose runs they are computed: itself, or the
 * runs of a parent that count.
 */
export async function scoredSubmissions(tx: Tx, competitionId: number): Promise<{ id: number; runs: number[] }[]> {
  const { rows } = await sql<{ id: number; runs: number[] }>`
    select s.id, case when s.has_children then ${countedRuns("s")} else array[s.id] end as runs
    from submissions s join phases p on p.id = s.phase_id
    where p.competition_id = ${competitionId} and s.status = 'Finished'
    order by s.id`.execute(tx);
  return rows;
}

/** Scores of submissions, by submission id and column id. */
export async function scoresOf(
  db: Db | Tx,
  submissionIds: number[],
): Promise<{ id: number; submission_id: number; task_id: number | null; column_id: number; score: string }[]> {
  if (submissionIds.length === 0) return [];
  return db
    .selectFrom("submission_scores as sc")
    .select([
      "sc.id",
      "sc.submission_id",
      // Not a join, for which PostgreSQL would read all submissions if there are many ids.
      sql<number | null>`(select task_id from submissions where id = sc.submission_id)`.as("task_id"),
      "sc.column_id",
      "sc.score",
    ])
    .where(sql<boolean>`sc.submission_id = any(${submissionIds}::int[])`)
    .execute();
}

/** The score of a submission in a column, with the key of the column. Locked until the transaction ends. */
export async function lockScore(tx: Tx, submissionId: number, columnId: number) {
  return tx
    .selectFrom("submission_scores as sc")
    .innerJoin("leaderboard_columns as lc", "lc.id", "sc.column_id")
    .select(["lc.key as column_key", "sc.score"])
    .where("sc.submission_id", "=", submissionId)
    .where("sc.column_id", "=", columnId)
    .forUpdate("sc")
    .executeTakeFirstOrThrow();
}

/** A score with its column and its submission. */
export async function findScore(db: Db | Tx, id: number) {
  return db
    .selectFrom("submission_scores as sc")
    .innerJoin("leaderboard_columns as lc", "lc.id", "sc.column_id")
    .select([
      "sc.id",
      "sc.submission_id",
      "sc.column_id",
      "sc.score",
      "lc.key as column_key",
      "lc.index",
      "lc.computation",
    ])
    .where("sc.id", "=", id)
    .executeTakeFirst();
}
