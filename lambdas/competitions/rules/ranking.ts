import type { ColumnDescription } from "./competition.ts";
import { sourceKeys } from "./computed-columns.ts";
import type { Scores } from "./computed-columns.ts";
import { compareDecimals, parseDecimal } from "./decimal.ts";
import type { Decimal } from "./decimal.ts";
import { formatScore } from "./score-format.ts";

export type BoardColumn = Pick<ColumnDescription, "key" | "index" | "sorting" | "precision" | "hidden"> &
  Partial<Pick<ColumnDescription, "computation" | "computationIndexes">>;

export interface Board<Column extends BoardColumn = BoardColumn> {
  /** `index` of the column that ranks first, even if it is hidden. */
  primaryIndex: number;
  columns: readonly Column[];
}

/**
 * A row of the leaderboard: a single submission or a child, never a parent, a soft-deleted submission or a
 * specific-task rerun. Callers may add properties, which are returned.
 */
export interface BoardRow {
  id: number;
  parentId: number | null;
  taskId: number;
  createdWhen: Date;
  scores: Scores;
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
  /** Best first. The best one determines the rank of the row. Never empty. */
  submissions: [Row, ...Row[]];
  /** Cells of visible columns, ordered by `submissions`, then by column. */
  cells: Cell[];
}

/**
 * Ranks a leaderboard: by the primary column, then by the other visible columns in order of index, then by time,
 * earlier submissions first. A missing score ranks after every score, whatever the sorting of its column, and a score
 * that was computed without some of its sources after those that were computed with more of them. The children
 * of a parent share a row.
 */
export function rank<Row extends BoardRow>(board: Board, rows: readonly Row[]): RankedRow<Row>[] {
  const compare = scoreOrder(board, (column) => !column.hidden);
  const visible = byIndex(board.columns).filter((column) => !column.hidden);
  const ordered = rows
    .map((row) => ({ row, createdWhen: row.createdWhen, id: row.id, values: exactScores(row.scores) }))
    .sort(compare);
  const ranked = new Map<number, RankedRow<Row>>();
  for (const { row } of ordered) {
    const id = row.parentId ?? row.id;
    const cells = cellsOf(row, visible);
    const before = ranked.get(id);
    if (before) {
      before.submissions.push(row);
      before.cells.push(...cells);
    } else ranked.set(id, { rank: ranked.size + 1, id, submissions: [row], cells });
  }
  return [...ranked.values()];
}

/** The properties of a submission that determine its order: exact scores by column key, and what breaks ties. */
export interface Comparable {
  id: number;
  createdWhen: Date;
  values: ReadonlyMap<string, Decimal>;
  /** Of a submission to several tasks that is compared as a whole: the number of tasks without a score, by column key. */
  missing?: ReadonlyMap<string, number>;
}

/**
 * Returns a comparison of submissions by the leaderboard's columns. `counts` selects the columns that break ties after
 * the primary one.
 */
export function scoreOrder<Column extends BoardColumn>(
  board: Board<Column>,
  counts: (column: Column) => boolean,
): (a: Comparable, b: Comparable) => number {
  const primary = board.columns.filter((column) => column.index === board.primaryIndex);
  const others = byIndex(board.columns).filter((column) => column.index !== board.primaryIndex && counts(column));
  // Nobody must gain by an average, or a sum over tasks, without the score that would have made it worse.
  const sources = new Map(board.columns.map((column) => [column, sourceKeys(column, board.columns)]));
  const lacks = (column: Column, { values, missing }: Comparable) =>
    sources.get(column)!.reduce((count, key) => count + (missing?.get(key) ?? Number(!values.has(key))), 0);
  return (a, b) => {
    for (const column of [...primary, ...others]) {
      const { key, sorting } = column;
      const [one, other] = [a.values.get(key), b.values.get(key)];
      const lacking = one === undefined || other === undefined ? 0 : lacks(column, a) - lacks(column, b);
      const order = lacking || compareScores(one, other, sorting);
      if (order !== 0) return order;
    }
    return a.createdWhen.getTime() - b.createdWhen.getTime() || a.id - b.id;
  };
}

function compareScores(a: Decimal | undefined, b: Decimal | undefined, sorting: "asc" | "desc"): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return sorting === "asc" ? compareDecimals(a, b) : compareDecimals(b, a);
}

/** The scores that exist, as exact decimals. */
export function exactScores(scores: Scores): Map<string, Decimal> {
  const values = new Map<string, Decimal>();
  for (const [key, text] of scores) {
    const value = text === null ? undefined : parseDecimal(text);
    if (value !== undefined) values.set(key, value);
  }
  return values;
}

const byIndex = <Column extends BoardColumn>(columns: readonly Column[]): Column[] =>
  [...columns].sort((a, b) => a.index - b.index);

const cellsOf = (row: BoardRow, columns: readonly BoardColumn[]): Cell[] =>
  columns.flatMap(({ key, index, precision }) => {
    const score = row.scores.get(key);
    if (score === undefined || score === null) return [];
    const shown = formatScore(score, precision);
    return [{ submissionId: row.id, taskId: row.taskId, columnIndex: index, columnKey: key, score: shown }];
  });
