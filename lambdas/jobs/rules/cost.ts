/** What compute costs, by the price table. Everything here is pure, and counts millionths of a USD. */
import {
  standardProfile,
  type CapacityProfile,
  type Compute,
  type Host,
  type OfferedProfile,
} from "../../../contract/capacity-profile.ts";
import type { AttemptReport, JobSpec, Launch, Limits, StepName, Usage } from "../../../contract/job.ts";
import { prices, standardRegion, type PriceTable } from "./prices.ts";

/** The price of an hour, and where it is from. */
export interface Price {
  microsPerHour: number;
  /** The region of the price: the standard one where the table does not have that of the deployment. */
  region: string;
  /** The day of the price table. */
  date: string;
}

/** The billed size of a task. */
export type Size = Pick<CapacityProfile, "cpu" | "memoryMiB">;

const hoursPerMonth = 730;

/** A price without the discount of Spot. It is the most that Spot costs. */
const onDemand = (compute: Compute): Compute => (typeof compute === "string" ? "FARGATE" : { ...compute, spot: false });

/**
 * The price of an hour of a step of a size. Null for hosts that have no price: neither the table nor the deployment says one. On
 * hosts the size does not matter, because each step has a host for itself.
 */
export function priceOf(compute: Compute, size: Size, region: string, table: PriceTable = prices): Price | null {
  if (typeof compute !== "string") return priceOfHost(compute, region, table);
  const known = table.regions[region] ? region : standardRegion;
  const { vcpuHour, gbHour } = table.regions[known]!.fargate;
  const share = compute === "FARGATE_SPOT" ? 1 - table.fargateSpotDiscountPercent / 100 : 1;
  return {
    microsPerHour: ((size.cpu / 1024) * vcpuHour + (size.memoryMiB / 1024) * gbHour) * share,
    region: known,
    date: table.date,
  };
}

/** The price of an hour of a host with its disk and its public address; null if nobody says one. */
export function priceOfHost(host: Host, region: string, table: PriceTable = prices): Price | null {
  const [family = "", size = ""] = host.instanceType.split(".");
  const hasType = (name: string) => table.regions[name]?.hosts[family]?.[size] !== undefined;
  const known = hasType(region) || (host.usdPerHour !== null && table.regions[region]) ? region : standardRegion;
  const { hosts, diskGbMonth, addressHour } = table.regions[known]!;
  const hour = host.usdPerHour === null ? hosts[family]?.[size] : host.usdPerHour * 1e6;
  if (hour === undefined) return null;
  const share = host.spot ? 1 - table.hostSpotDiscountPercent / 100 : 1;
  return {
    microsPerHour: hour * share + (host.diskGiB * diskGbMonth) / hoursPerMonth + addressHour,
    region: known,
    date: table.date,
  };
}

/** The most that a step on a profile costs in a number of seconds: on demand, on the dearer of its places. Null without a price. */
export function worstCost(profile: OfferedProfile, seconds: number, region: string): number | null {
  const { compute = "FARGATE", fallback = compute } = profile;
  const hourly = [compute, fallback].map((one) => priceOf(onDemand(one), profile, region)?.microsPerHour ?? null);
  if (hourly.includes(null)) return null;
  const billed = typeof compute === "string" ? Math.max(seconds, prices.fargateMinimumSeconds) : seconds;
  return Math.ceil((Math.max(...(hourly as number[])) * billed) / 3600);
}

/** Who pays for an attempt: the platform, or the owner of the machines on which it ran. */
export type Payer = "platform" | "owner of the queue";

/** A line of an invoice: one step of one attempt. */
export interface CostLine {
  step: StepName;
  /** What it ran on, for people: `Fargate Spot, 2 vCPU, 8 GB`, or `g5.xlarge`. */
  on: string;
  /** The billed seconds: from the start of preparing to the end of the containers, or the minimum. */
  seconds: number;
  price: Price | null;
  /** Null without a price. */
  micros: number | null;
}

/** What the steps of an attempt are billed by: what a step ran on and its size. */
export type BilledAs = (step: StepName) => { compute: Compute; size: Size };

/** The lines for the steps of an attempt that ran as ECS tasks. Steps that did nothing cost nothing and have none. */
export const costLines = (
  { steps }: Pick<AttemptReport, "steps">,
  billedAs: BilledAs,
  region: string,
  table: PriceTable = prices,
): CostLine[] =>
  steps.flatMap(({ name, usage }): CostLine[] => {
    const used = usage.preparingSeconds + usage.wallSeconds;
    if (used === 0) return [];
    const { compute, size } = billedAs(name);
    const seconds = typeof compute === "string" ? Math.max(used, table.fargateMinimumSeconds) : used;
    const price = priceOf(compute, size, region, table);
    return [
      {
        step: name,
        on: sizedName(compute, size),
        seconds,
        price,
        micros: price && (price.microsPerHour * seconds) / 3600,
      },
    ];
  });

