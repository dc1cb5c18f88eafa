import * as z from "zod";
import type { UserActor } from "../../../policy/policy.ts";
import { Refusal } from "../../../kernel/refusal.ts";
import type { Context } from "../../../kernel/context.ts";
import {
  changeTask,
  createTask,
  deleteTasks,
  taskInFull,
  tasksFor,
  usableTask,
  type TaskRequest,
} from "../../service/tasks.ts";
import { uploadTask } from "../../service/task-upload.ts";
import { boolean, idParams, ids, integer, list, uuid } from "../../../http/fields.ts";
import { offset, ordering, orderOf, page, pageQuery } from "../../../http/paging.ts";
import { route } from "../../../http/route.ts";
import { datasetSchema, shownDataset } from "../shapes/dataset.ts";
import { shownTask, shownTaskDetail, taskDetailSchema, taskSchema } from "../shapes/task.ts";

/** The key of a dataset. An empty text means no dataset. */
const file = z.union([uuid, z.literal("").transform(() => null), z.null()]).optional();

const taskFields = z.object({
  name: z.string().min(1).max(256),
  description: z.string().max(50_000).nullish(),
  is_public: boolean.optional(),
  ingestion_only_during_scoring: boolean.optional(),
  scoring_program: file,
  ingestion_program: file,
  input_data: file,
  reference_data: file,
  shared_with: list(integer).optional(),
});

const asRequest = (body: Partial<z.output<typeof taskFields>>): TaskRequest => ({
  ...(body.name === undefined ? {} : { name: body.name }),
  ...(body.description === undefined ? {} : { description: body.description }),
  ...(body.is_public === undefined ? {} : { isPublic: body.is_public }),
  ...(body.ingestion_only_during_scoring === undefined
    ? {}
    : { ingestionOnlyDuringScoring: body.ingestion_only_during_scoring }),
  ...(body.shared_with === undefined ? {} : { sharedWith: body.shared_with }),
  files: {
    ...(body.scoring_program === undefined ? {} : { scoring_program: body.scoring_program }),
    ...(body.ingestion_program === undefined ? {} : { ingestion_program: body.ingestion_program }),
    ...(body.input_data === undefined ? {} : { input_data: body.input_data }),
    ...(body.reference_data === undefined ? {} : { reference_data: body.reference_data }),
  },
});

const listedTask = z.object({
  id: z.int(),
  created_when: z.iso.datetime(),
  created_by: z.string(),
  owner_display_name: z.string(),
  key: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  solutions: z.array(z.object({ name: z.string(), data: datasetSchema })),
  ingestion_only_during_scoring: z.boolean(),
  value: z.string(),
  is_public: z.boolean(),
  is_used_in_competitions: z.boolean(),
});

/** A task after a change. */
async function changed(context: Context, actor: UserActor, id: number) {
  return shownTask(await usableTask(context, actor, id), actor.id);
}

export const taskRoutes = [
  route({
    method: "GET",
    path: "/api/tasks/",
    summary: "Tasks that you own or that are shared with you, newest first; with public=true also public tasks",
    access: "user",
    query: pageQuery(10).extend({
      public: boolean.default(false),
      created_by: integer.optional(),
      is_public: boolean.optional(),
      search: z.string().optional(),
      ordering: ordering("id", "name"),
    }),
    answer: { status: 200, description: "A page of tasks", schema: page(listedTask) },
    async handle({ context, actor, query }) {
      const { count, tasks } = await tasksFor(
        context,
        actor,
        {
          includePublic: query.public,
          createdBy: query.created_by,
          isPublic: query.is_public,
          search: query.search,
          order: orderOf(query.ordering, { field: "id", descending: true }),
        },
        offset(query),
      );
      const results = tasks.map((task) => ({
        id: task.id,
        created_when: task.created_when,
        created_by: task.created_by,
        owner_display_name: task.owner_display_name,
        key: task.key,
        name: task.name,
        description: task.description,
        solutions: task.solutions.map(({ name, data }) => ({ name, data: data && shownDataset(data) })),
        ingestion_only_during_scoring: task.ingestion_only_during_scoring,
        value: task.key,
        is_public: task.is_public,
        is_used_in_competitions: task.is_used_in_competitions,
      }));
      return { status: 200, body: page.of(context, "/api/tasks/", query, count, results) };
    },
  }),
  route({
    method: "POST",
    path: "/api/tasks/",
    summary: "Create a task from datasets",
    access: "user",
    body: taskFields.extend({ scoring_program: uuid }),
    answer: { status: 201, description: "The task", schema: taskSchema },
    async handle({ context, actor, body }) {
      const id = await createTask(context, actor, { ...asRequest(body), name: body.name });
      return { status: 201, body: await changed(context, actor, id) };
    },
  }),
  route({
    method: "POST",
    path: "/api/tasks/upload_task/",
    summary: "Create a task from a zip with a task.yaml, sent as a form file or uploaded before as the dataset `data`",
    reasonUnder: "error",
    access: "user",
    takesFiles: true,
    body: z.object({ file: z.file().optional(), data: uuid.optional() }),
    answer: { status: 201, description: "The task is created", schema: z.object({ message: z.string(), id: z.int() }) },
    async handle({ context, actor, body }) {
      if (!body.file && !body.data)
        throw new Refusal(
          "invalid",
          "BAD_TASK_ARCHIVE",
          "Send the zip as the form's field `file`, or the key of an uploaded dataset as `data`.",
        );
      const archive = body.file ? { bytes: Buffer.from(await body.file.arrayBuffer()) } : { dataset: body.data! };
      const id = await uploadTask(context, actor, archive);
      return { status: 201, body: { message: "Task uploaded successfully!", id } };
    },
  }),
  route({
    method: "POST",
    path: "/api/tasks/delete_many/",
    summary: "Delete tasks that no phase uses, all of them or none",
    access: "user",
    body: ids,
    answer: { status: 200, description: "Deleted", schema: z.object({ detail: z.string() }) },
    async handle({ context, actor, body }) {
      await deleteTasks(context, actor, body);
      return { status: 200, body: { detail: "Tasks deleted successfully" } };
    },
  }),
  route({
    method: "GET",
    path: "/api/tasks/{id}/",
    summary: "A task that you own, that is shared with you, or that is public",
    access: "user",
    params: idParams,
    answer: { status: 200, description: "The task", schema: taskDetailSchema },
    async handle({ context, actor, params }) {
      return { status: 200, body: shownTaskDetail(await taskInFull(context, actor, params.id)) };
    },
  }),
  ...(["PUT", "PATCH"] as const).map((method) =>
    route({
      method,
      path: "/api/tasks/{id}/",
      summary: "Change a task or share it",
      access: "user",
      audited: true,
      params: idParams,
      body: taskFields.partial(),
      answer: { status: 200, description: "The task", schema: taskSchema },
      async handle({ context, actor, reason, params, body }) {
        await changeTask(context, { actor, reason }, params.id, asRequest(body));
        return { status: 200, body: await changed(context, actor, params.id) };
      },
    }),
  ),
  route({
    method: "DELETE",
    path: "/api/tasks/{id}/",
    summary: "Delete a task that no phase uses",
    reasonUnder: "error",
    access: "user",
    params: idParams,
    answer: { status: 204, description: "Deleted" },
    async handle({ context, actor, params }) {
      await deleteTasks(context, actor, [params.id]);
      return { status: 204 };
    },
  }),
];
