import * as z from "zod";
import type { solutionsOfTasks } from "../../db/competitions.ts";
import type { TaskDetail } from "../../db/tasks.ts";

/** A task as the API shows it. */
export const taskSchema = z
  .object({
    id: z.int(),
    name: z.string(),
    description: z.string().nullable(),
    key: z.string(),
    created_by: z.string(),
    created_when: z.iso.datetime(),
    is_public: z.boolean(),
    ingestion_only_during_scoring: z.boolean(),
    validated: z.literal(false),
    input_data: z.string().nullable().meta({ description: "Key of a dataset, as the other three" }),
    ingestion_program: z.string().nullable(),
    reference_data: z.string().nullable(),
    scoring_program: z.string().nullable(),
    shared_with: z.array(z.int()).meta({ description: "Ids of users; for its creator only" }),
  })
  .meta({ id: "Task" });

/** An example submission for a task, as its participants may download it. */
export const solutionSchema = z.object({
  name: z.string(),
  description: z.string().nullable(),
  key: z.string(),
  tasks: z.array(z.string()).meta({ description: "Keys" }),
  data: z.string().meta({ description: "Key of a dataset" }),
  md5: z.string().nullable().meta({ description: "Of its file, if a bundle brought it" }),
  size: z.number().nullable().meta({ description: "Bytes" }),
});

export const shownSolution = (solution: Awaited<ReturnType<typeof solutionsOfTasks>>[number]) => ({
  name: solution.name,
  description: solution.description,
  key: solution.key,
  tasks: solution.tasks,
  data: solution.data,
  md5: solution.md5,
  size: solution.size,
});

/** Whom a task is shared with only its creator learns. */
export const shownTask = (task: TaskDetail, viewerId: number | null) => ({
  id: task.id,
  name: task.name,
  description: task.description,
  key: task.key,
  created_by: task.created_by,
  created_when: task.created_when,
  is_public: task.is_public,
  ingestion_only_during_scoring: task.ingestion_only_during_scoring,
  validated: false,
  input_data: task.input_data,
  ingestion_program: task.ingestion_program,
  reference_data: task.reference_data,
  scoring_program: task.scoring_program,
  shared_with: task.created_by_id === viewerId ? task.shared_with : [],
});
