/** Explains to organizers why their programs have no network. */
import { queueProfilesWithoutNetwork } from "../../jobs/service/network.ts";
import type { Context } from "../../kernel/context.ts";

/** Why programs of a competition that asks for a network have none. Null if they have one or it does not ask. */
export async function networkProblem(
  context: Context,
  competition: { enable_network: boolean; queue_id: string | null },
): Promise<string | null> {
  if (!competition.enable_network) return null;
  if (!context.environment.ALLOW_NETWORK) return "The platform's administrator does not allow a network.";
  const dark = await queueProfilesWithoutNetwork(context, competition.queue_id);
  if (dark.length === 0) return null;
  return `The queue's steps on the capacity profile ${dark.map((name) => `"${name}"`).join(" and ")} run without a network. Choose another queue, or do without.`;
}
