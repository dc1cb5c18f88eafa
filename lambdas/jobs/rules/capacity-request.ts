/** Hosts that the owner of a queue requests: what may be requested, and the life of a request. */
import type { OfferedProfile } from "../../../contract/capacity-profile.ts";
import type { HostOffer } from "../../../contract/host-offer.ts";
import { priceOfHost, type Price } from "./cost.ts";

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

/** A type of host that may be requested, with what an hour of it costs. */
export interface OfferedHost {
  instanceType: string;
  size: HostOffer["types"][string];
  onDemand: Price;
  spot: Price;
}

/** The types of hosts that may be requested. One without a price is none of them, because no budget could stop it. */
export const offeredHosts = ({ types, diskGiB }: HostOffer, region: string): OfferedHost[] =>
  Object.entries(types).flatMap(([instanceType, size]) => {
    const price = (spot: boolean) => priceOfHost({ instanceType, spot, diskGiB, usdPerHour: null }, region);
    const [onDemand, spot] = [price(false), price(true)];
    return onDemand && spot ? [{ instanceType, size, onDemand, spot }] : [];
  });

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

/** What people are told about a request: administrators that it waits for them, the person who made it what became of it. */
export function news(
  { queue, hosts, instanceType, spot, why, problem }: NewsOfRequest,
  state: "requested" | "ready" | "refused" | "failed" | "stopping",
): { subject: string; body: string } {
  const what = `${hosts} x ${instanceType}${spot ? " Spot" : ""} for the queue ${queue}`;
  const because = (text: string | null) => (text === null ? "" : `\n\n${text}`);
  switch (state) {
    case "requested":
      return {
        subject: `Hosts are requested: ${what}`,
        body: `Somebody has requested ${what}. Approve or refuse it: benchstack capacity shows it.${because(why)}`,
      };
    case "ready":
      return {
        subject: `Hosts are ready: ${what}`,
        body: `You can choose them as a capacity profile of the queue now.`,
      };
    case "refused":
      return {
        subject: `Hosts are refused: ${what}`,
        body: `An administrator has refused your request.${because(problem)}`,
      };
    case "failed":
      return {
        subject: `Hosts could not be made: ${what}`,
        body: `Ask an administrator, who can approve the request again. This is what went wrong:${because(problem)}`,
      };
    case "stopping":
      return {
        subject: `Hosts are removed: ${what}`,
        body: `Their queue was deleted, or no job has used them for ${unusedDays} days. Request them again when you need them.`,
      };
  }
}

export interface NewsOfRequest {
  queue: string;
  hosts: number;
  instanceType: string;
  spot: boolean;
  /** Why they are wanted. */
  why: string | null;
  /** Why the request was refused, or what went wrong. */
  problem: string | null;
}

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
