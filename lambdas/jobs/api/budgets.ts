/** API of monthly budgets. */
import * as z from "zod";
import { number, uuid, wholeNumber } from "../../http/fields.ts";
import { route } from "../../http/route.ts";
import type { Context } from "../../kernel/context.ts";
import type { UserActor } from "../../policy/policy.ts";
import {
  budgetOf,
  platformsBudget,
  platformSpending,
  queueBudget,
  setBudget,
  type Budgeted,
} from "../service/budgets.ts";

const amount = z.string().meta({ description: "In USD" });

const budget = z
  .object({
    monthly_usd: amount.nullable().meta({ description: "null: no budget, so nothing is stopped" }),
    spent_usd: amount.meta({
      description: "What the platform paid this month for jobs that ended and for hosts without a step, at list prices",
    }),
    hosts_usd: amount.meta({
      description: "The part of `spent_usd` for EC2 hosts without a step: they started, or waited for the next one",
    }),
    running_usd: amount.meta({ description: "What running jobs have cost so far; an estimate of the last minute" }),
    state: z
      .enum(["within", "nearly spent", "spent"])
      .meta({ description: "From 80 per cent on it is nearly spent. If it is spent, no more jobs start" }),
    begins_anew: z.iso.datetime(),
    set_by: z.string().nullable(),
    is_of_administrator: z.boolean().meta({ description: "Whether only administrators may change it" }),
  })
  .meta({ id: "Budget" });

/** The most that a budget can be. */
const maxUsd = 10_000_000;

/** Requests that read and set the budget of something that a path names. */
export const budgetRoutes = <Params extends z.ZodObject>(place: {
  path: string;
  /** As in "the budget of a queue". */
  what: string;
  params: Params;
  /** Refuses actors who may not read it, or change it. */
  find: (context: Context, actor: UserActor, params: z.output<Params>, to: "read" | "change") => Promise<Budgeted>;
}) => [
  route({
    method: "GET",
    path: `${place.path}budget/`,
    summary: `The monthly budget of ${place.what}, and what is spent of it`,
    access: "user",
    params: place.params,
    answer: { status: 200, description: "The budget", schema: budget },
    async handle({ context, actor, params }) {
      return {
        status: 200,
        body: await budgetOf(context, await place.find(context, actor, params as z.output<Params>, "read")),
      };
    },
  }),
  route({
    method: "PUT",
    path: `${place.path}budget/`,
    summary: `Set the monthly budget of ${place.what}, or remove it with null`,
    access: "user",
    audited: true,
    params: place.params,
    body: z.object({ monthly_usd: number.pipe(z.number().min(0).max(maxUsd)).nullable() }),
    answer: { status: 200, description: "The budget", schema: budget },
    async handle({ context, actor, reason, params, body }) {
      const budgeted = await place.find(context, actor, params as z.output<Params>, "change");
      const micros = body.monthly_usd === null ? null : Math.round(body.monthly_usd * 1e6);
      await setBudget(context, { actor, reason }, budgeted, micros);
      return { status: 200, body: await budgetOf(context, budgeted) };
    },
  }),
];

export const queueBudgetRoutes = budgetRoutes({
  path: "/api/queues/{id}/",
  what: "a queue",
  params: z.object({ id: uuid }),
  find: (context, actor, { id }, to) => queueBudget(context, actor, id, to),
});

export const platformBudgetRoutes = [
  ...budgetRoutes({
    path: "/api/",
    what: "the whole platform",
    params: z.object({}),
    find: (_context, actor) => platformsBudget(actor),
  }),
  route({
    method: "GET",
    path: "/api/budget/days/",
    summary: "What the platform paid for jobs, by day and queue (superusers)",
    access: "user",
    query: z.object({
      days: wholeNumber(1, 366).default(30).meta({ description: "How many days (UTC), today included" }),
    }),
    answer: {
      status: 200,
      description: "Days on which attempts have ended, the latest first",
      schema: z.array(
        z
          .object({
            day: z.iso.date(),
            queue: z.object({ id: z.string(), name: z.string() }),
            attempts: z.int(),
            usd: z.string().meta({ description: "At list prices, without hosts that ran no step" }),
          })
          .meta({ id: "DaySpending" }),
      ),
    },
    async handle({ context, actor, query }) {
      const days = await platformSpending(context, actor, query.days);
      return {
        status: 200,
        body: days.map(({ day, queue_id: id, queue: name, attempts, microusd }) => ({
          ...{ day, queue: { id, name }, attempts },
          usd: (microusd / 1e6).toFixed(6),
        })),
      };
    },
  }),
];
