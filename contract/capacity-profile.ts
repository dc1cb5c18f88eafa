/** Capacity profiles: the sizes that a deployment offers for steps. A queue chooses one by name. */
import * as z from "zod";

/** The name of a profile. */
export const profileName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);

/** The profile that steps use if their queue names none. Every deployment has it. */
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

/** A capacity provider on which steps run. */
export const placeSchema = z.strictObject({
  /** Its name in the configuration of the deployment. */
  provider: z.string(),
  /** How many steps run there at once; null where only a quota of the account limits it. */
  maxSteps: z.int().min(1).nullable(),
});

/** An EC2 host that a step has for itself. */
export const hostSchema = z.strictObject({
  instanceType: z.string(),
  spot: z.boolean(),
  /** Size of the host's disk. */
  diskGiB: z.int(),
  /** The price of an hour of the host on demand, for types that the price table does not have and for other contracts. */
  usdPerHour: z.number().positive().nullable(),
});
export type Host = z.infer<typeof hostSchema>;

/** What a step runs on, as far as its price depends on it: Fargate, or an EC2 host that it has for itself. */
export const computeSchema = z.union([z.enum(["FARGATE", "FARGATE_SPOT"]), hostSchema]);
export type Compute = z.infer<typeof computeSchema>;

/** A profile that owners of queues can choose. */
export const offeredProfileSchema = capacityProfileSchema.extend({
  /** What its steps run on. Left out by deployments of earlier releases. */
  compute: computeSchema.optional(),
  /** What they run on when there is no room on `compute`. */
  fallback: computeSchema.optional(),
  /** Whether steps on this profile can have a network. */
  network: z.boolean(),
  /** Usernames of the people who may use it; null allows everybody. */
  users: z.array(z.string()).nullable(),
  /** Where its steps run, the fallback last. Left out where workers run steps on their own machine. */
  places: z.array(placeSchema).min(1).optional(),
});
export type OfferedProfile = z.infer<typeof offeredProfileSchema>;

/** All profiles that a deployment offers, by name. */
export const offeredProfilesSchema = z.record(z.string(), offeredProfileSchema);
export type OfferedProfiles = z.infer<typeof offeredProfilesSchema>;
