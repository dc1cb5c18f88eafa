import type { ScoreColumn } from "./scores.ts";

/**
 * The columns by which scores are read: those of all leaderboards of a competition, each key once. If one leaderboard
 * computes a key that another one reads, it is read.
 */
export function scoreColumns<Column extends ScoreColumn>(boards: readonly { columns: readonly Column[] }[]): Column[] {
  const byKey = Map.groupBy(
    boards.flatMap((board) => board.columns),
    ({ key }) => key,
  );
  return [...byKey.values()].map((same) => same.find(({ computation }) => computation === null) ?? same[0]!);
}
