/**
 * The configuration of the `ecs` launcher: JSON in BENCHSTACK_ECS. The CDK stack writes it and the worker reads it;
 * both check it with this schema.
 */
import * as z from "zod";
import { capacityProfileSchema, profileName, standardProfile } from "../../../contract/capacity-profile.ts";

const fargateProviders: ReadonlySet<string> = new Set(["FARGATE", "FARGATE_SPOT"]);

/** Whether a capacity provider is Fargate's; every other one has EC2 hosts. */
export const isFargate = (capacityProvider: string): boolean => fargateProviders.has(capacityProvider);

/** Whether a place is a job queue of AWS Batch. */
export const isJobQueue = (capacity: string): boolean => /^arn:[^:]+:batch:/.test(capacity);

/** The memory that Fargate offers for a number of CPU units, in MiB. (AWS: "Task CPU and memory".) */
const fargateMemory: ReadonlyMap<number, [from: number, to: number, step: number]> = new Map([
  [256, [512, 2048, 512]],
  [512, [1024, 4096, 1024]],
  [1024, [2048, 8192, 1024]],
  [2048, [4096, 16_384, 1024]],
  [4096, [8192, 30_720, 1024]],
  [8192, [16_384, 61_440, 4096]],
  [16_384, [32_768, 122_880, 8192]],
]);

/** Whether an ECS task of this size is valid for Fargate. 256 units with 1.5 GiB are not. */
export function isFargateSize({ cpu, memoryMiB }: { cpu: number; memoryMiB: number }): boolean {
  const [from, to, step] = fargateMemory.get(cpu) ?? [1, 0, 1];
  if (cpu === 256 && memoryMiB === 1536) return false;
  return memoryMiB >= from && memoryMiB <= to && (memoryMiB - from) % step === 0;
}

const capacityProvider = z.string().min(1).max(255);

/** A capacity profile with the place where its ECS tasks run. */
export const ecsProfileSchema = capacityProfileSchema
  .extend({
    /** FARGATE, FARGATE_SPOT, the name of an Auto Scaling group's capacity provider, or a job queue of AWS Batch. */
    capacity: capacityProvider,
    /** Where a step runs when `capacity` has no room, or took its capacity back twice. */
    fallback: capacityProvider.optional(),
  })
  .superRefine((value, context) => {
    const refuse = (message: string) => context.addIssue({ code: "custom", message });
    if (isFargate(value.capacity) && !isFargateSize(value))
      refuse(`Fargate offers no ECS tasks with ${value.cpu} CPU units and ${value.memoryMiB} MiB`);
    if (isFargate(value.capacity) && value.gpus > 0) refuse("Fargate has no GPUs");
    // A task definition is registered for one of the two kinds.
    if (value.fallback !== undefined && isFargate(value.fallback) !== isFargate(value.capacity))
      refuse("capacity and fallback must both be Fargate's, or both be EC2 capacity providers");
  });

const network = z.strictObject({
  subnets: z.array(z.string().min(1)).min(1).max(16),
  securityGroups: z.array(z.string().min(1)).min(1).max(5),
  assignPublicIp: z.boolean(),
});

/** A job queue of AWS Batch. */
export const jobQueueSchema = z.strictObject({
  /** What its compute environments are. */
  platform: z.enum(["FARGATE", "EC2"]),
  /** Whether their subnets lead to the internet. */
  network: z.boolean(),
});
export type JobQueue = z.infer<typeof jobQueueSchema>;

const repository = z.string().regex(/^[^/@]+\/[^@:]+$/, "must be host/path");

export const ecsConfigSchema = z.strictObject({
  /** ARN. */
  cluster: z.string().startsWith("arn:"),
  /** ARN of the role with which ECS pulls images. Programs never have it. */
  executionRoleArn: z.string().startsWith("arn:"),
  /** The image of the containers `stage` and `supervise`: the worker image. */
  agentImage: z.string().min(1),
  /** Where the images of competitions are copied to. */
  images: z.strictObject({
    /** ECR repository: `host/path`. */
    repository,
    /** The one for images that were pulled with a login. */
    privateRepository: repository,
    /** The largest compressed size of an image. */
    maxBytes: z.int().min(1),
  }),
  /** The CloudWatch log group of `stage` and `supervise`. The logs of programs never go there. */
  logGroup: z.string().min(1).optional(),
  networks: z.strictObject({
    /** With access to the internet. */
    open: network,
    /**
     * Without it. A deployment without this network runs steps that need no network in `open`, as its administrator
     * chose.
     */
    dark: network.optional(),
  }),
  /** Job queues of AWS Batch, which profiles may name as their capacity. */
  batch: z
    .strictObject({
      /** The name of the deployment, which begins the names of its jobs and job definitions. */
      name: z.string().regex(/^[A-Za-z][A-Za-z0-9-]*$/),
      /** The CloudWatch log group of all containers of jobs. */
      logGroup: z.string().min(1),
      /** By ARN. */
      jobQueues: z.record(z.string().startsWith("arn:"), jobQueueSchema),
    })
    .optional(),
  /** The first part of the names of capacity providers that were requested at run time. */
  hostNamePrefix: z.string().max(40).optional(),
  /** By name. */
  profiles: z
    .record(profileName, ecsProfileSchema)
    .refine((profiles) => standardProfile in profiles, `needs a profile named ${standardProfile}`),
});

export type EcsConfig = z.infer<typeof ecsConfigSchema>;
export type EcsProfile = z.infer<typeof ecsProfileSchema>;
