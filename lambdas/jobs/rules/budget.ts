/** Monthly budgets: what was spent of one, and what follows. Months are those of UTC. */

/** What a budget is for. */
export type BudgetScope = "platform" | "queue" | "group";

/** The person who set a budget is warned when this share of it is spent, in per cent, and again when all of it is. */
export const warnPercents = [80, 100] as const;

/** The highest share that was reached, of those that people are warned of; 0 for none. A budget of nothing is always spent. */
export function reachedPercent(spentMicros: number, monthlyMicros: number): number {
  return warnPercents.findLast((percent) => spentMicros * 100 >= monthlyMicros * percent) ?? 0;
}

/** The first moment of the month after a moment, when every budget begins anew. */
export const nextMonth = (now: Date): Date => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));

/** An amount for people and programs, in USD: to the cent, and exactly if it is less than a cent. */
export const usd = (micros: number): string => (micros / 1e6).toFixed(micros > 0 && micros < 10_000 ? 6 : 2);

/** What the person who set a budget is told when a share of it was reached. */
export function warning(
  { label, spentMicros, monthlyMicros }: { label: string; spentMicros: number; monthlyMicros: number },
  percent: number,
  now: Date,
): { subject: string; body: string } {
  const amounts = `USD ${usd(spentMicros)} of USD ${usd(monthlyMicros)}`;
  const again = nextMonth(now).toISOString().slice(0, 10);
  return percent < 100
    ? {
        subject: `${percent} % of the budget of ${label} is spent`,
        body: `This month, ${label} has spent ${amounts}. When all of it is spent, no more of its jobs start until the budget is raised, or until ${again}.`,
      }
    : {
        subject: `The budget of ${label} is spent`,
        body: `This month, ${label} has spent ${amounts}. No more of its jobs start until the budget is raised, or until ${again}. Jobs that run are finished.`,
      };
}
