import * as z from "zod";
import { queueStatus } from "../service/queue-status.ts";
import { uuid } from "../../http/fields.ts";
import { offset, page, pageQuery } from "../../http/paging.ts";
import { route } from "../../http/route.ts";
import { workerSchema } from "./queue-workers.ts";

const statusSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    owner: z.string().nullable().meta({ description: "Null for the default queue, which is the platform's" }),
    is_public: z.boolean(),
    accepts_jobs: z.boolean(),
    max_running: z.int().nullable(),
    waiting: z.int(),
    running: z.int(),
    oldest_waiting_seconds: z.number().nullable().meta({ description: "How long the oldest job has been ready" }),
    quarantined: z.int(),
    history: z
      .array(z.object({ begins: z.iso.datetime(), succeeded: z.int(), failed: z.int() }))
      .meta({ description: "The jobs that ended in each of the last 24 hours, the earliest first" }),
    workers: z.array(workerSchema).meta({ description: "Those seen in the last day, with what they run" }),
  })
  .meta({ id: "QueueStatus" });

export const queueStatusRoute = route({
  method: "GET",
  path: "/api/queues/status/",
  summary: "What waits and runs on your queues, and their workers; on all queues for superusers",
  access: "user",
  query: pageQuery(20).extend({
    search: z.string().max(128).optional(),
    queue: uuid.optional().meta({ description: "Only the queue with this id" }),
  }),
  answer: { status: 200, description: "A page of queues by name", schema: page(statusSchema) },
  async handle({ context, actor, query }) {
    const { count, rows } = await queueStatus(context, actor, { search: query.search, id: query.queue }, offset(query));
    const results = rows.map(({ queue, status, workers }) => ({
      id: queue.id,
      name: queue.name,
      owner: queue.owner,
      is_public: queue.is_public,
      accepts_jobs: queue.accepts_jobs,
      max_running: queue.max_running,
      ...status,
      workers,
    }));
    return { status: 200, body: page.of(context, "/api/queues/status/", query, count, results) };
  },
});
