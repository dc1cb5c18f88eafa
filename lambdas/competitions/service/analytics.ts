import { countNew, type Counted, type Interval, type TimeUnit } from "../db/analytics.ts";
import { requireAdministrator } from "../../accounts/service/administrators.ts";
import type { UserActor } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";
import { Refusal } from "../../kernel/refusal.ts";

export { timeUnits } from "../db/analytics.ts";
export type { Counted } from "../db/analytics.ts";

/** Ten years of days. */
const maxUnits = 3660;
const dayMs = 24 * 3_600_000;
const daysOf: Record<TimeUnit, number> = { day: 1, week: 7, month: 28, year: 365 };

/** What was new in each unit of an interval, for administrators. */
export async function analytics({ db }: Context, actor: UserActor, interval: Interval): Promise<Counted[]> {
  requireAdministrator(actor);
  const { start, end, unit } = interval;
  const refused = (message: string) => new Refusal("invalid", "BAD_INTERVAL", message, { end_date: [message] });
  if (end <= start) throw refused("The end date has to be later than the start date; it is not counted itself.");
  if ((end.getTime() - start.getTime()) / dayMs / daysOf[unit] > maxUnits)
    throw refused(`This is more than ${maxUnits} ${unit}s. Choose a shorter time or a longer unit.`);
  return countNew(db, interval);
}
