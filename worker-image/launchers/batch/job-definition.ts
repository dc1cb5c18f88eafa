/** The job definition of a step. */
import { createHash } from "node:crypto";
import type { RegisterJobDefinitionCommandInput, TaskContainerProperties } from "@aws-sdk/client-batch";
import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import type { SignedObject, Step } from "../../../contract/job.ts";
import type { ImportedImage } from "../../registry/image-importer.ts";
import { folderVariable } from "../../ecs-task/contract.ts";
import type { EcsConfig, EcsProfile, JobQueue } from "../ecs/config.ts";
import { ecsTaskDefinition, stageName, superviseName } from "../ecs/task-definition.ts";

type Steps = Pick<Step<unknown>, "limits" | "containers">;

const mebibyte = 1024 ** 2;
/** The memory of our own containers. AWS Batch reserves what a container may use, so that programs cannot share theirs. */
const stageMiB = 128;
const superviseMiB = 256;
/** `stage`, `supervise` and two programs: each takes at least this part of the CPUs. Idle CPUs are everybody's. */
const containersOfStep = 4;
const leastCpu = { FARGATE: 256, EC2: 1024 };

/** The fewest CPU units of a profile on a job queue. */
export const leastCpuOn = (platform: JobQueue["platform"]): number => containersOfStep * leastCpu[platform];

/** The memory of each program of a step: the limit of the step, or an equal part of what our containers leave. */
export const programMiB = ({ limits, containers }: Steps, { memoryMiB }: EcsProfile): number =>
  Math.max(
    4,
    Math.min(
      Math.floor(limits.memoryBytes / mebibyte),
      Math.floor((memoryMiB - stageMiB - superviseMiB) / Math.max(1, containers.length)),
    ),
  );

/**
 * The job definition of a step: the containers of its ECS task definition, since AWS Batch runs jobs as ECS tasks, in the form of
 * AWS Batch. The image has no entry point, because AWS Batch cannot replace one. The name contains the month, after which it
 * is not used again, and a hash of the content.
 */
export function batchJobDefinition(
  step: Step<SignedObject>,
  image: Pick<ImportedImage, "pinned" | "entryPoint">,
  profile: EcsProfile,
  queue: JobQueue,
  {
    config,
    region,
    now,
  }: { config: EcsConfig & { batch: NonNullable<EcsConfig["batch"]> }; region: string; now: Date },
): RegisterJobDefinitionCommandInput {
  const fargate = queue.platform === "FARGATE";
  const { logGroup, name } = config.batch;
  const task = ecsTaskDefinition(
    step,
    image,
    { ...profile, capacity: queue.platform },
    { ...config, logGroup },
    region,
  );
  const logConfiguration = {
    logDriver: "awslogs" as const,
    options: { "awslogs-group": logGroup, "awslogs-region": region, "awslogs-stream-prefix": "job" },
  };
  const resources = resourcesOf(step, profile, queue.platform);
  const containers = (task.containerDefinitions ?? []).map((container): TaskContainerProperties => {
    const { image: pinned, entryPoint = [], command = [], environment = [], workingDirectory } = container;
    return {
      name: container.name,
      image: pinned,
      command: [...entryPoint, ...command],
      essential: container.essential,
      dependsOn: container.dependsOn,
      mountPoints: container.mountPoints,
      environment: [
        ...environment,
        ...(workingDirectory === undefined ? [] : [{ name: folderVariable, value: workingDirectory }]),
      ],
      ...(fargate ? {} : { linuxParameters: { sharedMemorySize: container.linuxParameters?.sharedMemorySize } }),
      resourceRequirements: [
        ...resources(container),
        ...(container.resourceRequirements ?? []),
      ] as TaskContainerProperties["resourceRequirements"],
      // Otherwise AWS Batch writes to a log group of its own. Programs print to the wrapper, and so nothing here.
      logConfiguration,
    };
  });
  const content = {
    type: "container" as const,
    platformCapabilities: [queue.platform],
    ecsProperties: {
      taskProperties: [
        {
          // No task role: programs must not have one.
          executionRoleArn: config.executionRoleArn,
          ...(fargate
            ? {
                platformVersion: "LATEST",
                ephemeralStorage: task.ephemeralStorage,
                runtimePlatform: { operatingSystemFamily: "LINUX", cpuArchitecture: "X86_64" },
                // Without a public address, a subnet needs another way to S3, ECR and CloudWatch Logs.
                networkConfiguration: { assignPublicIp: queue.network ? ("ENABLED" as const) : ("DISABLED" as const) },
              }
            : {}),
          volumes: task.volumes?.map((volume) => ({ name: volume.name })),
          containers,
        },
      ],
    },
  };
  const hash = createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 32);
  return { jobDefinitionName: `${definitionPrefix(name)}${monthOf(now)}-${hash}`, ...content };
}

/** The first part of the names of all job definitions of a deployment. */
export const definitionPrefix = (deployment: string): string => `${deployment}-step-`;

/** A month as a name has it, such as 202611. */
export const monthOf = (date: Date): string => date.toISOString().slice(0, 7).replace("-", "");

/** Shares a profile out. AWS Batch makes a task of the sum, which must be one of Fargate's sizes there. */
function resourcesOf(step: Steps, profile: EcsProfile, platform: JobQueue["platform"]) {
  const least = leastCpu[platform];
  const program = programMiB(step, profile);
  const programs = step.containers.length;
  const cpus = profile.cpu - least * (programs + 1);
  return ({ name = "" }: ContainerDefinition) => {
    const isFirstProgram = name === step.containers[0]?.name;
    const memory =
      name === stageName
        ? stageMiB
        : name === superviseName
          ? // What the limit of the step leaves, so that the sum stays.
            profile.memoryMiB - stageMiB - programs * program
          : program;
    const cpu = isFirstProgram || (programs === 0 && name === superviseName) ? cpus : least;
    return [
      { type: "VCPU" as const, value: String(cpu / 1024) },
      { type: "MEMORY" as const, value: String(memory) },
    ];
  };
}
