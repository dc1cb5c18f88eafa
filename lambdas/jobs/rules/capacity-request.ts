/** Hosts that the owner of a queue requests: what may be requested, and the life of a request. */
import type { OfferedProfile } from "../../../contract/capacity-profile.ts";
import type { HostOffer } from "../../../contract/host-offer.ts";

/**
 * `requested` waits for an administrator. `approved` and `creating` become `ready`, or `failed` after too many tries. `stopping`
 * removes everything from AWS. `refused` and `removed` are final.
 */
export type RequestState =
  "requested" | "refused" | "approved" | "creating" | "ready" | "stopping" | "removed" | "failed";

/** The states of a request for which something may exist at AWS. */
export const placedStates = ["approved", "creating", "ready", "stopping"] as const satisfies RequestState[];

/** How often making a capacity provider is tried before the request fails. Tries are a minute apart. */
export const maxTries = 15;

/** A capacity provider without jobs for this long is removed. */
export const unusedDays = 30;

export interface WantedHosts {
  instanceType: string;
  hosts: number;
  spot: boolean;
  monthlyUsd: number;
}

/** Why a platform cannot have the wanted hosts, as a field and a sentence; null if it can. */
export function whyNotOffered(
  wanted: WantedHosts,
  { types, maxHosts }: HostOffer,
): [field: string, why: string] | null {
  if (!types[wanted.instanceType])
    return ["instance_type", `This platform offers hosts of these types: ${Object.keys(types).join(", ")}.`];
  if (wanted.hosts > maxHosts) return ["hosts", `This platform offers at most ${maxHosts} hosts for a queue.`];
  return null;
}

/** The capacity profile that a request becomes, for the owner of its queue. A step has a whole host. */
export const profileOfRequest = (
  { instanceType, spot }: WantedHosts,
  { types, diskGiB }: HostOffer,
  owner: string,
): OfferedProfile => ({
  ...types[instanceType]!,
  // The system and the images of steps need the rest.
  diskGiB: Math.min(200, diskGiB),
  network: false,
  users: [owner],
  compute: { instanceType, spot, diskGiB, usdPerHour: null },
});

/** The name of the profile, and the end of the name of everything at AWS that belongs to a request. */
export const nameOfRequest = (id: string): string => `hosts-${id.slice(0, 8)}`;

/** What has to be done at AWS for a request. */
export interface HostOrder {
  id: string;
  /** `make` keeps everything as it has to be; `remove` leaves nothing. */
  action: "make" | "remove";
  instanceType: string;
  /** The most hosts now: none while a budget is spent. */
  maxHosts: number;
  spot: boolean;
  hasGpu: boolean;
  queue: string;
}
