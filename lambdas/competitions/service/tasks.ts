import { auditedTask, competitionsWithTask } from "../../accounts/db/audit.ts";
import { solutionsOfTasks } from "../db/competitions.ts";
import { findDatasets, type Dataset } from "../db/datasets.ts";
import {
  competitionsOfTask,
  deleteUnusedTasks,
  findTaskDetails,
  insertTask,
  listTasks,
  tasksById,
  updateTask,
  type TaskChanges,
  type TaskDetail,
  type TaskFilter,
} from "../db/tasks.ts";
import { changes as changesOf } from "../../accounts/rules/audit.ts";
import type { TaskFiles } from "../rules/competition.ts";
import { may, permissions, type UserActor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { record, type UserAuthor } from "../../accounts/service/audit.ts";
import { requirePeople } from "../../accounts/service/people.ts";
import { transact, type Context } from "../../kernel/context.ts";
import type { Part } from "../../kernel/db/page.ts";
import { problemsOfStored } from "./bundle-import/stored-archive.ts";
import { keepUpload } from "./keep-upload.ts";
import { datasetsSeenBy } from "./dataset-lists.ts";

export type { TaskDetail };
export type Solution = Awaited<ReturnType<typeof solutionsOfTasks>>[number];

/** The files of a task. Each is also a dataset type. */
export const taskRoles = ["scoring_program", "ingestion_program", "input_data", "reference_data"] as const;
export type TaskRole = keyof TaskFiles;

/** Values for a task: files by dataset key. Null removes a file; an absent property leaves it unchanged. */
export interface TaskRequest extends Omit<TaskChanges, "files"> {
  files: { [Role in TaskRole]?: string | null };
}

export const noSuchTask = () => new Refusal("not-found", "NO_SUCH_TASK", "There is no such task.");

/** Finds a task that the actor may use. */
export async function usableTask({ db }: Context, actor: UserActor, id: number) {
  const [task] = await findTaskDetails(db, [id]);
  if (!task || !may(actor, "task.use", { ...task, created_by: task.created_by_id })) throw noSuchTask();
  return task;
}

/** A page of the tasks that a person made or was given, newest first, each with its example submissions. */
export async function tasksFor(context: Context, actor: UserActor, filter: Omit<TaskFilter, "userId">, part: Part) {
  const { db } = context;
  const { count, rows: tasks } = await listTasks(db, { ...filter, userId: actor.id }, part);
  const found = await solutionsOfTasks(
    db,
    tasks.map(({ id }) => id),
  );
  const datasets = await findDatasets(db, [...new Set(found.map(({ data }) => data))]);
  const files = new Map((await datasetsSeenBy(context, actor, datasets)).map((dataset) => [dataset.key, dataset]));
  const solutions = Map.groupBy(found, (solution) => solution.task_id);
  return {
    count,
    tasks: tasks.map((task) => ({
      ...task,
      solutions: (solutions.get(task.id) ?? []).map(({ name, data }) => ({ name, data: files.get(data) })),
    })),
  };
}

/** A task that the actor may use, with its files and example submissions. Only its creator learns who else has it. */
export async function taskInFull(context: Context, actor: UserActor, id: number) {
  const { db } = context;
  const task = await usableTask(context, actor, id);
  const keys = taskRoles.flatMap((role) => task[role] ?? []);
  const datasets = await findDatasets(db, keys);
  const isOwn = task.created_by_id === actor.id;
  return {
    task,
    file: (role: TaskRole): Dataset | undefined => datasets.find(({ key }) => key === task[role]),
    solutions: await solutionsOfTasks(db, [id]),
    sharedWith: isOwn ? task.shared_with_usernames : [],
    competitions: isOwn ? await competitionsOfTask(db, id) : [],
    permissions: permissions(actor, "task", { ...task, created_by: task.created_by_id }),
  };
}

export async function createTask(
  context: Context,
  actor: UserActor,
  task: TaskRequest & { name: string },
): Promise<number> {
  const files = await datasetIds(context, actor, task, {});
  await requirePeople(context, "shared_with", task.sharedWith);
  return transact(context, (tx) => insertTask(tx, actor.id, { ...task, files }));
}

/** Changes a task. Submissions that already wait or run keep the files they started with. */
export async function changeTask(context: Context, by: UserAuthor, id: number, changes: TaskRequest): Promise<void> {
  const { actor } = by;
  const task = await usableTask(context, actor, id);
  if (!may(actor, "task.edit", { ...task, created_by: task.created_by_id }))
    throw new Refusal("forbidden", "NOT_ALLOWED", "Only the creator of a task may change it.");
  const files = await datasetIds(context, actor, changes, task);
  await requirePeople(context, "shared_with", changes.sharedWith);
  await transact(context, async (tx) => {
    const before = await auditedTask(tx, id);
    if (!before) throw noSuchTask();
    await updateTask(tx, id, { ...changes, files });
    const after = (await auditedTask(tx, id))!;
    const eventsFor = (competition: number) => [
      ...changesOf({ competition }, "task.data_replaced", id, before.data, after.data),
      ...changesOf({ competition }, "task.changed", id, before.about, after.about),
    ];
    await record(tx, by, ...(await competitionsWithTask(tx, id)).flatMap(eventsFor));
  });
}

/** Deletes tasks, or none of them if a phase uses one. */
export async function deleteTasks(context: Context, actor: UserActor, ids: number[]): Promise<void> {
  const wanted = [...new Set(ids)];
  const tasks = await tasksById(context.db, wanted);
  if (tasks.length < wanted.length || tasks.some((task) => !may(actor, "task.use", task))) throw noSuchTask();
  if (tasks.some((task) => !may(actor, "task.edit", task)))
    throw new Refusal("forbidden", "NOT_ALLOWED", "Only the creator of a task may delete it.");
  await transact(context, async (tx) => {
    const deleted = await deleteUnusedTasks(tx, wanted);
    const kept = tasks.filter(({ id }) => !deleted.includes(id));
    const message = "A phase still uses this task.";
    if (kept.length > 0)
      throw new Refusal("invalid", "IN_USE", message, Object.fromEntries(kept.map(({ name }) => [name, [message]])));
  });
}

/**
 * Resolves the datasets of a task. Each must exist, have the right type, be usable by the actor or already be part of
 * the task, and contain what workers can use.
 */
async function datasetIds(
  context: Context,
  actor: UserActor,
  { files, ingestionOnlyDuringScoring = false }: TaskRequest,
  current: { [Role in TaskRole]?: string | null },
): Promise<TaskChanges["files"]> {
  const found = new Map(
    (
      await findDatasets(
        context.db,
        Object.values(files).flatMap((key) => key ?? []),
      )
    ).map((d) => [d.key, d]),
  );
  const ids: TaskChanges["files"] = {};
  const problems: Record<string, string[]> = {};
  for (const role of taskRoles) {
    const key = files[role];
    if (key === undefined) continue;
    const dataset = key === null ? null : found.get(key.toLowerCase());
    if (role === "scoring_program" && dataset === null) problems[role] = ["A task needs a scoring program."];
    else if (dataset === null) ids[role] = null;
    else if (!dataset || !(may(actor, "dataset.use", dataset) || current[role] === dataset.key))
      problems[role] = [`You have no dataset with the key ${key}, and no public dataset has it.`];
    else if (dataset.type !== role) problems[role] = [`This dataset is a ${dataset.type}, not a ${role}.`];
    else {
      ids[role] = dataset.id;
      if (current[role] === dataset.key) continue;
      const kept = await keepUpload(context, dataset);
      if (!kept) continue;
      const found = await problemsOfStored(context, kept, {
        role,
        ingestionOnlyDuringScoring,
        liftTopFolder: false,
        wantsNetwork: null,
        path: role,
      });
      const errors = found.filter(({ severity }) => severity === "error");
      if (errors.length > 0) problems[role] = errors.map(({ message }) => message);
    }
  }
  const [first] = Object.entries(problems);
  if (first) throw new Refusal("invalid", "BAD_TASK_FILE", `${first[0]}: ${first[1][0]}`, problems);
  return ids;
}
