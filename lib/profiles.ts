/** The capacity profiles of a deployment, as its database and its workers receive them. */
import type { OfferedProfiles } from "../contract/capacity-profile.ts";
import { isFargate, type EcsConfig } from "../worker-image/launchers/ecs/config.ts";
import type { Deployment } from "./deployment.ts";

/**
 * The profiles that queues choose from. EC2 hosts run steps without a network only, and one at a time. Job queues run as many as
 * they like, with or without a network as their owner says.
 */
export const profilesForQueues = ({ profiles, capacityProviders, jobQueues }: Deployment): OfferedProfiles =>
  Object.fromEntries(
    Object.entries(profiles).map(([name, { cpu, memoryMiB, diskGiB, gpus, capacity, fallback, users }]) => [
      name,
      {
        ...{ cpu, memoryMiB, diskGiB, gpus, network: jobQueues[capacity]?.network ?? isFargate(capacity), users },
        places: [capacity, ...(fallback === undefined ? [] : [fallback])].map((provider) => ({
          provider,
          maxSteps: capacityProviders[provider]?.max ?? null,
        })),
      },
    ]),
  );

/** The profiles for workers. They need no `users`: the functions have checked who may use a profile. */
export const profilesForWorkers = ({ profiles }: Deployment): EcsConfig["profiles"] =>
  Object.fromEntries(Object.entries(profiles).map(([name, { users: _, ...profile }]) => [name, profile]));
