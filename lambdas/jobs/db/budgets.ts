/** Monthly budgets, and which jobs they stop. */
import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import type { BudgetScope } from "../rules/budget.ts";
import { thisMonth } from "./spending.ts";

const spent = sql<number>`coalesce(s.microusd + s.running_microusd, 0)::float8`;
const withSpending = sql`budgets b left join spending s on s.scope = b.scope and s.key = b.key and s.month = ${thisMonth}`;

/** The spent budgets `b` of the platform, the queue and the group of a job `j`. */
const spentBudgets = sql`
  ${withSpending} where ${spent} >= b.monthly_microusd
    and b.key = case b.scope when 'queue' then j.queue_id::text when 'group' then j.group_key else '' end`;

/**
 * Whether budgets let a job `j` start. They stop no job on machines that the platform does not pay for, and none that another
 * worker has begun.
 */
export const isAffordable = sql<boolean>`(
  j.attempt_id is not null or not exists (select from ${spentBudgets})
  or exists (select from queues own where own.id = j.queue_id and own.step_profiles is null))`;

/** The scope of a spent budget that stops a job `j`; null if none does. */
export const stoppingBudget = sql<BudgetScope | null>`
  case when not ${isAffordable} then (select min(b.scope) from ${spentBudgets}) end`;

/** A budget with what was spent of it this month. */
export interface BudgetRow {
  scope: BudgetScope;
  key: string;
  /** What it is for, for people. */
  label: string;
  monthlyMicros: number;
  isOfAdministrator: boolean;
  setBy: string | null;
  changedWhen: Date;
}

const columns = sql`b.scope, b.key, b.label, b.monthly_microusd::float8 as "monthlyMicros",
  b.is_of_administrator as "isOfAdministrator", u.username as "setBy", b.changed_when as "changedWhen"`;

export async function findBudget(db: Db | Tx, scope: BudgetScope, key: string): Promise<BudgetRow | undefined> {
  const { rows } = await sql<BudgetRow>`
    select ${columns} from budgets b left join users u on u.id = b.set_by
    where b.scope = ${scope} and b.key = ${key}`.execute(db);
  return rows[0];
}

/** Locks a scope until the transaction ends, so that of two changes of its budget one waits for the other. */
export async function lockBudget(tx: Tx, scope: BudgetScope, key: string): Promise<BudgetRow | undefined> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`budget ${scope} ${key}`}, 0))`.execute(tx);
  return findBudget(tx, scope, key);
}

/** Sets the budget of a scope. The person is warned anew. */
export async function storeBudget(
  tx: Tx,
  budget: Pick<BudgetRow, "scope" | "key" | "label" | "monthlyMicros" | "isOfAdministrator"> & { setBy: number | null },
): Promise<void> {
  const values = {
    label: budget.label,
    monthly_microusd: budget.monthlyMicros,
    set_by: budget.setBy,
    is_of_administrator: budget.isOfAdministrator,
    changed_when: sql<Date>`now()`,
    warned_month: null,
    warned_percent: 0,
  };
  await tx
    .insertInto("budgets")
    .values({ scope: budget.scope, key: budget.key, ...values })
    .onConflict((conflict) => conflict.columns(["scope", "key"]).doUpdateSet(values))
    .execute();
}

export async function deleteBudget(tx: Tx, scope: BudgetScope, key: string): Promise<void> {
  await tx.deleteFrom("budgets").where("scope", "=", scope).where("key", "=", key).execute();
}

/** A budget of which a share was reached that nobody has been warned of this month. */
export interface ReachedBudget {
  scope: BudgetScope;
  key: string;
  label: string;
  monthlyMicros: number;
  spentMicros: number;
  /** The highest share in per cent that was warned of this month; 0 without a warning. */
  warnedPercent: number;
  /** The address of the person who set it; null if they have no account any more. */
  email: string | null;
}

/** All budgets, locked until the transaction ends, with what was spent and warned of this month. */
export async function lockBudgets(tx: Tx): Promise<ReachedBudget[]> {
  const { rows } = await sql<ReachedBudget>`
    select b.scope, b.key, b.label, b.monthly_microusd::float8 as "monthlyMicros", ${spent} as "spentMicros",
      case when b.warned_month = ${thisMonth} then b.warned_percent else 0 end as "warnedPercent",
      (select email from users where id = b.set_by) as email
    from ${withSpending} order by b.scope, b.key for update of b`.execute(tx);
  return rows;
}

/** Stores that the share of a budget was warned of this month. */
export async function setWarned(tx: Tx, scope: BudgetScope, key: string, percent: number): Promise<void> {
  await tx
    .updateTable("budgets")
    .set({ warned_month: thisMonth, warned_percent: percent })
    .where("scope", "=", scope)
    .where("key", "=", key)
    .execute();
}
