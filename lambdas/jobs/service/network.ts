/** Which capacity profiles have no network. */
import { offeredProfiles } from "../db/capacity-profiles.ts";
import { queueForJobs } from "../db/served-queues.ts";
import { profilesWithoutNetwork } from "../rules/capacity.ts";
import type { Context } from "../../kernel/context.ts";

/** The capacity profiles of a queue on which steps have no network. Null means the default queue. */
export const queueProfilesWithoutNetwork = async ({ db }: Context, queueId: string | null): Promise<string[]> =>
  profilesWithoutNetwork(await queueForJobs(db, queueId), await offeredProfiles(db));
