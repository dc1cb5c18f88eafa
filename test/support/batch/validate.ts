/** The rules of the AWS Batch API for jobs of several containers, as far as steps touch them. */
import type { RegisterJobDefinitionCommandInput, SubmitJobCommandInput } from "@aws-sdk/client-batch";
import * as z from "zod";
import { isFargateSize } from "../../../worker-image/launchers/ecs/config.ts";

const pair = z.strictObject({ name: z.string(), value: z.string() });

/** What a container may have. There is no entry point, no folder, no stop timeout and no capability. */
const container = z.strictObject({
  name: z.string().regex(/^[\w-]{1,255}$/),
  image: z.string().max(255),
  command: z.array(z.string().min(1)),
  essential: z.boolean(),
  dependsOn: z
    .array(z.strictObject({ containerName: z.string(), condition: z.enum(["START", "COMPLETE", "SUCCESS"]) }))
    .optional(),
  environment: z.array(pair.refine(({ name }) => !name.startsWith("AWS_BATCH"))),
  mountPoints: z.array(z.strictObject({ sourceVolume: z.string(), containerPath: z.string(), readOnly: z.boolean() })),
  linuxParameters: z.strictObject({ sharedMemorySize: z.int().optional() }).optional(),
  resourceRequirements: z.array(z.strictObject({ type: z.enum(["VCPU", "MEMORY", "GPU"]), value: z.string() })),
  logConfiguration: z.strictObject({ logDriver: z.literal("awslogs"), options: z.record(z.string(), z.string()) }),
});
const task = z.strictObject({
  containers: z.array(container).min(1).max(10),
  volumes: z.array(z.strictObject({ name: z.string().regex(/^[\w-]{1,255}$/) })),
  executionRoleArn: z.string(),
  ephemeralStorage: z.strictObject({ sizeInGiB: z.int().min(21).max(200) }).optional(),
  platformVersion: z.string().optional(),
  runtimePlatform: z.strictObject({ operatingSystemFamily: z.string(), cpuArchitecture: z.string() }).optional(),
  networkConfiguration: z.strictObject({ assignPublicIp: z.enum(["ENABLED", "DISABLED"]) }).optional(),
});
const definition = z.strictObject({
  jobDefinitionName: z.string().regex(/^[A-Za-z0-9][\w-]{0,127}$/),
  type: z.literal("container"),
  platformCapabilities: z.array(z.enum(["EC2", "FARGATE"])).length(1),
  ecsProperties: z.strictObject({ taskProperties: z.array(task).length(1) }),
});

const firstIssue = ({ issues: [issue] }: z.ZodError) => `${issue?.path.join(".")}: ${issue?.message}`;

/** The sum of a resource over all containers of a task. */
const sum = ({ containers }: z.infer<typeof task>, kind: string): number =>
  containers
    .flatMap(({ resourceRequirements }) => resourceRequirements.filter(({ type }) => type === kind))
    .reduce((total, { value }) => total + Number(value), 0);

/** Why AWS would refuse a job definition; null if it would not. */
export function refuseJobDefinition(input: RegisterJobDefinitionCommandInput): string | null {
  const read = definition.safeParse(input);
  if (!read.success) return firstIssue(read.error);
  const [of] = read.data.ecsProperties.taskProperties;
  const { containers, volumes } = of!;
  const fargate = read.data.platformCapabilities[0] === "FARGATE";
  const size = { cpu: sum(of!, "VCPU") * 1024, memoryMiB: sum(of!, "MEMORY") };
  const cpus = containers.flatMap(({ resourceRequirements }) =>
    resourceRequirements.filter(({ type }) => type === "VCPU").map(({ value }) => Number(value)),
  );
  const mounted = containers.flatMap(({ mountPoints }) => mountPoints.map(({ sourceVolume }) => sourceVolume));
  const names = containers.map(({ name }) => name);
  const refusals: (string | false)[] = [
    fargate && !isFargateSize(size) && `Fargate resource requirements (${size.cpu}, ${size.memoryMiB}) not valid.`,
    fargate && sum(of!, "GPU") > 0 && "GPUs are not available on Fargate",
    fargate && containers.some(({ linuxParameters }) => linuxParameters !== undefined) && "linuxParameters on Fargate",
    !fargate && cpus.some((cpu) => !Number.isInteger(cpu) || cpu < 1) && "whole vCPUs on EC2",
    cpus.length !== containers.length && "a container without vCPUs",
    cpus.some((cpu) => cpu <= 0) && "a container with no vCPU",
    containers.filter(({ essential }) => essential).length === 0 && "no essential container",
    mounted.some((volume) => !volumes.some(({ name }) => name === volume)) && "a mount of a volume there is not",
    containers.some(({ dependsOn = [] }) => dependsOn.some((one) => !names.includes(one.containerName))) &&
      "a dependency on a container there is not",
  ];
  return refusals.find((refusal) => typeof refusal === "string") ?? null;
}

const request = z.strictObject({
  jobName: z.string().regex(/^[A-Za-z0-9][\w-]{0,127}$/),
  jobQueue: z.string(),
  jobDefinition: z.string(),
  ecsPropertiesOverride: z.strictObject({
    taskProperties: z
      .array(z.strictObject({ containers: z.array(z.strictObject({ name: z.string(), environment: z.array(pair) })) }))
      .length(1),
  }),
  timeout: z.strictObject({ attemptDurationSeconds: z.int().min(60) }),
  retryStrategy: z.strictObject({ attempts: z.int().min(1).max(10) }),
  tags: z.record(z.string().max(128), z.string().max(256)),
  propagateTags: z.boolean(),
});

/** Why AWS would refuse to submit a job; null if it would not. */
export function refuseJob(input: SubmitJobCommandInput, containerNames: string[]): string | null {
  const read = request.safeParse(input);
  if (!read.success) return firstIssue(read.error);
  if (JSON.stringify(input).length > 30_720) return "a request of more than 30 KiB";
  const [override] = read.data.ecsPropertiesOverride.taskProperties;
  const stranger = override!.containers.find(({ name }) => !containerNames.includes(name));
  return stranger ? `an override of ${stranger.name}, which is no container` : null;
}
