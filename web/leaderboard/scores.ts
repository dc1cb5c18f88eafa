/** How scores are written in a column. */
import { number } from "../app/format.ts";
import type { Board, Column, Row } from "./queries.ts";

type Cell = Row["scores"][number];

export const cellKey = (task: number, column: string) => `${task} ${column}`;

export const cellsOf = (row: Row): Map<string, Cell> =>
  new Map(row.scores.map((cell) => [cellKey(cell.task_id, cell.column_key), cell]));

const places = (text: string) => /\.(\d+)$/.exec(text)?.[1]?.replace(/0+$/, "").length ?? 0;

/**
 * Writes the scores of a board so that they stand below one another: each column with as many decimal places as its scores need,
 * and at most as many as its organizers want. With `all`, as they are stored.
 */
export function scoreWriter({ submissions }: Pick<Board, "submissions">, all: boolean) {
  const needed = new Map<string, number>();
  for (const { scores } of submissions)
    for (const { task_id, column_key, score, raw_score } of scores) {
      const key = cellKey(task_id, column_key);
      needed.set(key, Math.max(needed.get(key) ?? 0, places(all ? raw_score : score)));
    }
  return (task: number, column: Column, cell: Cell): string => {
    const digits = Math.min(needed.get(cellKey(task, column.key)) ?? 0, 10);
    return number(Number(all ? cell.raw_score : cell.score), {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
  };
}

/** A score in a chart: short. */
export const shortScore = (value: number): string => number(value, { maximumSignificantDigits: 4 });
