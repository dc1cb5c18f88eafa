import { distinctName } from "./distinct-name.ts";

/** A column of an exported leaderboard: the scores of one task in one column of the leaderboard. */
export interface ResultColumn {
  taskId: number;
  columnKey: string;
  /** Unique in the table. */
  name: string;
}

/**
 * The columns of an exported leaderboard, task by task. As in Codabench they are named `TASK(ID)-TITLE`. Columns of the
 * leaderboard may share a title, and then the key is added to it: `TASK(ID)-TITLE(KEY)`.
 */
export function resultColumns(
  tasks: readonly { id: number; name: string }[],
  columns: readonly { key: string; title: string }[],
): ResultColumn[] {
  const pairs = tasks.flatMap((task) => columns.map((column) => ({ task, column })));
  const titles = columns.map(({ title }) => title);
  const namings: ((pair: (typeof pairs)[number]) => string)[] = [
    ({ task, column: { key, title } }) => `${task.name}(${task.id})-${distinctName(title, key, titles, "")}`,
    // Only titles and names chosen for it still collide. Ids and keys never do.
    ({ task, column }) => `${task.id}-${column.key}`,
  ];
  const names = namings
    .map((naming) => pairs.map(naming))
    .find((candidates) => new Set(candidates).size === candidates.length)!;
  return pairs.map(({ task, column }, at) => ({ taskId: task.id, columnKey: column.key, name: names[at]! }));
}
