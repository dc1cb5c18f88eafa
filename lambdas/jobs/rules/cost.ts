import type { AttemptReport, JobSpec, Launch, Limits, StepName, Usage } from "../../../contract/job.ts";
import { prices } from "./prices.ts";
import type { PriceTable } from "./prices.ts";

/** How the compute of a step is bought and billed. By default: on demand, x86_64, by the second. */
export interface Billing {
  architecture?: keyof PriceTable["fargate"];
  /** Steps that ran on Spot capacity. */
  spot?: ReadonlySet<StepName>;
  /** Each step is a Fargate task of its own, which is billed for at least a minute. */
  taskMinimum?: boolean;
}

/**
 * What an attempt cost by the dated price table, in millionths of a USD, rounded to a whole number: the CPUs and the memory
 * of its steps, from the start of preparing to the end of the containers. For a step without a number of CPUs, the CPU time
 * that it used is taken. An attempt that ran outside AWS is priced as if it had run on AWS.
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

/** Steps whose task, the last one if there were several, was requested from Fargate Spot. */
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
