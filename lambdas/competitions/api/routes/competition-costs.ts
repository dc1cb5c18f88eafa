/** API of what a competition costs: its budget, what it has cost, and the worst case of its phases. */
import * as z from "zod";
import { idParams, wholeNumber } from "../../../http/fields.ts";
import { route } from "../../../http/route.ts";
import { budgetRoutes } from "../../../jobs/api/budgets.ts";
import { competitionBudget, competitionCosts, worstCases } from "../../service/costs.ts";
import { amount, payer, shownAmount } from "../shapes/amount.ts";

const worst = z
  .object({
    participants: z.int().meta({ description: "How many there are now, at least one" }),
    paid_by: payer,
    price_date: z.iso.date(),
    phases: z.array(
      z.object({
        id: z.int(),
        name: z.string(),
        per_submission_usd: amount.meta({ description: "Every step runs until its time limit; null without a price" }),
        submissions_per_participant: z.int().nullable().meta({ description: "null without a limit" }),
        per_participant_usd: amount.meta({ description: "null without a limit or a price" }),
        total_usd: amount.meta({ description: "Of everybody who participates now" }),
      }),
    ),
  })
  .meta({ id: "WorstCase" });

const dayCost = z
  .object({
    day: z.iso.date(),
    queue: z.object({ id: z.string(), name: z.string() }),
    paid_by: payer,
    attempts: z.int(),
    usd: z.string().meta({ description: "At list prices" }),
  })
  .meta({ id: "DayCost" });

export const competitionCostRoutes = [
  ...budgetRoutes({
    path: "/api/competitions/{id}/",
    what: "a competition",
    params: idParams,
    find: (context, actor, { id }) => competitionBudget(context, actor, id),
  }),
  route({
    method: "GET",
    path: "/api/competitions/{id}/costs/",
    summary: "What the submissions of a competition have cost, by day and queue (organizers)",
    access: "user",
    params: idParams,
    query: z.object({
      days: wholeNumber(1, 366).default(30).meta({ description: "How many days (UTC), today included" }),
    }),
    answer: {
      status: 200,
      description: "Days on which attempts have ended, the latest first, without submissions that were deleted",
      schema: z.array(dayCost),
    },
    async handle({ context, actor, params, query }) {
      const costs = await competitionCosts(context, actor, params.id, query.days);
      return {
        status: 200,
        body: costs.map(({ day, queue_id, queue, paid_by, attempts, microusd }) => ({
          ...{ day, queue: { id: queue_id, name: queue }, paid_by, attempts },
          usd: shownAmount(microusd)!,
        })),
      };
    },
  }),
  route({
    method: "GET",
    path: "/api/competitions/{id}/worst_case/",
    summary: "The most that the phases of a competition can cost the platform, to look at before it is published",
    access: "user",
    params: idParams,
    answer: { status: 200, description: "The worst case of each phase", schema: worst },
    async handle({ context, actor, params }) {
      const { participants, paidBy, priceDate, phases } = await worstCases(context, actor, params.id);
      return {
        status: 200,
        body: {
          participants,
          paid_by: paidBy,
          price_date: priceDate,
          phases: phases.map(({ id, name, perSubmission, submissions, perParticipant, total }) => ({
            ...{ id, name, per_submission_usd: shownAmount(perSubmission), submissions_per_participant: submissions },
            ...{ per_participant_usd: shownAmount(perParticipant), total_usd: shownAmount(total) },
          })),
        },
      };
    },
  }),
];
