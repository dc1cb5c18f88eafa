import { compareStandings, standings } from "./multi-task.ts";
import { byIndex, exactScores, scoreOrder } from "./score-order.ts";
import type { Board, BoardColumn, TaskScores } from "./score-order.ts";
import { formatScore } from "./score-format.ts";

/**
 * A row of the leaderboard: a single submission or a child, never a parent, a soft-deleted submission or a
 * specific-task rerun. Callers may add properties, which are returned.
 */
export interface BoardRow extends TaskScores {
  id: number;
  parentId: number | null;
  submittedWhen: Date;
}

/** A displayed score. A column without a score has no cell. */
export interface Cell {
  submissionId: number;
  taskId: number;
  columnIndex: number;
  columnKey: string;
  score: string;
}

export interface RankedRow<Row extends BoardRow> {
  /** Starts at 1. Equal scores do not share a rank. */
  rank: number;
  /** Id of the parent, or of the submission itself if it has no parent. */
  id: number;
  /** Best first. Never empty. */
  submissions: [Row, ...Row[]];
  /** Cells of visible columns, ordered by `submissions`, then by column. */
  cells: Cell[];
  /** The overall score or the average rank, if that determines the rank of the row. */
  overall: string | null;
}

/**
 * Ranks a leaderboard: by the primary column, then by the other visible columns in order of index, then by time,
 * earlier submissions first. A missing score ranks after every score, whatever the sorting of its column, and a score
 * that was computed without some of its sources after those that were computed with more of them. The children of a parent share a row, at the place of the best one unless `board.multiTask` has another rule.
 */
export function rank<Row extends BoardRow>(board: Board, rows: readonly Row[]): RankedRow<Row>[] {
  const compare = scoreOrder(board, (column) => !column.hidden);
  const visible = byIndex(board.columns).filter((column) => !column.hidden);
  const ordered = rows
    .map((row) => ({ row, submittedWhen: row.submittedWhen, id: row.id, values: exactScores(row.scores) }))
    .sort(compare);
  const ranked = new Map<number, RankedRow<Row>>();
  for (const { row } of ordered) {
    const id = row.parentId ?? row.id;
    const cells = cellsOf(row, visible);
    const before = ranked.get(id);
    if (before) {
      before.submissions.push(row);
      before.cells.push(...cells);
    } else ranked.set(id, { rank: ranked.size + 1, id, submissions: [row], cells, overall: null });
  }
  const byBestTask = [...ranked.values()];
  const placed = standings(
    board,
    byBestTask.map(({ submissions }) => submissions),
    (column) => !column.hidden,
  );
  if (!placed) return byBestTask;
  return byBestTask
    .map((row, at) => ({ row, standing: placed[at]! }))
    .sort((a, b) => compareStandings(a.standing, b.standing))
    .map(({ row, standing: { overall } }, at) => ({ ...row, rank: at + 1, overall }));
}

const cellsOf = (row: BoardRow, columns: readonly BoardColumn[]): Cell[] =>
  columns.flatMap(({ key, index, precision }) => {
    const score = row.scores.get(key);
    if (score === undefined || score === null) return [];
    const shown = formatScore(score, precision);
    return [{ submissionId: row.id, taskId: row.taskId, columnIndex: index, columnKey: key, score: shown }];
  });
