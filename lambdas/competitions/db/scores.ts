import { sql, type Transaction } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";

type Tx = Transaction<Database>;

/** Stores scores by column id. Existing scores in these columns are replaced. */
export async function saveScores(tx: Tx, submissionId: number, scores: Map<number, string>): Promise<void> {
  if (scores.size === 0) return;
  await tx
    .insertInto("submission_scores")
    .values([...scores].map(([column_id, score]) => ({ submission_id: submissionId, column_id, score })))
    .onConflict((conflict) =>
      conflict.columns(["submission_id", "column_id"]).doUpdateSet({ score: sql`excluded.score` }),
    )
    .execute();
}

/** Scores of submissions, by submission id and column id. */
export async function scoresOf(
  db: Db | Tx,
  submissionIds: number[],
): Promise<{ id: number; submission_id: number; column_id: number; score: string }[]> {
  if (submissionIds.length === 0) return [];
  return db
    .selectFrom("submission_scores")
    .select(["id", "submission_id", "column_id", "score"])
    .where("submission_id", "in", submissionIds)
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
