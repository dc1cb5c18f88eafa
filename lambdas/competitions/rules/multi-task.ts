/** Ranks rows with scores of several tasks by other rules than that of `rank`, which puts a row where its best task is. */
import type { Computation, MultiTaskRanking } from "./competition.ts";
import { combine } from "./computed-columns.ts";
import { compareDecimals, decimalText, divideHalfEven, parseDecimal } from "./decimal.ts";
import type { Decimal } from "./decimal.ts";
import { byIndex, exactScores, lackIn } from "./score-order.ts";
import { distinctName } from "./distinct-name.ts";
import type { Board, BoardColumn, MultiTask, TaskScores } from "./score-order.ts";
import { formatScore } from "./score-format.ts";

/** Where a row belongs, and what the leaderboard shows as its overall score or average rank: null if the column is hidden. */
export interface Standing {
  /** Smaller values are better; the first that differs decides. */
  order: readonly Decimal[];
  overall: string | null;
}

/** The rule of a phase with these tasks. `best_task` if it has one task, or none of those that should rank its rows. */
export function multiTaskOf(
  ranking: MultiTaskRanking,
  rankingTasks: readonly number[],
  tasks: readonly number[],
): MultiTask {
  const chosenTask = rankingTasks.find((task) => tasks.includes(task)) ?? null;
  const applies = tasks.length > 1 && (ranking !== "chosen_task" || chosenTask !== null);
  return { ranking: applies ? ranking : "best_task", tasks, chosenTask };
}

/** The computation of `overall_avg` and the like. Undefined for other rules. */
export const overallComputation = (ranking: MultiTaskRanking): Computation | undefined =>
  (
    ({ overall_avg: "avg", overall_sum: "sum", overall_min: "min", overall_max: "max" }) as Partial<
      Record<MultiTaskRanking, Computation>
    >
  )[ranking];

/**
 * The standings of rows, in their order. Undefined if their best tasks decide. Equal ones are to be ranked as if their
 * best tasks decided. `counts` selects the columns that break ties on a chosen task after the primary one.
 */
export function standings<Column extends BoardColumn>(
  board: Board<Column>,
  rows: readonly (readonly TaskScores[])[],
  counts: (column: Column) => boolean,
): Standing[] | undefined {
  const { multiTask, columns, primaryIndex } = board;
  const primary = columns.find(({ index }) => index === primaryIndex);
  if (!multiTask || !primary || multiTask.ranking === "best_task") return undefined;
  const { tasks, chosenTask, ranking } = multiTask;
  const scored = rows.map((row) => new Map(row.map(({ taskId, scores }) => [taskId, exactScores(scores)])));
  const shown = (value: Decimal, precision: number) =>
    primary.hidden ? null : formatScore(decimalText(value), precision);
  const lack = lackIn(columns);
  /** A column's score of a row on a task. */
  const cellOf = (row: number, task: number, column: Column): Scored => {
    const values = scored[row]!.get(task) ?? new Map<string, Decimal>();
    return { value: values.get(column.key), lacks: lack(column, { values }) };
  };
  if (ranking === "chosen_task") {
    const others = byIndex(columns).filter((column) => column !== primary && counts(column));
    return rows.map((_, row) => ({
      order: [primary, ...others].flatMap((column) => place(cellOf(row, chosenTask!, column), column.sorting)),
      overall: null,
    }));
  }
  if (ranking === "average_rank") {
    const ranks = tasks.map((task) =>
      ranksOf(
        rows.map((_, row) => cellOf(row, task, primary)),
        primary.sorting,
      ),
    );
    return rows.map((_, row) => {
      const total = ranks.reduce((sum, ofTask) => sum + ofTask[row]!, 0n);
      const average = divideHalfEven(total * parseDecimal("1")!, BigInt(tasks.length));
      return { order: [total], overall: shown(average, 2) };
    });
  }
  const computation = overallComputation(ranking)!;
  return rows.map((_, row) => {
    const cells = tasks.map((task) => cellOf(row, task, primary)).filter(({ value }) => value !== undefined);
    const overall = combine(
      computation,
      cells.map(({ value }) => value!),
    );
    const lacks = cells.reduce((sum, cell) => sum + cell.lacks, 0);
    return {
      // Whoever leaves out a task must not gain by it.
      order: [BigInt(tasks.length - cells.length), ...place({ value: overall, lacks }, primary.sorting)],
      overall: overall === undefined ? null : shown(overall, primary.precision),
    };
  });
}

