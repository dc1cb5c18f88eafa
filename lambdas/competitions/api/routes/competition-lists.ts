import * as z from "zod";
import { competitionsSeenBy, frontPage, publicCompetitions } from "../../service/competition-lists.ts";
import { boolean, secretKey } from "../../../http/fields.ts";
import { offset, pageQuery, sizedPage } from "../../../http/paging.ts";
import { route } from "../../../http/route.ts";
import { listedCompetitionSchema, shownInList } from "../shapes/listed-competition.ts";

export const competitionListRoutes = [
  route({
    method: "GET",
    path: "/api/competitions/",
    summary: "Competitions you may see, oldest first",
    access: "anyone",
    query: z.object({
      secret_key: secretKey,
      type: z.enum(["competition", "benchmark", "any"]).default("competition"),
      search: z.string().optional(),
      mine: boolean.default(false),
      participating_in: boolean.default(false),
    }),
    answer: { status: 200, description: "A plain list", schema: z.array(listedCompetitionSchema) },
    async handle({ context, actor, query }) {
      const competitions = await competitionsSeenBy(context, actor, {
        type: query.type,
        search: query.search,
        mine: query.mine,
        participating: query.participating_in,
        secretKey: query.secret_key,
      });
      return { status: 200, body: await shownInList(context, competitions) };
    },
  }),
  route({
    method: "GET",
    path: "/api/competitions/public/",
    summary: "Published competitions and benchmarks",
    access: "anyone",
    query: pageQuery(20).extend({
      search: z.string().optional(),
      ordering: z.enum(["recent", "popular", "with_most_submissions"]).catch("recent").default("recent"),
      participating_in: boolean.default(false),
      organizing: boolean.default(false),
      has_reward: boolean.default(false),
    }),
    answer: { status: 200, description: "A page of competitions", schema: sizedPage(listedCompetitionSchema) },
    async handle({ context, actor, query }) {
      const { count, competitions } = await publicCompetitions(
        context,
        actor,
        {
          search: query.search,
          ordering: query.ordering,
          participating: query.participating_in,
          organizing: query.organizing,
          hasReward: query.has_reward,
        },
        offset(query),
      );
      const results = await shownInList(context, competitions);
      return { status: 200, body: sizedPage.of(context, "/api/competitions/public/", query, count, results) };
    },
  }),
  route({
    method: "GET",
    path: "/api/competitions/front_page/",
    summary: "Popular competitions, and recent ones that are not among them",
    access: "anyone",
    answer: {
      status: 200,
      description: "At most four of each",
      schema: z.object({
        popular_comps: z.array(listedCompetitionSchema),
        recent_comps: z.array(listedCompetitionSchema),
      }),
    },
    async handle({ context }) {
      const { popular, recent } = await frontPage(context);
      return {
        status: 200,
        body: {
          popular_comps: await shownInList(context, popular),
          recent_comps: await shownInList(context, recent),
        },
      };
    },
  }),
];
