import * as z from "zod";
import type { QueueRow } from "../../../jobs/service/queues.ts";
import type { UserActor } from "../../../policy/policy.ts";
import type { Context } from "../../../kernel/context.ts";
import { allProfiles } from "../../../jobs/service/capacity-profiles.ts";
import { changeQueue, createQueue, deleteQueue, listedQueues, usableQueue } from "../../../jobs/service/queues.ts";
import { boolean, integer, list, nothing, uuid, wholeNumber } from "../../../http/fields.ts";
import { offset, ordering, orderOf, page, pageQuery } from "../../../http/paging.ts";
import { route } from "../../../http/route.ts";
import { competitionsOn, queueUses } from "../../service/queue-uses.ts";
import { queueSchema, shownQueue } from "../shapes/queue.ts";

const listedQueue = queueSchema
  .extend({ competitions: z.array(z.object({ id: z.int(), title: z.string() })) })
  .meta({ id: "QueueWithCompetitions" });

async function shown(context: Context, actor: UserActor, queues: QueueRow[]) {
  const competitions = await competitionsOn(context, actor, queues);
  const profiles = await allProfiles(context);
  return queues.map((queue) => ({
    ...shownQueue(context, actor, profiles, queue),
    competitions: competitions.get(queue.id) ?? [],
  }));
}

/** Shows one queue that the actor may use. */
async function shownById(context: Context, actor: UserActor, id: string) {
  return (await shown(context, actor, [await usableQueue(context, actor, id)]))[0]!;
}

const params = z.object({ id: uuid });
const name = z.string().min(1).max(64);
const profile = nothing(z.string().max(63)).optional();
const limit = nothing(integer).optional();
const fields = z.object({
  name,
  is_public: boolean.optional(),
  organizers: list(integer).optional(),
  prediction_profile: profile,
  scoring_profile: profile,
  max_running: limit,
  max_step_seconds: limit,
  max_submission_bytes: nothing(wholeNumber(1)).optional(),
  accepts_jobs: boolean.optional(),
});

const asRequest = (body: Partial<z.output<typeof fields>>) => ({
  isPublic: body.is_public,
  organizers: body.organizers,
  profiles: { prediction: body.prediction_profile, scoring: body.scoring_profile },
  settings: {
    max_running: body.max_running,
    max_step_seconds: body.max_step_seconds,
    max_upload_bytes: body.max_submission_bytes,
    accepts_jobs: body.accepts_jobs,
  },
});

export const queueRoutes = [
  route({
    method: "GET",
    path: "/api/queues/",
    summary: "Queues that you own or that are shared with you; with public=true also public queues",
    access: "user",
    query: pageQuery(10).extend({
      public: boolean.default(false),
      search: z.string().optional(),
      ordering: ordering("name", "created_when"),
    }),
    answer: { status: 200, description: "A page of queues", schema: page(listedQueue) },
    async handle({ context, actor, query }) {
      const { count, rows } = await listedQueues(
        context,
        actor,
        {
          includePublic: query.public,
          search: query.search,
          order: orderOf(query.ordering, { field: "name", descending: false }),
        },
        offset(query),
      );
      const results = await shown(context, actor, rows);
      return { status: 200, body: page.of(context, "/api/queues/", query, count, results) };
    },
  }),
  route({
    method: "POST",
    path: "/api/queues/",
    summary: "Create a queue for your own workers or on the platform's capacity profiles; at most five queues per user",
    access: "user",
    audited: true,
    body: fields,
    answer: { status: 201, description: "The queue", schema: listedQueue },
    async handle({ context, actor, reason, body }) {
      const id = await createQueue(context, queueUses, { actor, reason }, { ...asRequest(body), name: body.name });
      return { status: 201, body: await shownById(context, actor, id) };
    },
  }),
  route({
    method: "GET",
    path: "/api/queues/{id}/",
    summary: "A queue that you own, that is shared with you, or that is public",
    access: "user",
    params,
    answer: { status: 200, description: "The queue", schema: listedQueue },
    async handle({ context, actor, params }) {
      return { status: 200, body: await shownById(context, actor, params.id) };
    },
  }),
  ...(["PUT", "PATCH"] as const).map((method) =>
    route({
      method,
      path: "/api/queues/{id}/",
      summary: "Change a queue: its name, whether it is public, sharing, limits, draining",
      access: "user",
      audited: true,
      params,
      body: fields.partial(),
      answer: { status: 200, description: "The queue", schema: listedQueue },
      async handle({ context, actor, reason, params, body }) {
        await changeQueue(context, queueUses, { actor, reason }, params.id, { ...asRequest(body), name: body.name });
        return { status: 200, body: await shownById(context, actor, params.id) };
      },
    }),
  ),
  route({
    method: "DELETE",
    path: "/api/queues/{id}/",
    summary: "Delete a queue; its competitions use the default queue again",
    access: "user",
    audited: true,
    params,
    answer: { status: 204, description: "Deleted" },
    async handle({ context, actor, reason, params }) {
      await deleteQueue(context, queueUses, { actor, reason }, params.id);
      return { status: 204 };
    },
  }),
];
