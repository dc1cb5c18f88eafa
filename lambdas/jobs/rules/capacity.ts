/** Which capacity profiles a queue may use, and why its jobs may be unable to run. */
import type { OfferedProfile, OfferedProfiles } from "../../../contract/capacity-profile.ts";
import type { StepName } from "../../../contract/job.ts";

/** The person who chose a profile: the owner of the queue. Null means the platform, which owns the default queue. */
export type ProfileUser = { username: string; isSuperuser: boolean } | null;

/** Whether a person may run steps on a profile. */
export const mayUseProfile = ({ users }: OfferedProfile, person: ProfileUser): boolean =>
  users === null || person === null || person.isSuperuser || users.includes(person.username);

/** Names of capacity profiles by step. */
export type StepProfiles = Readonly<Record<StepName, string>>;

/** Who serves a queue: the platform's workers on these profiles, or the owner's machines if this is null. */
export interface QueueCapacity {
  step_profiles: StepProfiles | null;
}

const namesOf = ({ step_profiles }: QueueCapacity): string[] => [...new Set(Object.values(step_profiles ?? {}))];

/** Whether the platform's own workers serve a queue. */
export const isServedByPlatform = (queue: QueueCapacity): boolean => queue.step_profiles !== null;

/** The profiles of a queue on which steps have no network, even if their job allows one. */
export const profilesWithoutNetwork = (queue: QueueCapacity, profiles: OfferedProfiles): string[] =>
  namesOf(queue).filter((name) => profiles[name]?.network === false);

/**
 * Why the platform's workers must not run a queue's jobs, as a sentence for people who wait; null if they may. The deployment
 * may have removed a profile, or forbidden it to the queue's owner, after it was chosen.
 */
export function profileBarrier(queue: QueueCapacity, owner: ProfileUser, profiles: OfferedProfiles): string | null {
  for (const name of namesOf(queue)) {
    const profile = profiles[name];
    if (!profile) return `The queue's capacity profile "${name}" no longer exists. Its owner has to choose another.`;
    if (!mayUseProfile(profile, owner))
      return `The queue's owner may no longer use the capacity profile "${name}". They have to choose another.`;
  }
  return null;
}
