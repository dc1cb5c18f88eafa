/** Updates scores and parents when submissions end, scores change or columns change. */
import { isDeepStrictEqual } from "node:util";
import { deleteScores, lockScore, saveScores, scoredSubmissions, scoresOf, type NewScore } from "../db/scores.ts";
import { lockFamily, setStatus } from "../db/submission-changes.ts";
import { findEnding } from "../db/submissions.ts";
import { computeScores } from "../rules/computed-columns.ts";
import { parentStatus } from "../rules/submission-status.ts";
import { record, type Author } from "../../accounts/service/audit.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { changingRows, computable, decideRows, scoresByKey, type Board } from "./board-rows.ts";

/**
 * Ends a parent when all its children have ended: computes its scores from theirs and sets its status. Children do this
 * one by one, because each locks the parent's row. Called inside `changingRows`.
 */
export async function settleParent(tx: Tx, board: Board | undefined, parentId: number): Promise<void> {
  const family = await lockFamily(tx, parentId);
  const ended = parentStatus(family.map((child) => child.status));
  if (!ended) return;
  if (board)
    await computeParent(
      tx,
      board,
      parentId,
      family.map((child) => child.id),
    );
  await setStatus(tx, parentId, { status: ended, details: null });
}

async function computeParent(tx: Tx, board: Board, parentId: number, children: number[]): Promise<void> {
  const scores = await scoresByKey(tx, board.columns, children);
  await storeScores(tx, board, parentId, [...scores.values()], new Map());
}

/** Overrides a score. Recomputes the scores that depend on it, for the submission and its parent. */
export async function changeScore(
  tx: Tx,
  by: Author,
  submissionId: number,
  columnId: number,
  score: string,
): Promise<void> {
  const submission = await findEnding(tx, submissionId);
  if (!submission) return;
  const { parent_id: parentId, competition_id: competition } = submission;
  await changingRows(tx, by, rowsOf(submission), async (board) => {
    if (!board) return;
    const family = parentId === null ? [] : await lockFamily(tx, parentId);
    const before = await lockScore(tx, submissionId, columnId);
    await saveScores(tx, [{ submissionId, columnId, score }]);
    await record(tx, by, {
      place: { competition },
      kind: "score.edited",
      subject: submissionId,
      before,
      after: { ...before, score },
    });
    const own = (await scoresByKey(tx, board.columns, [submissionId])).get(submissionId)!;
    await storeScores(tx, board, submissionId, [own], own);
    if (parentId !== null)
      await computeParent(
        tx,
        board,
        parentId,
        family.map((child) => child.id),
      );
  });
}

/** The rows that may change when a submission does. */
export const rowsOf = (submission: { competition_id: number; phase_id: number; owner_id: number }) => ({
  competitionId: submission.competition_id,
  phaseId: submission.phase_id,
  ownerIds: [submission.owner_id],
});

/** Stores a submission's own scores, and the scores of computed columns from `sources`. */
export async function storeScores(
  tx: Tx,
  board: Board,
  submissionId: number,
  sources: ReadonlyMap<string, string>[],
  own: ReadonlyMap<string, string>,
): Promise<void> {
  const computed = computeScores(board.columns.map(computable), sources);
  const scores: NewScore[] = [];
  for (const { id: columnId, key, computation } of board.columns) {
    const score = computation ? computed.get(key) : own.get(key);
    if (score !== undefined) scores.push({ submissionId, columnId, score });
  }
  await saveScores(tx, scores);
}

/**
 * Follows a change of a leaderboard's settings: computes scores again if computed columns changed, and decides all rows
 * again if anything changed that decides them. `elseChanged` says whether something else did, for instance teams or the tasks of phases. The
 * caller has locked the leaderboard.
 */
export async function followSettings(
  tx: Tx,
  by: Author,
  before: Board,
  after: Board,
  elseChanged: boolean,
): Promise<void> {
  const computations = ({ columns }: Board) =>
    columns.map((c) => [c.id, c.key, c.index, c.computation, c.computation_indexes]);
  const newComputations = !isDeepStrictEqual(computations(before), computations(after));
  if (newComputations) {
    const wasComputed = before.columns.flatMap(({ id, computation }) => (computation === null ? [] : [id]));
    await recomputeScores(tx, after, new Set(wasComputed));
  }
  const deciding = ({ submission_rule, primary_index, multi_task_ranking, ranking_tasks, columns }: Board) => [
    submission_rule,
    primary_index,
    multi_task_ranking,
    ranking_tasks,
    columns.map(({ sorting }) => sorting),
  ];
  if (newComputations || elseChanged || !isDeepStrictEqual(deciding(before), deciding(after)))
    await decideRows(tx, by, after, null, null);
}

/**
 * Computes all computed scores of a competition again, after its columns changed. A column that is computed no longer
 * (`wasComputed`) loses what was computed, because programs did not write it.
 */
async function recomputeScores(tx: Tx, board: Board, wasComputed: ReadonlySet<number>): Promise<void> {
  const columns = board.columns.filter(({ id, computation }) => computation !== null || wasComputed.has(id));
  if (columns.length === 0) return;
  const submissions = await scoredSubmissions(tx, board.competition_id);
  const ids = [...new Set(submissions.flatMap(({ id, runs }) => [id, ...runs]))];
  const byKey = await scoresByKey(tx, board.columns, ids);
  const described = board.columns.map(computable);
  const scores: NewScore[] = [];
  for (const { id: submissionId, runs } of submissions) {
    const computed = computeScores(
      described,
      runs.map((run) => byKey.get(run)!),
    );
    for (const { id: columnId, key } of columns) {
      const score = computed.get(key);
      if (score !== undefined) scores.push({ submissionId, columnId, score });
    }
  }
  const place = (submissionId: number, columnId: number) => `${submissionId} ${columnId}`;
  const kept = new Set(scores.map(({ submissionId, columnId }) => place(submissionId, columnId)));
  const ofColumns = new Set(columns.map(({ id }) => id));
  const stale = (
    await scoresOf(
      tx,
      submissions.map(({ id }) => id),
    )
  ).filter(({ submission_id, column_id }) => ofColumns.has(column_id) && !kept.has(place(submission_id, column_id)));
  await deleteScores(
    tx,
    stale.map(({ id }) => id),
  );
  await saveScores(tx, scores);
}
