import { setTimeout as pause } from "node:timers/promises";
import {
  BudgetsClient,
  CreateBudgetCommand,
  DeleteBudgetCommand,
  DuplicateRecordException,
  UpdateBudgetCommand,
  type NotificationWithSubscribers,
} from "@aws-sdk/client-budgets";
import { InvalidDBInstanceStateFault, ModifyDBInstanceCommand, RDSClient } from "@aws-sdk/client-rds";
import * as z from "zod";
import { processLog } from "../../kernel/log.ts";
import { customResource } from "../custom-resource.ts";

/** What a deploy does last, after everything else has succeeded. CloudFormation passes these values as text. */
const finishOrders = z.object({
  /** The database instance to protect from deletion. */
  protectedDatabase: z.string().optional(),
  budgetName: z.string(),
  /** The monthly budget in USD. Without it, there is no budget. */
  budgetUsd: z.string().optional(),
  /** The topic that the budget notifies. */
  budgetTopic: z.string(),
});
type FinishOrders = z.infer<typeof finishOrders>;

/**
 * The custom resource `Custom::Finish`, which comes after everything else. The database stays protected when the stack is
 * deleted: whoever deletes it takes the protection off first.
 */
export const handler = customResource(async ({ RequestType, ResourceProperties, StackId }) => {
  const PhysicalResourceId = "finish";
  const orders = finishOrders.parse(ResourceProperties);
  const account = StackId.split(":")[4]!;
  if (RequestType !== "Delete") return { PhysicalResourceId, Data: await finishDeploy(orders, account) };
  await removeBudget(orders, account);
  return { PhysicalResourceId };
});

/**
 * Protects the database from deletion: only now, because CloudFormation could not take back a protected database after a
 * failed first deploy. Then sets the budget, and says in a sentence what became of it.
 */
async function finishDeploy(orders: FinishOrders, account: string): Promise<{ budget: string }> {
  if (orders.protectedDatabase !== undefined) await protect(orders.protectedDatabase);
  if (orders.budgetUsd === undefined) {
    await removeBudget(orders, account);
    return { budget: "none" };
  }
  try {
    await setBudget(orders, account);
    return { budget: `${orders.budgetUsd} USD a month` };
  } catch (error) {
    // An account of an organization may have to ask for budgets, which is no reason to roll a platform back.
    processLog().warn("budget.failed", { error });
    return { budget: `none, because AWS refused it: ${(error as Error).message}`.slice(0, 500) };
  }
}

/** How often a database that is being backed up or changed is asked again. */
const maxProtectTries = 40;
const protectPauseMs = 5_000;

async function protect(DBInstanceIdentifier: string): Promise<void> {
  const change = { DBInstanceIdentifier, DeletionProtection: true, ApplyImmediately: true };
  for (let tries = 1; ; tries++) {
    try {
      await new RDSClient({}).send(new ModifyDBInstanceCommand(change));
      return;
    } catch (error) {
      if (!(error instanceof InvalidDBInstanceStateFault) || tries === maxProtectTries) throw error;
      await pause(protectPauseMs);
    }
  }
}

/** Removes the budget. A failure is only logged. */
async function removeBudget({ budgetName: BudgetName }: FinishOrders, AccountId: string): Promise<void> {
  try {
    await new BudgetsClient({}).send(new DeleteBudgetCommand({ AccountId, BudgetName }));
  } catch (error) {
    if ((error as Error).name !== "NotFoundException") processLog().warn("budget.failed", { error });
  }
}

async function setBudget({ budgetName, budgetUsd, budgetTopic }: FinishOrders, AccountId: string): Promise<void> {
  const client = new BudgetsClient({});
  const budget = {
    BudgetName: budgetName,
    BudgetType: "COST",
    TimeUnit: "MONTHLY",
    BudgetLimit: { Amount: budgetUsd, Unit: "USD" },
  } as const;
  const notify = (NotificationType: "ACTUAL" | "FORECASTED", Threshold: number): NotificationWithSubscribers => ({
    Notification: { NotificationType, Threshold, ThresholdType: "PERCENTAGE", ComparisonOperator: "GREATER_THAN" },
    Subscribers: [{ SubscriptionType: "SNS", Address: budgetTopic }],
  });
  const NotificationsWithSubscribers = [notify("ACTUAL", 80), notify("FORECASTED", 100)];
  try {
    await client.send(new CreateBudgetCommand({ AccountId, Budget: budget, NotificationsWithSubscribers }));
  } catch (error) {
    if (!(error instanceof DuplicateRecordException)) throw error;
    await client.send(new UpdateBudgetCommand({ AccountId, NewBudget: budget }));
  }
}
