/** The EC2 instance types that hosts of steps may have. */

/** What AWS says of an instance type. */
export interface InstanceType {
  vcpus: number;
  memoryGiB: number;
  /** NVIDIA GPUs. */
  gpus: number;
}

/** The parts of the name of an EC2 instance type: family, generation, attributes and size (`g4dn.xlarge`). */
const named = /^([a-z]+)(\d+)([a-z-]*)\.(.+)$/;

/** Types with GPUs, and those that follow no rule: vCPUs, GiB of memory and NVIDIA GPUs, by family and size. */
const table: Record<string, Record<string, readonly [vcpus: number, memoryGiB: number, gpus: number]>> = {
  g4dn: {
    xlarge: [4, 16, 1],
    "2xlarge": [8, 32, 1],
    "4xlarge": [16, 64, 1],
    "8xlarge": [32, 128, 1],
    "12xlarge": [48, 192, 4],
    "16xlarge": [64, 256, 1],
    metal: [96, 384, 8],
  },
  // With AMD GPUs, which images for NVIDIA cannot use.
  g4ad: {
    xlarge: [4, 16, 0],
    "2xlarge": [8, 32, 0],
    "4xlarge": [16, 64, 0],
    "8xlarge": [32, 128, 0],
    "16xlarge": [64, 256, 0],
  },
  g5: {
    xlarge: [4, 16, 1],
    "2xlarge": [8, 32, 1],
    "4xlarge": [16, 64, 1],
    "8xlarge": [32, 128, 1],
    "12xlarge": [48, 192, 4],
    "16xlarge": [64, 256, 1],
    "24xlarge": [96, 384, 4],
    "48xlarge": [192, 768, 8],
  },
  g6: {
    xlarge: [4, 16, 1],
    "2xlarge": [8, 32, 1],
    "4xlarge": [16, 64, 1],
    "8xlarge": [32, 128, 1],
    "12xlarge": [48, 192, 4],
    "16xlarge": [64, 256, 1],
    "24xlarge": [96, 384, 4],
    "48xlarge": [192, 768, 8],
  },
  g6e: {
    xlarge: [4, 32, 1],
    "2xlarge": [8, 64, 1],
    "4xlarge": [16, 128, 1],
    "8xlarge": [32, 256, 1],
    "12xlarge": [48, 384, 4],
    "16xlarge": [64, 512, 1],
    "24xlarge": [96, 768, 4],
    "48xlarge": [192, 1536, 8],
  },
  gr6: { "4xlarge": [16, 128, 1], "8xlarge": [32, 256, 1] },
  p3: { "2xlarge": [8, 61, 1], "8xlarge": [32, 244, 4], "16xlarge": [64, 488, 8] },
  p3dn: { "24xlarge": [96, 768, 8] },
  p4d: { "24xlarge": [96, 1152, 8] },
  p4de: { "24xlarge": [96, 1152, 8] },
  p5: { "4xlarge": [16, 256, 1], "48xlarge": [192, 2048, 8] },
  p5e: { "48xlarge": [192, 2048, 8] },
  p5en: { "48xlarge": [192, 2048, 8] },
  t3: {
    small: [2, 2, 0],
    medium: [2, 4, 0],
    large: [2, 8, 0],
    xlarge: [4, 16, 0],
    "2xlarge": [8, 32, 0],
  },
};

/** GiB of memory for each vCPU of families without GPUs, whose types double with their size from the fifth generation on. */
const memoryPerVcpu: Record<string, number> = { c: 2, c5n: 2.625, m: 4, r: 8 };

/** What is known of an instance type; undefined for a type that is not in the table. */
export function instanceType(name: string): InstanceType | undefined {
  const [, family = "", generation = "", special = "", size = ""] = named.exec(name) ?? [];
  const known = table[family + generation + special]?.[size];
  if (known) return { vcpus: known[0], memoryGiB: known[1], gpus: known[2] };
  const memory = memoryPerVcpu[family + generation + special] ?? memoryPerVcpu[family];
  const [, times] = /^(\d*)xlarge$/.exec(size) ?? [];
  const vcpus = size === "large" ? 2 : times === undefined ? 0 : 4 * Number(times || 1);
  if (memory === undefined || Number(generation) < 5 || vcpus === 0) return undefined;
  return { vcpus, memoryGiB: vcpus * memory, gpus: 0 };
}

/** The memory of a host that ECS can use, in MiB. The kernel and the agent need at least the rest. */
const usableMiB = ({ memoryGiB }: InstanceType): number => Math.floor(memoryGiB * 1024 * 0.98) - 256;

/** The size of a step that has a whole host for itself. */
export function wholeHost(name: string): { cpu: number; memoryMiB: number; gpus: number } {
  const type = instanceType(name)!;
  return { cpu: type.vcpus * 1024, memoryMiB: usableMiB(type), gpus: type.gpus };
}

/** Why an ECS task of a size can never run on an instance type, as the end of a sentence; null if it can. */
export function whyNeverOn(
  name: string,
  { cpu, memoryMiB, gpus }: { cpu: number; memoryMiB: number; gpus: number },
): string | null {
  const type = instanceType(name);
  if (!type) return null;
  if (gpus > 0 && type.gpus === 0) return `needs hosts with NVIDIA GPUs, and ${name} has none`;
  if (gpus > type.gpus) return `needs ${gpus} GPUs, and ${name} has ${type.gpus}`;
  if (cpu > type.vcpus * 1024) return `needs ${cpu / 1024} vCPUs, and ${name} has ${type.vcpus}`;
  if (memoryMiB > usableMiB(type))
    return `needs ${memoryMiB} MiB of memory, and ECS can use ${usableMiB(type)} of the ${type.memoryGiB * 1024} MiB of ${name}`;
  return null;
}

/** Whether it has Arm processors: the attribute `g`, and the family `a` of the first of them. Images are for amd64. */
export function isArm(name: string): boolean {
  const [, family, , special = ""] = named.exec(name) ?? [];
  return special.includes("g") || family === "a";
}

/** Whether it has NVIDIA GPUs. */
export const hasNvidiaGpu = (name: string): boolean => (instanceType(name)?.gpus ?? 0) > 0;

/** Whether it is of a family with a G: AWS counts their vCPUs together. */
export const isOfG = (name: string): boolean => /^(g|gr|vt)$/.test(named.exec(name)?.[1] ?? "");

/** Whether it is of family P. AWS has separate vCPU quotas for the families P and G. */
export const isOfP = (name: string): boolean => named.exec(name)?.[1] === "p";
