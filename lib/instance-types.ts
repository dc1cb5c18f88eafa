/** What the name of an EC2 instance type says: family, generation, what is special about it, size (`g4dn.xlarge`). */
const named = /^([a-z]+)(\d+)([a-z]*)\./;

/** Whether it has Arm processors: `g` after the generation, and the very first of them. Images are for amd64. */
export function isArm(instanceType: string): boolean {
  const [, family, , special = ""] = named.exec(instanceType) ?? [];
  return special.includes("g") || family === "a";
}

/** Whether it has GPUs of NVIDIA's: families G and P, but for those with GPUs of AMD's (`g4ad`). */
export function hasNvidiaGpu(instanceType: string): boolean {
  const [, family = "", , special = ""] = named.exec(instanceType) ?? [];
  return /^(g|gr|p)$/.test(family) && !special.startsWith("ad");
}

/** Whether it is of the families P, of which AWS counts the vCPUs apart from those of G. */
export const isOfP = (instanceType: string): boolean => named.exec(instanceType)?.[1] === "p";
