import { csv } from "../../../http/csv.ts";
import type { boardOfPhase } from "../../service/leaderboards.ts";
import { distinctName } from "../../rules/distinct-name.ts";

/** A leaderboard as everybody who may see it sees it, as a table. */
export function boardTable({ board, tasks, part, overallTitle }: Awaited<ReturnType<typeof boardOfPhase>>): string {
  const visible = board.columns.filter(({ hidden }) => !hidden);
  const cells = tasks.flatMap((task) => visible.map((column) => ({ task, column })));
  const titleOf = ({ task, column }: (typeof cells)[number]) => {
    const title = distinctName(
      column.title,
      column.key,
      visible.map((one) => one.title),
    );
    if (tasks.length === 1) return title;
    const names = tasks.map(({ name }) => name);
    return `${distinctName(task.name, task.id, names)}: ${title}`;
  };
  return csv([
    [
      ...["Rank", "Participant", "Organization", "Submission ID", "Submitted When"],
      ...(overallTitle === null ? [] : [overallTitle]),
      ...cells.map(titleOf),
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
