import type { AttemptReport, JobSpec, Launch, Limits, StepName, Usage } from "../../../contract/job.ts";
import { prices } from "./prices.ts";
import type { PriceTable } from "./prices.ts";

/** How the compute of an attempt is billed. The default is on demand, x86_64, by the second. */
export interface Billing {
  architecture?: keyof PriceTable["fargate"];
  /** Steps that ran on Spot capacity. */
  spot?: ReadonlySet<StepName>;
  /** Whether each step is its own Fargate task, which is billed for at least a minute. */
  taskMinimum?: boolean;
}

/**
 * The cost of an attempt by the price table, in millionths of a USD, rounded to a whole number. It covers the CPUs and memory of
 * its steps, from the start of preparing to the end of the containers. A step without a number of CPUs is billed for the CPU
 * time it used. An attempt outside AWS is priced as if it had run on AWS.
 */
export function attemptCost(
  job: JobSpec,
  report: Pick<AttemptReport, "steps">,
  billing: Billing = {},
  table: PriceTable = prices,
): number {
  const micros = report.steps.reduce((total, step) => {
    const limits = job.steps.find(({ name }) => name === step.name)?.limits;
    return limits ? total + stepMicros(limits, step, billing, table) : total;
  }, 0);
  return Math.round(micros);
}

function stepMicros(
  { cpus, memoryBytes }: Pick<Limits, "cpus" | "memoryBytes">,
  { name, usage }: { name: StepName; usage: Usage },
  { architecture = "x86_64", spot, taskMinimum = false }: Billing,
  table: PriceTable,
): number {
  const used = usage.preparingSeconds + usage.wallSeconds;
  const seconds = used > 0 && taskMinimum ? Math.max(used, table.fargateMinimumSeconds) : used;
  const vcpuSeconds = cpus > 0 ? cpus * seconds : usage.cpuSeconds;
  const gbSeconds = (memoryBytes / 2 ** 30) * seconds;
  const { vcpuHour, gbHour } = table.fargate[architecture];
  const discount = spot?.has(name) ? table.fargateSpotDiscountPercent / 100 : 0;
  return ((vcpuSeconds * vcpuHour + gbSeconds * gbHour) / 3600) * (1 - discount);
}

/** The list price of an hour of a Fargate task of a size, in millionths of a USD. */
export function fargateHourMicros(
  { cpu, memoryMiB }: { cpu: number; memoryMiB: number },
  { spot }: { spot: boolean },
  { fargate, fargateSpotDiscountPercent }: PriceTable = prices,
): number {
  const { vcpuHour, gbHour } = fargate.x86_64;
  const full = (cpu / 1024) * vcpuHour + (memoryMiB / 1024) * gbHour;
  return Math.round(spot ? full * (1 - fargateSpotDiscountPercent / 100) : full);
}

/** Steps whose last task was requested from Fargate Spot. */
export const stepsOnSpot = (launches: readonly Pick<Launch, "step" | "request">[]): Set<StepName> =>
  new Set(
    [...new Map(launches.map((launch) => [launch.step, launch])).values()].filter(isOnSpot).map(({ step }) => step),
  );

function isOnSpot({ request }: Pick<Launch, "request">): boolean {
  const { capacityProviderStrategy: strategy } = request as {
    capacityProviderStrategy?: { capacityProvider?: string }[];
  };
  return strategy?.[0]?.capacityProvider === "FARGATE_SPOT";
}
