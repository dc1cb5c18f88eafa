/** The parts of the name of an EC2 instance type: family, generation, attributes and size (`g4dn.xlarge`). */
const named = /^([a-z]+)(\d+)([a-z]*)\./;

/** Whether it has Arm processors: the attribute `g`, and the family `a` of the first of them. Images are for amd64. */
export function isArm(instanceType: string): boolean {
  const [, family, , special = ""] = named.exec(instanceType) ?? [];
  return special.includes("g") || family === "a";
}

/** Whether it has NVIDIA GPUs: the families G and P, except types with AMD GPUs (`g4ad`). */
export function hasNvidiaGpu(instanceType: string): boolean {
  const [, family = "", , special = ""] = named.exec(instanceType) ?? [];
  return /^(g|gr|p)$/.test(family) && !special.startsWith("ad");
}

/** Whether it is of family P. AWS has separate vCPU quotas for the families P and G. */
export const isOfP = (instanceType: string): boolean => named.exec(instanceType)?.[1] === "p";