/** Compares standings: negative if `a` is better. */
export function compareStandings(a: Standing, b: Standing): number {
  for (const [at, value] of a.order.entries()) {
    const order = compareDecimals(value, b.order[at]!);
    if (order !== 0) return order;
  }
  return 0;
}

/** A score, and the number of scores that it was computed without. */
interface Scored {
  value: Decimal | undefined;
  lacks: number;
}

/** A missing score comes after every score, and one that lacks more sources after one that lacks fewer. */
const place = ({ value, lacks }: Scored, sorting: "asc" | "desc"): Decimal[] =>
  value === undefined ? [1n, 0n, 0n] : [0n, BigInt(lacks), sorting === "asc" ? value : -value];

/** Ranks from 1. Equal scores share a rank, and missing scores share the rank after all scores. */
function ranksOf(cells: readonly Scored[], sorting: "asc" | "desc"): bigint[] {
  const ordered = cells
    .map((cell, row) => ({ order: place(cell, sorting), overall: null, row }))
    .sort(compareStandings);
  const ranks: bigint[] = [];
  for (const [at, one] of ordered.entries()) {
    const before = ordered[at - 1];
    ranks[one.row] = before && compareStandings(before, one) === 0 ? ranks[before.row]! : BigInt(at + 1);
  }
  return ranks;
}

/** The name of a visible column. Nothing is told of hidden ones, not even that one has the same title. */
const nameOf = <Column extends BoardColumn & { title: string }>({ columns }: Board<Column>, { title, key }: Column) =>
  distinctName(
    title,
    key,
    columns.flatMap((column) => (column.hidden ? [] : [column.title])),
  );

/** Says in a sentence how the rows of a phase are ranked. The title of a hidden column is not told. */
export function rankingSentence(
  board: Board<BoardColumn & { title: string }>,
  tasks: readonly { id: number; name: string }[],
): string {
  const primary = board.columns.find(({ index }) => index === board.primaryIndex);
  const title = !primary || primary.hidden ? "a hidden column" : nameOf(board, primary);
  const first = primary?.sorting === "asc" ? "lower first" : "higher first";
  const ranking = board.multiTask?.ranking ?? "best_task";
  const words = { avg: "average", sum: "sum", min: "minimum", max: "maximum" };
  switch (ranking) {
    case "best_task":
      return tasks.length > 1
        ? `Rows are ranked by ${title}, ${first}. A row stands where its best task does.`
        : `Rows are ranked by ${title}, ${first}.`;
    case "chosen_task": {
      const chosen = tasks.find(({ id }) => id === board.multiTask?.chosenTask);
      const names = tasks.map(({ name }) => name);
      const task = chosen ? distinctName(chosen.name, chosen.id, names) : "";
      return `Rows are ranked by ${title} of the task ${task}, ${first}.`;
    }
    case "average_rank":
      return `On each task, rows are ranked by ${title}, ${first}, and those without a score come last. The average of a row's ranks decides, lower first.`;
    default:
      return `Rows are ranked by the ${words[overallComputation(ranking)!]} of ${title} over all tasks, ${first}. Rows that lack a score of more tasks come after the others.`;
  }
}

/** The title of the column with overall scores or average ranks. Null if there is none. */
export function overallTitle(board: Board<BoardColumn & { title: string }>): string | null {
  const ranking = board.multiTask?.ranking ?? "best_task";
  const primary = board.columns.find(({ index }) => index === board.primaryIndex);
  if (!primary || primary.hidden || ranking === "best_task" || ranking === "chosen_task") return null;
  const words = { avg: "Average", sum: "Sum", min: "Minimum", max: "Maximum" };
  const computation = overallComputation(ranking);
  return computation ? `${words[computation]} of ${nameOf(board, primary)}` : "Average rank";
}
