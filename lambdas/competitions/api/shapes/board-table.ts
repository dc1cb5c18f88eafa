import { csv } from "../../../http/csv.ts";
import type { boardOfPhase } from "../../service/leaderboards.ts";
import { shownCells } from "../../rules/shown-cells.ts";

/** A leaderboard as everybody who may see it sees it, as a table. */
export function boardTable({ board, tasks, part, overallTitle }: Awaited<ReturnType<typeof boardOfPhase>>): string {
  const cells = shownCells(board.columns, tasks);
  return csv([
    [
      ...["Rank", "Participant", "Organization", "Submission ID", "Submitted When"],
      ...(overallTitle === null ? [] : [overallTitle]),
      ...cells.map(({ title }) => title),
    ],
    ...part.rows.map(({ id, rank, overall, submissions: [{ entry }], cells: scores }) => [
      ...[rank, entry.display_name, entry.organization?.name ?? null, id, entry.submitted_when.toISOString()],
      ...(overallTitle === null ? [] : [overall]),
      ...cells.map(
        ({ task, column }) =>
          scores.find(({ taskId, columnKey }) => taskId === task.id && columnKey === column.key)?.score ?? null,
      ),
    ]),
  ]);
}
