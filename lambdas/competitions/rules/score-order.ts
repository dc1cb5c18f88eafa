/** The order of submissions by their scores. */
import type { ColumnDescription, MultiTaskRanking } from "./competition.ts";
import { sourceKeys } from "./computed-columns.ts";
import type { Scores } from "./computed-columns.ts";
import { compareDecimals, parseDecimal } from "./decimal.ts";
import type { Decimal } from "./decimal.ts";

export type BoardColumn = Pick<ColumnDescription, "key" | "index" | "sorting" | "precision" | "hidden"> &
  Partial<Pick<ColumnDescription, "computation" | "computationIndexes">>;

export interface Board<Column extends BoardColumn = BoardColumn> {
  /** `index` of the column that ranks first, even if it is hidden. */
  primaryIndex: number;
  columns: readonly Column[];
  /** How rows with several tasks are ranked. Without it, by their best task. */
  multiTask?: MultiTask;
}

/** The scores of a submission on one task. */
export interface TaskScores {
  taskId: number;
  scores: Scores;
}

/** How rows with several tasks are ranked in a phase. */
export interface MultiTask {
  ranking: MultiTaskRanking;
  /** Ids of the phase's tasks. */
  tasks: readonly number[];
  /** The task that ranks rows by `chosen_task`. */
  chosenTask: number | null;
}

/** The properties of a submission that determine its order: exact scores by column key, and what breaks ties. */
export interface Comparable {
  id: number;
  submittedWhen: Date;
  values: ReadonlyMap<string, Decimal>;
  /** Of a submission to several tasks that is compared as a whole: the number of tasks without a score, by column key. */
  missing?: ReadonlyMap<string, number>;
}

/**
 * Counts the scores that a column's score was computed without: nobody must gain by an average, or a sum over tasks,
 * without the score that would have made it worse.
 */
export function lackIn<Column extends BoardColumn>(
  columns: readonly Column[],
): (column: Column, scores: Pick<Comparable, "values" | "missing">) => number {
  const sources = new Map(columns.map((column) => [column, sourceKeys(column, columns)]));
  return (column, { values, missing }) =>
    sources.get(column)!.reduce((count, key) => count + (missing?.get(key) ?? Number(!values.has(key))), 0);
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
  const lack = lackIn(board.columns);
  return (a, b) => {
    for (const column of [...primary, ...others]) {
      const { key, sorting } = column;
      const [one, other] = [a.values.get(key), b.values.get(key)];
      const lacking = one === undefined || other === undefined ? 0 : lack(column, a) - lack(column, b);
      const order = lacking || compareScores(one, other, sorting);
      if (order !== 0) return order;
    }
    return a.submittedWhen.getTime() - b.submittedWhen.getTime() || a.id - b.id;
  };
}

/** Negative if `a` is better. A missing score is worse than every score. */
export function compareScores(a: Decimal | undefined, b: Decimal | undefined, sorting: "asc" | "desc"): number {
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

/** Columns in the order of their index. */
export const byIndex = <Column extends BoardColumn>(columns: readonly Column[]): Column[] =>
  [...columns].sort((a, b) => a.index - b.index);
