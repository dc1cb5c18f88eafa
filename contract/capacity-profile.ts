/** Capacity profiles: the sizes that a deployment offers for steps. A queue chooses one by name. */
import * as z from "zod";

/** The name of a profile. */
export const profileName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);

/** The profile of steps whose queue names none. Every deployment has it. */
export const standardProfile = "standard";

/** The size of a profile, which is the size of the ECS task that runs a step. */
export const capacityProfileSchema = z.strictObject({
  /** CPU units; 1024 units are one vCPU. */
  cpu: z.int().min(256).max(16_384),
  memoryMiB: z.int().min(512).max(1_048_576),
  /** Ephemeral disk of the whole ECS task, images included. */
  diskGiB: z.int().min(21).max(200),
  gpus: z.int().min(0).max(16).default(0),
});
export type CapacityProfile = z.infer<typeof capacityProfileSchema>;

/** A profile as the platform offers it to the owners of queues. */
export const offeredProfileSchema = capacityProfileSchema.extend({
  /** Whether a step that is allowed a network has one there. */
  network: z.boolean(),
  /** Usernames of the people who may use it; null allows everybody. */
  users: z.array(z.string()).nullable(),
});
export type OfferedProfile = z.infer<typeof offeredProfileSchema>;

/** Everything that a deployment offers, by name. */
export const offeredProfilesSchema = z.record(z.string(), offeredProfileSchema);
export type OfferedProfiles = z.infer<typeof offeredProfilesSchema>;