/**
 * The lines for an attempt that did not run as ECS tasks, priced as if it had run on Fargate. A step without a number of CPUs is
 * billed for the CPU time that it used.
 */
export const notionalLines = (
  job: JobSpec,
  { steps }: Pick<AttemptReport, "steps">,
  region: string,
  table: PriceTable = prices,
): CostLine[] =>
  steps.flatMap(({ name, usage }): CostLine[] => {
    const limits = job.steps.find((step) => step.name === name)?.limits;
    const seconds = usage.preparingSeconds + usage.wallSeconds;
    if (!limits || seconds === 0) return [];
    const size = sizeOf(limits, usage, seconds);
    const price = priceOf("FARGATE", size, region, table)!;
    return [
      { step: name, on: sizedName("FARGATE", size), seconds, price, micros: (price.microsPerHour * seconds) / 3600 },
    ];
  });

const sizeOf = (limits: Pick<Limits, "cpus" | "memoryBytes">, usage: Usage, seconds: number): Size => ({
  cpu: 1024 * (limits.cpus > 0 ? limits.cpus : usage.cpuSeconds / seconds),
  memoryMiB: limits.memoryBytes / 2 ** 20,
});

/** The size of a step that does not run as an ECS task, as far as its job says it: a CPU if it leaves that to the worker. */
export function notionalSize({ steps }: JobSpec, name: StepName): Size {
  const { cpus, memoryBytes } = steps.find((step) => step.name === name)!.limits;
  return { cpu: 1024 * (cpus || 1), memoryMiB: memoryBytes / 2 ** 20 };
}

/** The sum of some lines, as a whole number; null if one of them has no price. */
export const sumOf = (lines: readonly CostLine[]): number | null =>
  lines.some(({ micros }) => micros === null)
    ? null
    : Math.round(lines.reduce((sum, { micros }) => sum + (micros ?? 0), 0));

/** What a step runs on, for people. */
export function nameOf(compute: Compute): string {
  if (typeof compute !== "string") return compute.spot ? `${compute.instanceType} Spot` : compute.instanceType;
  return compute === "FARGATE" ? "Fargate" : "Fargate Spot";
}

function sizedName(compute: Compute, { cpu, memoryMiB }: Size): string {
  if (typeof compute !== "string") return nameOf(compute);
  const round = (number: number) => Math.round(number * 100) / 100;
  return `${nameOf(compute)}, ${round(cpu / 1024)} vCPU, ${round(memoryMiB / 1024)} GB`;
}

type Billed = Size & Pick<OfferedProfile, "compute" | "fallback">;

/**
 * How the steps of a job are billed: by the profiles that they chose, and by where their last task was requested. The first task
 * of a step is always requested from `compute` of its profile. A profile that no longer exists counts as the standard one.
 */
export function billing(
  job: JobSpec,
  launches: readonly Pick<Launch, "step" | "request">[],
  profiles: Record<string, OfferedProfile>,
): BilledAs {
  return (name) => {
    const chosen = job.steps.find((step) => step.name === name)?.profile ?? standardProfile;
    const profile: Billed = profiles[chosen] ?? profiles[standardProfile] ?? { cpu: 1024, memoryMiB: 4096 };
    const { compute = "FARGATE", fallback = compute } = profile;
    const providers = launches.filter(({ step }) => step === name).map(providerOf);
    const last = providers.at(-1);
    const isFargate = last === "FARGATE" || last === "FARGATE_SPOT";
    return { compute: isFargate ? last : last === providers[0] ? compute : fallback, size: profile };
  };
}

/** For how long steps are billed on a capacity provider. */
export interface BilledTime {
  provider: string;
  seconds: number;
}

/** The billed time of some lines by capacity provider, in the order of their names, in which all transactions lock them. */
export const billedTime = (
  lines: readonly CostLine[],
  launches: readonly Pick<Launch, "step" | "request">[],
): BilledTime[] =>
  lines
    .flatMap(({ step, seconds }): BilledTime[] => {
      const last = launches.findLast((launch) => launch.step === step);
      const provider = last && providerOf(last);
      return provider === undefined ? [] : [{ provider, seconds }];
    })
    .sort((one, other) => (one.provider < other.provider ? -1 : 1));

/** The capacity provider that a task was requested from. */
function providerOf({ request }: Pick<Launch, "request">): string | undefined {
  const { capacityProviderStrategy: strategy } = request as {
    capacityProviderStrategy?: { capacityProvider?: string }[];
  };
  return strategy?.[0]?.capacityProvider;
}
