import * as z from "zod";
import {
  competitionOrders,
  competitionsSeenBy,
  competitionStates,
  frontPage,
  pageOfCompetitions,
  publicCompetitions,
} from "../../service/competition-lists.ts";
import { boolean, secretKey, severalInQuery } from "../../../http/fields.ts";
import {
  offset,
  optionalPageQuery,
  ordering,
  orderOf,
  page,
  pageQuery,
  pageWanted,
  sizedPage,
} from "../../../http/paging.ts";
import { route } from "../../../http/route.ts";
import { listedCompetitionSchema, offeredCompetitionSchema, shownInList } from "../shapes/listed-competition.ts";

export const competitionListRoutes = [
  route({
    method: "GET",
    path: "/api/competitions/",
    summary: "Competitions you may see, oldest first",
    access: "anyone",
    query: optionalPageQuery.extend({
      secret_key: secretKey,
      type: z.enum(["competition", "benchmark", "any"]).default("competition"),
      search: z.string().optional(),
      mine: boolean.default(false),
      participating_in: boolean.default(false),
      ordering: ordering(...competitionOrders).meta({ description: "For pages" }),
    }),
    answer: {
      status: 200,
      description: "A plain list; a page, if the request has page or page_size",
      schema: z.union([z.array(listedCompetitionSchema), page(listedCompetitionSchema)]),
    },
    async handle({ context, actor, query }) {
      const filter = {
        type: query.type,
        search: query.search,
        mine: query.mine,
        participating: query.participating_in,
        secretKey: query.secret_key,
      };
      const paged = pageWanted(query);
      if (!paged)
        return { status: 200, body: await shownInList(context, await competitionsSeenBy(context, actor, filter)) };
      const order = orderOf(query.ordering, { field: "created_when", descending: false });
      const { count, rows } = await pageOfCompetitions(context, actor, filter, order, offset(paged));
      const results = await shownInList(context, rows);
      return { status: 200, body: page.of(context, "/api/competitions/", { ...query, ...paged }, count, results) };
    },
  }),
  route({
    method: "GET",
    path: "/api/competitions/public/",
    summary: "Published competitions and benchmarks",
    access: "anyone",
    query: pageQuery(20).extend({
      search: z.string().optional(),
      ordering: z.enum(["recent", "popular", "with_most_submissions", "ends_soon"]).catch("recent").default("recent"),
      type: z.enum(["competition", "benchmark"]).optional(),
      status: severalInQuery(z.enum(competitionStates)),
      participating_in: boolean.default(false),
      organizing: boolean.default(false),
      drafts: boolean.default(false).meta({ description: "With organizing: also those that are not published" }),
      has_reward: boolean.default(false),
      featured: boolean.default(false),
    }),
    answer: { status: 200, description: "A page of competitions", schema: sizedPage(offeredCompetitionSchema) },
    async handle({ context, actor, query }) {
      const { count, rows } = await publicCompetitions(
        context,
        actor,
        {
          search: query.search,
          ordering: query.ordering,
          participating: query.participating_in,
          organizing: query.organizing,
          drafts: query.organizing && query.drafts,
          hasReward: query.has_reward,
          featured: query.featured,
          type: query.type,
          states: query.status,
        },
        offset(query),
      );
      const results = await shownInList(context, rows);
      return { status: 200, body: sizedPage.of(context, "/api/competitions/public/", query, count, results) };
    },
  }),
  route({
    method: "GET",
    path: "/api/competitions/front_page/",
    summary: "The front page: how much there is, and popular, recent, featured and soon ending competitions",
    access: "anyone",
    answer: {
      status: 200,
      description: "At most four of each",
      schema: z.object({
        popular_comps: z.array(listedCompetitionSchema),
        recent_comps: z.array(listedCompetitionSchema).meta({ description: "None that is popular" }),
        featured_comps: z.array(offeredCompetitionSchema),
        ending_soon_comps: z.array(offeredCompetitionSchema),
        counts: z
          .object({
            competitions: z.int(),
            benchmarks: z.int(),
            participants: z.int().meta({ description: "People" }),
            submissions: z.int(),
            counted_when: z.iso.datetime(),
          })
          .meta({ description: "Of what is published, counted once an hour" }),
      }),
    },
    async handle({ context, actor }) {
      const { popular, recent, featured, endingSoon, counts } = await frontPage(context, actor);
      return {
        status: 200,
        body: {
          popular_comps: await shownInList(context, popular),
          recent_comps: await shownInList(context, recent),
          featured_comps: await shownInList(context, featured),
          ending_soon_comps: await shownInList(context, endingSoon),
          counts,
        },
      };
    },
  }),
];
