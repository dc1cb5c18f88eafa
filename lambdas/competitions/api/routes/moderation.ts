import * as z from "zod";
import { listings } from "../../rules/listing.ts";
import { administeredOrders, allCompetitions, moderate } from "../../service/moderation.ts";
import { boolean, idParams, uuid } from "../../../http/fields.ts";
import { offset, ordering, orderOf, page, pageQuery } from "../../../http/paging.ts";
import { route } from "../../../http/route.ts";

const moderatedFields = {
  is_featured: z.boolean(),
  listing: z
    .enum(listings)
    .meta({ description: "unlisted: in no public list; withheld: also unpublished until an administrator lists it" }),
  listing_reason: z.string().nullable().meta({ description: "What the organizers are told about it" }),
};

const administeredSchema = z
  .object({
    id: z.int(),
    title: z.string(),
    competition_type: z.string(),
    created_by: z.object({ id: z.int(), username: z.string() }),
    created_when: z.date(),
    published: z.boolean(),
    ...moderatedFields,
    queue: z.object({ id: z.string(), name: z.string() }).nullable().meta({ description: "Null: the default queue" }),
    participants_count: z.int(),
    submissions_count: z.int(),
    last_submission_when: z.date().nullable(),
  })
  .meta({ id: "AdministeredCompetition" });

export const moderationRoutes = [
  route({
    method: "GET",
    path: "/api/competitions/all/",
    summary: "All competitions, also private ones (superusers)",
    access: "user",
    query: pageQuery(50).extend({
      search: z.string().max(254).optional().meta({
        description: "A part of the title, or the username or mail address of who created it",
      }),
      type: z.enum(["competition", "benchmark"]).optional(),
      published: boolean.optional(),
      featured: boolean.optional(),
      listing: z.enum(listings).optional(),
      queue: uuid.optional(),
      ordering: ordering(...administeredOrders),
    }),
    answer: {
      status: 200,
      description: "A page of competitions, and how many there are whatever is asked for",
      schema: page(administeredSchema).extend({
        counts: z.object({
          all: z.int(),
          published: z.int(),
          featured: z.int(),
          unlisted: z.int(),
          withheld: z.int(),
        }),
      }),
    },
    async handle({ context, actor, query }) {
      const order = orderOf(query.ordering, { field: "id", descending: true });
      const { count, rows, counts } = await allCompetitions(context, actor, query, order, offset(query));
      return { status: 200, body: { ...page.of(context, "/api/competitions/all/", query, count, rows), counts } };
    },
  }),
  route({
    method: "PUT",
    path: "/api/competitions/{id}/moderation/",
    summary: "Feature a competition, or take it out of public lists; missing fields stay unchanged (superusers)",
    access: "user",
    audited: true,
    params: idParams,
    body: z.object({
      is_featured: boolean.optional(),
      listing: z.enum(listings).optional(),
      listing_reason: z.string().trim().min(1).max(1000).optional().meta({ description: "Needed unless it is listed" }),
    }),
    answer: { status: 200, description: "What is decided now", schema: z.object(moderatedFields) },
    async handle({ context, actor, reason, params, body }) {
      return { status: 200, body: await moderate(context, { actor, reason }, params.id, body) };
    },
  }),
];
