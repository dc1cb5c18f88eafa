import * as z from "zod";

/**
 * What the `ecs` launcher is told of its deployment, as JSON in BENCHSTACK_ECS. The stack writes it, the worker reads it;
 * both hold it to this schema.
 */

const fargateProviders: ReadonlySet<string> = new Set(["FARGATE", "FARGATE_SPOT"]);

/** Whether a capacity provider is one of Fargate's; any other runs on EC2 hosts. */
export const isFargate = (capacityProvider: string): boolean => fargateProviders.has(capacityProvider);

/** Memory that Fargate has for a number of CPU units, in MiB: from, to, in steps of. (AWS: "Task CPU and memory".) */
const fargateMemory: ReadonlyMap<number, [from: number, to: number, step: number]> = new Map([
  [256, [512, 2048, 512]],
  [512, [1024, 4096, 1024]],
  [1024, [2048, 8192, 1024]],
  [2048, [4096, 16_384, 1024]],
  [4096, [8192, 30_720, 1024]],
  [8192, [16_384, 61_440, 4096]],
  [16_384, [32_768, 122_880, 8192]],
]);

/** Whether Fargate has tasks of this size. 256 units with 1.5 GiB is none of its pairs. */
export function isFargateSize({ cpu, memoryMiB }: { cpu: number; memoryMiB: number }): boolean {
  const [from, to, step] = fargateMemory.get(cpu) ?? [1, 0, 1];
  if (cpu === 256 && memoryMiB === 1536) return false;
  return memoryMiB >= from && memoryMiB <= to && (memoryMiB - from) % step === 0;
}

const capacityProvider = z.string().min(1).max(255);

export const capacityProfile = z
  .strictObject({
    /** CPU units, 1024 a vCPU. */
    cpu: z.int().min(256).max(16_384),
    memoryMiB: z.int().min(512).max(1_048_576),
    /** Ephemeral disk of the whole task, images included. */
    diskGiB: z.int().min(21).max(200),
    gpus: z.int().min(0).max(16).default(0),
    /** FARGATE, FARGATE_SPOT or the name of an Auto Scaling group's capacity provider. */
    capacity: capacityProvider,
    /** Where a step goes when `capacity` has nothing to give, or took it back twice. */
    fallback: capacityProvider.optional(),
  })
  .superRefine((value, context) => {
    const refuse = (message: string) => context.addIssue({ code: "custom", message });
    if (isFargate(value.capacity) && !isFargateSize(value))
      refuse(`Fargate has no tasks of ${value.cpu} CPU units with ${value.memoryMiB} MiB`);
    if (isFargate(value.capacity) && value.gpus > 0) refuse("Fargate has no GPUs");
    // The registered task is for one of the two kinds.
    if (value.fallback !== undefined && isFargate(value.fallback) !== isFargate(value.capacity))
      refuse("capacity and fallback must both be Fargate's, or neither");
  });

const network = z.strictObject({
  subnets: z.array(z.string().min(1)).min(1).max(16),
  securityGroups: z.array(z.string().min(1)).min(1).max(5),
  assignPublicIp: z.boolean(),
});

/** Names of profiles. */
export const profileName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);

/** The profile that steps run on where their queue names none. Every deployment has it. */
export const standardProfile = "standard";

export const ecsConfigSchema = z.strictObject({
  /** ARN. */
  cluster: z.string().startsWith("arn:"),
  /** ARN of the role with which ECS pulls images; programs never hold it. */
  executionRoleArn: z.string().startsWith("arn:"),
  /** Image of `stage` and `supervise`: the worker's own. */
  agentImage: z.string().min(1),
  /** Where organizers' images are imported into. */
  images: z.strictObject({
    /** ECR repository: `host/path`. */
    repository: z.string().regex(/^[^/@]+\/[^@:]+$/, "must be host/path"),
    /** The most that an image may have, compressed. */
    maxBytes: z.int().min(1),
  }),
  /** CloudWatch log group of `stage` and `supervise`. Programs' logs never go there. */
  logGroup: z.string().min(1).optional(),
  networks: z.strictObject({
    /** With a way to the internet. */
    open: network,
    /** Without. A deployment that has none runs steps that want no network in `open`: its administrator's choice. */
    dark: network.optional(),
  }),
  /** By name. */
  profiles: z
    .record(profileName, capacityProfile)
    .refine((profiles) => standardProfile in profiles, `needs a profile named ${standardProfile}`),
});

export type EcsConfig = z.infer<typeof ecsConfigSchema>;
export type CapacityProfile = z.infer<typeof capacityProfile>;
export type TaskNetwork = z.infer<typeof network>;
