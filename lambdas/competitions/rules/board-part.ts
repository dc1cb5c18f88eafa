/** A part of a ranked leaderboard: a page, what a search finds, or the rows around one's own. */
import { compareDecimals, parseDecimal } from "./decimal.ts";

/** What rows are ordered by. `score` is the score in a column on a task. */
export type BoardOrder = { descending: boolean } & (
  { by: "rank" | "owner" | "created_when" } | { by: "score"; column: string; task: number }
);

export interface BoardPart {
  /** What the name in a row must contain. */
  search?: string | undefined;
  /** Whether the part has the best own row in its middle. It does not if there is none; then it is the page. */
  aroundOwn: boolean;
  /** Undefined for all rows. */
  page?: { offset: number; limit: number } | undefined;
  /** By rank, if it is undefined. */
  order?: BoardOrder | undefined;
}

/** What the viewer sees of a row. */
export interface RowView<Row> {
  nameOf: (row: Row) => string[];
  isOwn: (row: Row) => boolean;
  submittedWhen: (row: Row) => Date;
  /** A decimal; undefined if the row has no score there. */
  scoreOf: (row: Row, column: string, task: number) => string | undefined;
}

/** The rows of a part, in its order, and how many there are on all pages. `rows` are ordered by rank. */
export function partOfBoard<Row>(
  rows: readonly Row[],
  { search, aroundOwn, page, order }: BoardPart,
  view: RowView<Row>,
): { rows: Row[]; count: number; offset: number } {
  const sought = search?.toLowerCase();
  const found = inOrder(
    sought === undefined
      ? rows
      : rows.filter((row) => view.nameOf(row).some((name) => name.toLowerCase().includes(sought))),
    order,
    view,
  );
  if (page === undefined) return { rows: found, count: found.length, offset: 0 };
  const own = aroundOwn ? found.findIndex(view.isOwn) : -1;
  const last = Math.max(0, found.length - page.limit);
  const offset = own === -1 ? page.offset : Math.min(last, Math.max(0, own - Math.floor(page.limit / 2)));
  return { rows: found.slice(offset, offset + page.limit), count: found.length, offset };
}

/** Rows that are equal stay in the order of their ranks. Those without the score come last, in either direction. */
function inOrder<Row>(rows: readonly Row[], order: BoardOrder | undefined, view: RowView<Row>): Row[] {
  if (order === undefined) return [...rows];
  if (order.by === "rank") return order.descending ? rows.toReversed() : [...rows];
  const sign = order.descending ? -1 : 1;
  const sorted = <Value>(valueOf: (row: Row) => Value | undefined, compare: (a: Value, b: Value) => number) =>
    rows
      .map((row) => ({ row, value: valueOf(row) }))
      .sort((a, b) =>
        a.value === undefined || b.value === undefined
          ? Number(a.value === undefined) - Number(b.value === undefined)
          : sign * compare(a.value, b.value),
      )
      .map(({ row }) => row);
  switch (order.by) {
    case "owner":
      return sorted((row) => view.nameOf(row)[0], new Intl.Collator("en", { numeric: true }).compare);
    case "created_when":
      return sorted(
        (row) => view.submittedWhen(row).getTime(),
        (a, b) => a - b,
      );
    case "score":
      return sorted((row) => {
        const score = view.scoreOf(row, order.column, order.task);
        return score === undefined ? undefined : parseDecimal(score);
      }, compareDecimals);
  }
}
