/** The columns of a leaderboard as everybody who may see it sees them: one for each task. */
import { distinctName } from "./distinct-name.ts";

interface Column {
  key: string;
  title: string;
  hidden: boolean;
}

interface Task {
  id: number;
  name: string;
}

/** Visible columns on tasks, with titles of which no two are the same. */
export function shownCells<C extends Column>(
  columns: readonly C[],
  tasks: readonly Task[],
): { task: Task; column: C; title: string }[] {
  const visible = columns.filter(({ hidden }) => !hidden);
  const titleOf = (task: Task, column: C) => {
    const title = distinctName(
      column.title,
      column.key,
      visible.map((one) => one.title),
    );
    if (tasks.length === 1) return title;
    const names = tasks.map(({ name }) => name);
    return `${distinctName(task.name, task.id, names)}: ${title}`;
  };
  return tasks.flatMap((task) => visible.map((column) => ({ task, column, title: titleOf(task, column) })));
}
