/** The capacity profiles of the platform, for the API. */
import type { OfferedProfiles } from "../../../contract/capacity-profile.ts";
import { offeredProfiles } from "../db/capacity-profiles.ts";
import { mayUseProfile } from "../rules/capacity.ts";
import type { Context } from "../../kernel/context.ts";
import type { UserActor } from "../../policy/policy.ts";

/** All profiles, by name. */
export const allProfiles = ({ db }: Context): Promise<OfferedProfiles> => offeredProfiles(db);

/** The profiles that a person may choose for their queues. */
export const profilesFor = async (context: Context, actor: UserActor): Promise<OfferedProfiles> =>
  Object.fromEntries(Object.entries(await allProfiles(context)).filter(([, profile]) => mayUseProfile(profile, actor)));
