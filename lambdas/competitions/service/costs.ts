/** What submissions cost and phases can cost. */
import { attemptsOfJob } from "../../jobs/db/attempts.ts";
import { offeredProfiles } from "../../jobs/db/capacity-profiles.ts";
import { queueForJobs } from "../../jobs/db/served-queues.ts";
import { isServedByPlatform } from "../../jobs/rules/capacity.ts";
import { sumOf, type CostLine, type Payer } from "../../jobs/rules/cost.ts";
import { prices } from "../../jobs/rules/prices.ts";
import type { Budgeted } from "../../jobs/service/budgets.ts";
import type { Context } from "../../kernel/context.ts";
import type { UserActor } from "../../policy/policy.ts";
import { findCompetitionDetail, tasksOfPhases } from "../db/competitions.ts";
import { costsByDay, type DayCost } from "../db/costs.ts";
import { tasksOfJobs } from "../db/submission-jobs.ts";
import { effectiveTimeLimit, queueCaps } from "../rules/compile-submission.ts";
import { groupKeyOf } from "../rules/group-key.ts";
import { worstCase } from "../rules/worst-case.ts";
import { competitionFor, noSuchCompetition, submissionFor } from "./access.ts";

/** The budget of a competition, for its organizers. */
export async function competitionBudget(context: Context, actor: UserActor, id: number): Promise<Budgeted> {
  const { competition } = await competitionFor(context, actor, id, "competition.edit");
  return {
    scope: "group",
    key: groupKeyOf(id),
    label: `the competition ${competition.title}`,
    place: { competition: id },
    isPaid: true,
  };
}

/** What a competition has cost on each of the last days, for its organizers. */
export async function competitionCosts(
  context: Context,
  actor: UserActor,
  id: number,
  days: number,
): Promise<DayCost[]> {
  const { competition } = await competitionFor(context, actor, id, "competition.edit");
  return costsByDay(context.db, competition.id, days);
}

/** The worst case of each phase of a competition, with its queue as it is now. */
export async function worstCases(context: Context, actor: UserActor, id: number) {
  const { db, environment } = context;
  await competitionFor(context, actor, id, "competition.edit");
  const detail = await findCompetitionDetail(db, id);
  if (!detail) throw noSuchCompetition();
  const { competition, phases } = detail;
  const queue = await queueForJobs(db, competition.queue_id);
  const caps = queueCaps(queue, environment.MAX_EXECUTION_TIME_LIMIT);
  const tasks = await tasksOfPhases(
    db,
    phases.map((phase) => phase.id),
  );
  const profiles = await offeredProfiles(db);
  const participants = Math.max(1, competition.participants_count);
  return {
    participants,
    paidBy: payerOf(isServedByPlatform(queue)),
    priceDate: prices.date,
    phases: phases.map((phase) => ({
      id: phase.id,
      name: phase.name,
      ...worstCase(
        {
          tasks: tasks.filter(({ phase_id }) => phase_id === phase.id).length,
          stepSeconds: effectiveTimeLimit(phase.execution_time_limit, caps),
          stepProfiles: queue.step_profiles,
          startsAt: phase.starts_at,
          endsAt: phase.ends_at,
          perDay: phase.max_submissions_per_day,
          perPerson: phase.max_submissions_per_person,
        },
        participants,
        profiles,
        environment.AWS_REGION,
      ),
    })),
  };
}

const payerOf = (byPlatform: boolean): Payer => (byPlatform ? "platform" : "owner of the queue");

/** A line of a submission's invoice. */
export interface InvoiceLine extends CostLine {
  /** The task that it ran on; null if that was deleted. */
  task: { id: number; name: string } | null;
  /** The number of the attempt. */
  attempt: number;
  paidBy: Payer;
}

/**
 * What a submission, or all children of a parent, cost: a line for each step of each attempt that has ended. The total is that of
 * the platform; null if a line has no price.
 */
export async function invoiceOf(
  context: Context,
  actor: UserActor,
  id: number,
): Promise<{ lines: InvoiceLine[]; total: number | null }> {
  const { submission } = await submissionFor(context, actor, id, "submission.details");
  const jobs = [...(await tasksOfJobs(context.db, submission.id))];
  const attempts = await Promise.all(
    jobs.map(async ([job, task]) => (await attemptsOfJob(context.db, job)).map((attempt) => ({ ...attempt, task }))),
  );
  const lines = attempts
    .flat()
    .flatMap(({ number, task, cost_lines, paid_by }) =>
      (cost_lines ?? []).map((line) => ({ ...line, task, attempt: number, paidBy: paid_by ?? payerOf(true) })),
    );
  return { lines, total: sumOf(lines.filter(({ paidBy }) => paidBy === "platform")) };
}
