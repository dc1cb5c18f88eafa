import * as z from "zod";

/** Capacity profiles: sizes and places that the platform's own workers have for steps, and who may use them. */

const capacityProfileSchema = z.strictObject({
  /** CPU units, 1024 a vCPU. */
  cpu: z.int().min(1),
  memoryMiB: z.int().min(1),
  diskGiB: z.int().min(1),
  gpus: z.int().min(0),
  /** Whether a step that is allowed a network has one there. */
  network: z.boolean(),
  /** Usernames; null is everybody. */
  users: z.array(z.string()).nullable(),
});

/** The profiles of a deployment by name, as its functions are told of them. */
export const capacityProfilesSchema = z.record(z.string(), capacityProfileSchema);
export type CapacityProfile = z.infer<typeof capacityProfileSchema>;
export type CapacityProfiles = Record<string, CapacityProfile>;

/** Whose choice a profile is; null is the platform itself, which owns the default queue. */
export type ProfileUser = { username: string; isSuperuser: boolean } | null;

/** Whether a person may have steps run on a profile. */
export const mayUseProfile = ({ users }: CapacityProfile, person: ProfileUser): boolean =>
  users === null || person === null || person.isSuperuser || users.includes(person.username);

/** What a queue says about who serves it. Both profiles are null where the platform does not. */
export interface QueueCapacity {
  prediction_profile: string | null;
  scoring_profile: string | null;
}

/** Whether the platform's own workers serve a queue. */
export const isServedByPlatform = (queue: QueueCapacity): boolean => queue.prediction_profile !== null;

/** The profiles of a queue on which steps have no network, whatever their competition is allowed. */
export const profilesWithoutNetwork = (queue: QueueCapacity, profiles: CapacityProfiles): string[] =>
  [...new Set([queue.prediction_profile, queue.scoring_profile])].flatMap((name) =>
    name !== null && profiles[name]?.network === false ? [name] : [],
  );

/**
 * Why the platform's workers must not run a queue's jobs now, in a sentence for whoever waits; null when they may. A
 * profile may be taken away from the deployment, or from the queue's owner, at any time after it was chosen.
 */
export function profileBarrier(queue: QueueCapacity, owner: ProfileUser, profiles: CapacityProfiles): string | null {
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
