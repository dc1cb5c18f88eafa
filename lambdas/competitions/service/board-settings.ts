/** Follows changes of a competition's form in its leaderboard: in computed scores and in the rows. */
import { isDeepStrictEqual } from "node:util";
import { lockLeaderboard, settingsBesideBoard } from "../db/leaderboards.ts";
import {
  deleteScores,
  deleteScoresOfColumns,
  saveScores,
  scoredSubmissions,
  scoresOf,
  shareScores,
  type NewScore,
} from "../db/scores.ts";
import { computeScores } from "../rules/computed-columns.ts";
import type { Author } from "../../accounts/service/audit.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { computable, decideRows, scoresByKey, viewsOf, type Board, type BoardView } from "./board-rows.ts";

/** What decides computed scores and rows, besides submissions. */
export interface BoardSettings {
  board: Board | undefined;
  /** Teams, tasks and participants. */
  beside: Awaited<ReturnType<typeof settingsBesideBoard>>;
}

/** Locks the leaderboard of a competition and reads what decides its rows, before a change of the competition's form. */
export async function lockBoardSettings(tx: Tx, competitionId: number): Promise<BoardSettings> {
  const board = await lockLeaderboard(tx, competitionId, "update");
  return { board, beside: await settingsBesideBoard(tx, competitionId) };
}

/**
 * Computes scores again if computed columns or the tasks of a phase have changed since `before`, and decides all rows again if anything has that
 * decides them.
 */
export async function followBoardSettings(
  tx: Tx,
  by: Author,
  competitionId: number,
  before: BoardSettings,
): Promise<void> {
  const { board, beside } = await lockBoardSettings(tx, competitionId);
  if (!board || !before.board) return;
  const computations = (all: Board) =>
    columnsOf(all).map((c) => [c.id, c.key, c.index, c.computation, c.computation_indexes]);
  const newComputations = !isDeepStrictEqual(computations(before.board), computations(board));
  if (newComputations) await followColumns(tx, before.board, board);
  else if (!isDeepStrictEqual(before.beside?.phase_tasks, beside?.phase_tasks)) await recomputeBoards(tx, board);
  const deciding = ({ submission_rule, primary_index, multi_task_ranking, ranking_tasks, columns }: Board) => [
    submission_rule,
    primary_index,
    multi_task_ranking,
    ranking_tasks,
    columns.map(({ sorting }) => sorting),
  ];
  if (
    newComputations ||
    !isDeepStrictEqual(before.beside, beside) ||
    !isDeepStrictEqual(deciding(before.board), deciding(board))
  )
    await decideRows(tx, by, board, null, null);
}

/** The columns of all leaderboards. */
const columnsOf = (board: Board) => viewsOf(board).flatMap(({ columns }) => columns);

/**
 * Makes scores follow a change of columns. A column that is computed no longer loses what was computed, because programs
 * did not write it. A key that another leaderboard has as well gets its scores from there.
 */
async function followColumns(tx: Tx, before: Board, board: Board): Promise<void> {
  const wasComputed = new Set(columnsOf(before).flatMap(({ id, computation }) => (computation === null ? [] : [id])));
  const written = columnsOf(board).flatMap(({ id, computation }) => (computation === null ? [id] : []));
  await deleteScoresOfColumns(
    tx,
    written.filter((id) => wasComputed.has(id)),
  );
  await shareScores(tx, written);
  await recomputeBoards(tx, board);
}

/** Computes all computed scores of all leaderboards again. */
async function recomputeBoards(tx: Tx, board: Board): Promise<void> {
  for (const view of viewsOf(board)) await recomputeScores(tx, view);
}

/** Computes all computed scores of a leaderboard again. */
async function recomputeScores(tx: Tx, board: BoardView): Promise<void> {
  const columns = board.columns.filter(({ computation }) => computation !== null);
  if (columns.length === 0) return;
  const submissions = await scoredSubmissions(tx, board.competition_id);
  const ids = [...new Set(submissions.flatMap(({ id, runs }) => [id, ...runs]))];
  const byKey = await scoresByKey(tx, board, ids);
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
