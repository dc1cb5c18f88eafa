import { currentContext } from "../context.ts";
import { recoverAdministrator, recoveryOrders } from "../setup.ts";

/**
 * Whoever may invoke this function runs the platform, so it gives them a way in (docs/deploy.md). The answer has a
 * new password.
 */
export async function handler(event: unknown): Promise<{ username: string; password: string }> {
  const orders = recoveryOrders.parse(event);
  const { db, log } = currentContext();
  const recovered = await recoverAdministrator(db, orders);
  if (!recovered)
    throw new Error(
      `There is no account ${orders.username}. To make one that is an administrator, add "create": true.`,
    );
  log.warn("administrator.recovered", { username: recovered.username });
  return recovered;
}
