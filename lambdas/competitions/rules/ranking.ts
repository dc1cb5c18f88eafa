import type { ColumnDescription } from "./competition.ts";
import type { Scores } from "./computed-columns.ts";
import { compareDecimals, parseDecimal } from "./decimal.ts";
import type { Decimal } from "./decimal.ts";
import { formatScore } from "./score-format.ts";

export type BoardColumn = Pick<ColumnDescription, "key" | "index" | "sorting" | "precision" | "hidden">;

export interface Board<Column extends BoardColumn = BoardColumn> {
  /** `index` of the column that ranks first; it does so even when it is hidden. */
  primaryIndex: number;
  columns: readonly Column[];
}

/**
 * A submission on the board: a single one or a child, never a parent, a soft-deleted one or a rerun on a task of its
 * own. Callers may add what they want back.
 */
export interface BoardRow {
  id: number;
  parentId: number | null;
  taskId: number;
  createdWhen: Date;
  scores: Scores;
}

/** A score as it is shown. A column without one has no cell. */
export interface Cell {
  submissionId: number;
  taskId: number;
  columnIndex: number;
  columnKey: string;
  score: string;
}

export interface RankedRow<Row extends BoardRow> {
  /** 1 for the first. Equal scores do not share a rank. */
  rank: number;
  /** Id of the parent, or of the submission itself when it has none. */
  id: number;
  /** The best first: its place is the place of the row. Never empty. */
  submissions: [Row, ...Row[]];
  /** Of visible columns only, in the order of `submissions`, then of the columns. */
  cells: Cell[];
}

/**
 * A leaderboard: rows by the primary column, then by the other visible columns in order of their index, then the
 * earlier submission first. A missing score comes after every score, whichever way its column sorts. The children of
 * one parent share a row.
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

/** What an order needs to know of a submission: exact scores by column key, and what decides between equals. */
export interface Comparable {
  id: number;
  createdWhen: Date;
  values: ReadonlyMap<string, Decimal>;
}

/** Comparison of two submissions by the board's columns, of which `counts` tells those that decide after the primary one. */
export function scoreOrder<Column extends BoardColumn>(
  board: Board<Column>,
  counts: (column: Column) => boolean,
): (a: Comparable, b: Comparable) => number {
  const primary = board.columns.filter((column) => column.index === board.primaryIndex);
  const others = byIndex(board.columns).filter((column) => column.index !== board.primaryIndex && counts(column));
  return (a, b) => {
    for (const { key, sorting } of [...primary, ...others]) {
      const order = compareScores(a.values.get(key), b.values.get(key), sorting);
      if (order !== 0) return order;
    }
    return a.createdWhen.getTime() - b.createdWhen.getTime() || a.id - b.id;
  };
}

function compareScores(a: Decimal | undefined, b: Decimal | undefined, sorting: "asc" | "desc"): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return sorting === "asc" ? compareDecimals(a, b) : compareDecimals(b, a);
}

/** The scores that are there, as exact decimals. */
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
