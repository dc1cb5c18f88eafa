/** The capacity profiles of a deployment, as its database and its workers receive them. */
import type { Compute, OfferedProfiles } from "../contract/capacity-profile.ts";
import type { HostOffer } from "../contract/host-offer.ts";
import { isFargate, type EcsConfig } from "../worker-image/launchers/ecs/config.ts";
import type { Deployment } from "./deployment.ts";
import { wholeHost } from "./instance-types.ts";

/**
 * The profiles that queues choose from. EC2 hosts run steps without a network only, and one at a time. Job queues run as many as
 * they like, with or without a network as their owner says.
 */
export function profilesForQueues({ profiles, capacityProviders, jobQueues }: Deployment): OfferedProfiles {
  const computeOf = (capacity: string): Compute => {
    if (isFargate(capacity)) return capacity as "FARGATE" | "FARGATE_SPOT";
    const queue = jobQueues[capacity];
    if (queue) return queue.platform === "FARGATE" ? "FARGATE" : hostOfJobQueue(capacity);
    const { instanceType, spot, diskGiB, usdPerHour } = capacityProviders[capacity]!;
    return { instanceType, spot, diskGiB, usdPerHour };
  };
  return Object.fromEntries(
    Object.entries(profiles).map(([name, { cpu, memoryMiB, diskGiB, gpus, capacity, fallback, users }]) => [
      name,
      {
        ...{ cpu, memoryMiB, diskGiB, gpus, users },
        network: jobQueues[capacity]?.network ?? isFargate(capacity),
        compute: computeOf(capacity),
        ...(fallback === undefined ? {} : { fallback: computeOf(fallback) }),
        places: [capacity, ...(fallback === undefined ? [] : [fallback])].map((provider) => ({
          provider,
          maxSteps: capacityProviders[provider]?.max ?? null,
        })),
      },
    ]),
  );
}

/** Only their owner knows what hosts of job queues cost. */
const hostOfJobQueue = (name: string): Compute => ({
  instanceType: `a host of the job queue "${name}"`,
  spot: false,
  diskGiB: 0,
  usdPerHour: null,
});

/** The profiles for workers. They need no `users`: the functions have checked who may use a profile. */
export const profilesForWorkers = ({ profiles }: Deployment): EcsConfig["profiles"] =>
  Object.fromEntries(Object.entries(profiles).map(([name, { users: _, ...profile }]) => [name, profile]));

/** What owners of queues may request, as functions receive it; undefined if they may not. */
export const hostOfferOf = ({ hostOffer }: Deployment): HostOffer | undefined =>
  hostOffer
    ? {
        types: Object.fromEntries(hostOffer.instanceTypes.map((type) => [type, wholeHost(type)])),
        maxHosts: hostOffer.maxHosts,
        diskGiB: hostOffer.diskGiB,
        approvedUsd: hostOffer.approvedUsd,
      }
    : undefined;
