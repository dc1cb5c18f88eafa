import { standardProfile } from "../../../contract/capacity-profile.ts";
import type { EcsTaskPlan, SignedObject, Step } from "../../../contract/job.ts";
import { StepFailure } from "../../failure.ts";
import type { EcsConfig, EcsProfile } from "./config.ts";

/**
 * The profile that the queue of a step chose: one of the deployment, or one of hosts that were requested at run time, which the
 * manifest has. Throws when there is none with that name.
 */
export function profileOf(
  { profile: name = standardProfile }: Pick<Step<SignedObject>, "profile">,
  { profiles, hostNamePrefix }: Pick<EcsConfig, "profiles" | "hostNamePrefix">,
  requested: EcsTaskPlan["profiles"] = {},
): EcsProfile {
  const known = requested[name];
  if (known && hostNamePrefix !== undefined) return { ...known, capacity: hostNamePrefix + known.capacity };
  const profile = profiles[name];
  if (!profile) {
    throw new StepFailure(
      "NO_CAPACITY",
      `The queue uses the capacity profile "${name}", which this deployment does not have. Tell the administrator.`,
    );
  }
  return profile;
}
