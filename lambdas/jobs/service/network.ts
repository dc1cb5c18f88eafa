import { queueForJobs } from "../db/served-queues.ts";
import { profilesWithoutNetwork } from "../rules/capacity.ts";
import type { Context } from "../../kernel/context.ts";

/** The capacity profiles of a queue, with null of the default one, on which steps have no network. */
export const darkProfiles = async ({ db, environment }: Context, queueId: string | null): Promise<string[]> =>
  profilesWithoutNetwork(await queueForJobs(db, queueId), environment.CAPACITY_PROFILES);

/** Why programs of a competition have no network that asks for one; null when they have it, or do not ask. */
export async function networkProblem(
  context: Context,
  competition: { enable_network: boolean; queue_id: string | null },
): Promise<string | null> {
  if (!competition.enable_network) return null;
  if (!context.environment.ALLOW_NETWORK) return "The platform's administrator does not allow a network.";
  const dark = await darkProfiles(context, competition.queue_id);
  if (dark.length === 0) return null;
  return `The queue's steps on the capacity profile ${dark.map((name) => `"${name}"`).join(" and ")} run without a network. Choose another queue, or do without.`;
}
