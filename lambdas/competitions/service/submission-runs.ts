/** Updates scores and parents when submissions end or scores change. */
import { lockScore, saveScores, type NewScore } from "../db/scores.ts";
import { countedChildren, lockFamily, setStatus } from "../db/submission-changes.ts";
import { noteEnded } from "../db/submission-mails.ts";
import { findEnding } from "../db/submissions.ts";
import { computeScores } from "../rules/computed-columns.ts";
import { parentFailure, parentStatus } from "../rules/submission-status.ts";
import { record, type Author } from "../../accounts/service/audit.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { changingRows, computable, scoresByKey, viewsOf, type Board, type BoardView } from "./board-rows.ts";

/**
 * Ends a parent when all its children have ended: computes its scores from theirs and sets its status. Children do this
 * one by one, because each locks the parent's row. Called inside `changingRows`.
 */
export async function settleParent(tx: Tx, board: Board | undefined, parentId: number): Promise<void> {
  const family = await lockFamily(tx, parentId);
  const ended = parentStatus(family.map((child) => child.status));
  if (!ended) return;
  if (board) await computeParent(tx, board, parentId);
  const failure = ended === "Failed" ? parentFailure(family) : { details: null };
  if (await setStatus(tx, parentId, { status: ended, ...failure })) await noteEnded(tx, parentId);
}

async function computeParent(tx: Tx, board: Board, parentId: number): Promise<void> {
  const children = await countedChildren(tx, parentId);
  for (const view of viewsOf(board)) {
    const scores = await scoresByKey(tx, view, children);
    await storeViewScores(tx, view, parentId, [...scores.values()], new Map());
  }
}

/**
 * Overrides a score, on all leaderboards that have its key. Recomputes the scores that depend on it, for the submission
 * and its parent.
 */
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
    if (parentId !== null) await lockFamily(tx, parentId);
    const before = await lockScore(tx, submissionId, columnId);
    const same = viewsOf(board)
      .flatMap(({ columns }) => columns)
      .filter(({ key, computation }) => key === before.column_key && computation === null);
    await saveScores(
      tx,
      same.map(({ id }) => ({ submissionId, columnId: id, score })),
    );
    await record(tx, by, {
      place: { competition },
      kind: "score.edited",
      subject: submissionId,
      before,
      after: { ...before, score },
    });
    for (const view of viewsOf(board)) {
      const own = (await scoresByKey(tx, view, [submissionId])).get(submissionId)!;
      await storeViewScores(tx, view, submissionId, [own], own);
    }
    if (parentId !== null) await computeParent(tx, board, parentId);
  });
}

/** The rows that may change when a submission does. */
export const rowsOf = (submission: { competition_id: number; phase_id: number; owner_id: number }) => ({
  competitionId: submission.competition_id,
  phaseId: submission.phase_id,
  ownerIds: [submission.owner_id],
});

/** Stores the scores of a run on all leaderboards, and computes the scores of computed columns from them. */
export async function storeScores(
  tx: Tx,
  board: Board,
  submissionId: number,
  scores: ReadonlyMap<string, string>,
): Promise<void> {
  for (const view of viewsOf(board)) await storeViewScores(tx, view, submissionId, [scores], scores);
}

/** Stores a submission's own scores on a leaderboard, and the scores of computed columns from `sources`. */
async function storeViewScores(
  tx: Tx,
  board: BoardView,
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
