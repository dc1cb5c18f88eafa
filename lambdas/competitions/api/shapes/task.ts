import * as z from "zod";
import { datasetTypes } from "../../rules/competition.ts";
import { permissionsSchema } from "../../../http/permissions.ts";
import type { Solution, TaskDetail, taskInFull, TaskRole } from "../../service/tasks.ts";

const fields = {
  id: z.int(),
  name: z.string(),
  description: z.string().nullable(),
  key: z.string(),
  created_when: z.iso.datetime(),
  is_public: z.boolean(),
  ingestion_only_during_scoring: z.boolean(),
  validated: z.literal(false),
};

/** A task in submissions and in answers to changes. Its files are keys, and the users it is shared with are ids. */
export const taskSchema = z
  .object({
    ...fields,
    created_by: z.int().meta({ description: "Id of a user" }),
    input_data: z.string().nullable().meta({ description: "Key of a dataset, like the other three" }),
    ingestion_program: z.string().nullable(),
    reference_data: z.string().nullable(),
    scoring_program: z.string().nullable(),
    shared_with: z.array(z.int()).meta({ description: "User ids; for the task's creator only" }),
  })
  .meta({ id: "Task" });

/** An example submission for a task, which participants may download. */
export const solutionSchema = z.object({
  name: z.string(),
  description: z.string().nullable(),
  key: z.string(),
  tasks: z.array(z.string()).meta({ description: "Keys" }),
  data: z.string().meta({ description: "Key of a dataset" }),
  md5: z.string().nullable().meta({ description: "MD5 of the file, if it came with a bundle" }),
  size: z.number().nullable().meta({ description: "Bytes" }),
});

export const shownSolution = (solution: Solution) => ({
  name: solution.name,
  description: solution.description,
  key: solution.key,
  tasks: solution.tasks,
  data: solution.data,
  md5: solution.md5,
  size: solution.size,
});

const shownFields = (task: TaskDetail) => ({
  id: task.id,
  name: task.name,
  description: task.description,
  key: task.key,
  created_when: task.created_when,
  is_public: task.is_public,
  ingestion_only_during_scoring: task.ingestion_only_during_scoring,
  validated: false,
});

/** Only the creator sees the users a task is shared with. */
export const shownTask = (task: TaskDetail, viewerId: number | null) => ({
  ...shownFields(task),
  created_by: task.created_by_id,
  input_data: task.input_data,
  ingestion_program: task.ingestion_program,
  reference_data: task.reference_data,
  scoring_program: task.scoring_program,
  shared_with: task.created_by_id === viewerId ? task.shared_with : [],
});

const fileSchema = z.object({ id: z.int(), type: z.enum(datasetTypes), name: z.string(), key: z.string() }).nullable();

/** A single task. Its files are objects with names, and the users it is shared with are usernames. */
export const taskDetailSchema = z
  .object({
    ...fields,
    created_by: z.string(),
    owner_display_name: z.string(),
    input_data: fileSchema,
    ingestion_program: fileSchema,
    reference_data: fileSchema,
    scoring_program: fileSchema,
    solutions: z.array(solutionSchema),
    shared_with: z.array(z.string()).meta({ description: "Usernames; for the task's creator only, like competitions" }),
    competitions: z.array(z.object({ id: z.int(), title: z.string() })),
    permissions: permissionsSchema("task"),
  })
  .meta({ id: "TaskDetail" });

export function shownTaskDetail(found: Awaited<ReturnType<typeof taskInFull>>) {
  const { task, solutions, sharedWith, competitions } = found;
  const file = (role: TaskRole) => {
    const dataset = found.file(role);
    return dataset ? { id: dataset.id, type: dataset.type, name: dataset.name, key: dataset.key } : null;
  };
  return {
    ...shownFields(task),
    created_by: task.created_by,
    owner_display_name: task.owner_display_name,
    input_data: file("input_data"),
    ingestion_program: file("ingestion_program"),
    reference_data: file("reference_data"),
    scoring_program: file("scoring_program"),
    solutions: solutions.map(shownSolution),
    shared_with: sharedWith,
    competitions,
    permissions: found.permissions,
  };
}
