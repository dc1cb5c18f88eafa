/** Which capacity profiles a queue may use, and why its jobs cannot run. */
import type { OfferedProfile, OfferedProfiles } from "../../../contract/capacity-profile.ts";

/** Who chose a profile; null is the platform itself, which owns the default queue. */
export type ProfileUser = { username: string; isSuperuser: boolean } | null;

/** Whether a person may have steps run on a profile. */
export const mayUseProfile = ({ users }: OfferedProfile, person: ProfileUser): boolean =>
  users === null || person === null || person.isSuperuser || users.includes(person.username);

/** The profiles of a queue. Both are null where the platform's own workers do not serve it. */
export interface QueueCapacity {
  prediction_profile: string | null;
  scoring_profile: string | null;
}

/** Whether the platform's own workers serve a queue. */
export const isServedByPlatform = (queue: QueueCapacity): boolean => queue.prediction_profile !== null;

/** The profiles of a queue on which steps have no network, whatever their competition is allowed. */
export const profilesWithoutNetwork = (queue: QueueCapacity, profiles: OfferedProfiles): string[] =>
  [...new Set([queue.prediction_profile, queue.scoring_profile])].flatMap((name) =>
    name !== null && profiles[name]?.network === false ? [name] : [],
  );

/**
 * Why the platform's workers must not run a queue's jobs now, as a sentence for the people who wait; null when they may
 * run them. A profile can be removed from the deployment, or forbidden to the queue's owner, after it was chosen.
 */
export function profileBarrier(queue: QueueCapacity, owner: ProfileUser, profiles: OfferedProfiles): string | null {
  for (const name of new Set([queue.prediction_profile, queue.scoring_profile])) {
    if (name === null) continue;
    const profile = profiles[name];
    if (!profile)
      return `The queue's capacity profile "${name}" is not there any more. Its owner has to choose another.`;
    if (!mayUseProfile(profile, owner))
      return `The queue's owner may not use the capacity profile "${name}" any more. They have to choose another.`;
  }
  return null;
}
