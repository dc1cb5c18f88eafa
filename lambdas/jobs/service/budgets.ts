/** Monthly budgets of the platform, of queues, and of groups of jobs, and what was spent of them. */
import type { AuditPlace } from "../../accounts/rules/audit.ts";
import { record, type UserAuthor } from "../../accounts/service/audit.ts";
import { post } from "../../accounts/service/mail.ts";
import { transact, afterCommit, type Context } from "../../kernel/context.ts";
import { notAllowed, Refusal } from "../../kernel/refusal.ts";
import { may, type UserActor } from "../../policy/policy.ts";
import { deleteBudget, findBudget, lockBudget, lockBudgets, setWarned, storeBudget } from "../db/budgets.ts";
import { offeredProfiles } from "../db/capacity-profiles.ts";
import {
  runningAttempts,
  openSpending,
  setRunningCosts,
  spendingByDay,
  spentThisMonth,
  type DaySpending,
  type RunningAttempt,
} from "../db/spending.ts";
import { nextMonth, reachedPercent, usd, warning, type BudgetScope } from "../rules/budget.ts";
import { billing, notionalSize, priceOf } from "../rules/cost.ts";
import { ownQueue, runnableQueue } from "./queues.ts";
import type { OfferedProfiles } from "../../../contract/capacity-profile.ts";

/** What a budget is for. */
export interface Budgeted {
  scope: BudgetScope;
  /** Of the queue or the group; empty for the platform. */
  key: string;
  /** For people. */
  label: string;
  /** The audit trail that has its changes. */
  place: AuditPlace;
  /** Whether the platform pays for its jobs, so that a budget has an effect. */
  isPaid: boolean;
}

/** The budget of the platform. Refused to everybody but administrators. */
export async function platformsBudget(actor: UserActor): Promise<Budgeted> {
  if (!may(actor, "budget.ofPlatform", null)) throw notAllowed("administrators");
  return { scope: "platform", key: "", label: "the platform", place: {}, isPaid: true };
}

/** What the platform paid on each of the last days, by queue, for administrators. */
export async function platformSpending({ db }: Context, actor: UserActor, days: number): Promise<DaySpending[]> {
  if (!may(actor, "budget.ofPlatform", null)) throw notAllowed("administrators");
  return spendingByDay(db, days);
}

/** The budget of a queue. Those who run the queue may read it, and its owner may change it. */
export async function queueBudget(
  context: Context,
  actor: UserActor,
  id: string,
  to: "read" | "change",
): Promise<Budgeted> {
  const queue = await (to === "read" ? runnableQueue : ownQueue)(context, actor, id);
  const isPaid = queue.step_profiles !== null;
  return { scope: "queue", key: queue.id, label: `the queue ${queue.name}`, place: { queue: queue.id }, isPaid };
}

/** The budget of something, with what was spent this month. */
export async function budgetOf({ db, now }: Context, { scope, key }: Budgeted) {
  const budget = await findBudget(db, scope, key);
  const { spent, hosts, running } = await spentThisMonth(db, scope, key);
  const percent = budget ? reachedPercent(spent + running, budget.monthlyMicros) : 0;
  return {
    monthly_usd: budget ? usd(budget.monthlyMicros) : null,
    spent_usd: usd(spent),
    hosts_usd: usd(hosts),
    running_usd: usd(running),
    state: percent === 100 ? ("spent" as const) : percent > 0 ? ("nearly spent" as const) : ("within" as const),
    begins_anew: nextMonth(now()),
    set_by: budget?.setBy ?? null,
    is_of_administrator: budget?.isOfAdministrator ?? false,
  };
}

/**
 * Sets a monthly budget, or removes it if `micros` is null. A budget that an administrator has set can be changed by
 * administrators only.
 */
export async function setBudget(
  context: Context,
  by: UserAuthor,
  { scope, key, label, place, isPaid }: Budgeted,
  micros: number | null,
): Promise<void> {
  if (micros !== null && !isPaid)
    throw new Refusal(
      "invalid",
      "NOT_SERVED_BY_PLATFORM",
      "Machines of its owner run the jobs of this queue. The platform pays nothing for them, so a budget would stop nothing.",
    );
  await transact(context, async (tx) => {
    const before = await lockBudget(tx, scope, key);
    if (before?.isOfAdministrator === true && !by.actor.isSuperuser)
      throw new Refusal(
        "forbidden",
        "BUDGET_OF_ADMINISTRATOR",
        "An administrator has set this budget, so only an administrator can change it. Ask them.",
      );
    if (micros === null) await deleteBudget(tx, scope, key);
    else
      await storeBudget(tx, {
        scope,
        key,
        label,
        monthlyMicros: micros,
        isOfAdministrator: by.actor.isSuperuser,
        setBy: by.actor.id,
      });
    const fields = (amount: number | undefined) => (amount === undefined ? null : { monthly_usd: usd(amount) });
    const [was, is] = [fields(before?.monthlyMicros), fields(micros ?? undefined)];
    if (was || is)
      await record(tx, by, {
        place,
        kind: is ? "budget.set" : "budget.removed",
        subject: key || scope,
        before: was,
        after: is,
      });
  });
}

/** Estimates what running jobs have cost so far, so that budgets end while jobs run. */
export async function countRunningCosts(context: Context): Promise<void> {
  const profiles = await offeredProfiles(context.db);
  const { AWS_REGION } = context.environment;
  const costs = (await runningAttempts(context.db)).map((attempt) => ({
    job: attempt.job,
    microusd: costSoFar(attempt, profiles, AWS_REGION),
  }));
  await openSpending(
    context.db,
    costs.map(({ job }) => job),
  );
  await transact(context, (tx) => setRunningCosts(tx, costs));
}

/** What a running attempt has cost, if all of it ran on what its current step runs on. */
function costSoFar(
  { spec, progress, seconds, outlivesWorker, launches }: RunningAttempt,
  profiles: OfferedProfiles,
  region: string,
): number {
  const step = progress?.step ?? spec.steps[0]?.name;
  if (step === undefined || progress?.waiting !== undefined) return 0;
  const { compute, size } = outlivesWorker
    ? billing(spec, launches, profiles)(step)
    : { compute: "FARGATE" as const, size: notionalSize(spec, step) };
  return Math.round(((priceOf(compute, size, region)?.microsPerHour ?? 0) * seconds) / 3600);
}

/** Warns the people who set budgets when much or all of them is spent, once each month. */
export async function warnOfBudgets(context: Context): Promise<void> {
  await transact(context, async (tx) => {
    for (const budget of await lockBudgets(tx)) {
      const percent = reachedPercent(budget.spentMicros, budget.monthlyMicros);
      if (percent <= budget.warnedPercent) continue;
      await setWarned(tx, budget.scope, budget.key, percent);
      if (budget.email !== null)
        await post(tx, context, [{ recipients: [budget.email], ...warning(budget, percent, context.now()) }]);
      const { scope, key } = budget;
      afterCommit(tx, () => context.log.warn("budget.reached", { scope, key, percent }));
    }
  });
}
