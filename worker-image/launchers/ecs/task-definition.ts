/** The task definition of a step. */
import { createHash } from "node:crypto";
import type { ContainerDefinition, MountPoint, RegisterTaskDefinitionCommandInput } from "@aws-sdk/client-ecs";
import type { ContainerSpec, SignedObject, Step } from "../../../contract/job.ts";
import type { ImportedImage } from "../../registry/image-importer.ts";
import { inAgent, inProgram, wrapperName } from "../../ecs-task/layout.ts";
import { isFargate } from "./config.ts";
import type { EcsProfile, EcsConfig } from "./config.ts";

const mebibyte = 1024 ** 2;
/** The memory of an ECS task that is reserved for our own containers. */
const agentMiB = 256;
/** The longest time between SIGTERM and SIGKILL on Fargate. */
const maxStopTimeoutSeconds = 120;

/** Containers of ours in a task. */
export const stageName = "stage";
export const superviseName = "supervise";

/** Whether an ARN is that of the task definition of a step. Nothing else in the account is changed. */
export const isOurs = (arn: string): boolean => /:task-definition\/benchstack-[0-9a-f]{32}:\d+$/.test(arn);

/**
 * The memory of a program in an ECS task of a profile: the limit of the step, or what `supervise` leaves if that is
 * less.
 */
export const programMiB = (step: Pick<Step<unknown>, "limits">, { memoryMiB }: EcsProfile): number =>
  Math.max(4, Math.min(Math.floor(step.limits.memoryBytes / mebibyte), memoryMiB - agentMiB));

/**
 * The task definition of a step. Steps with the same folders, image and profile share it. The name of its family
 * contains a hash of its content, so that describing the family shows whether it is registered.
 *
 * `stage` copies the wrapper, each program's container starts the wrapper and waits, and `supervise` runs the step.
 * There is no task role and no secret in any container: the RunTask request has everything that `supervise` needs.
 */
export function ecsTaskDefinition(
  step: Step<SignedObject>,
  image: Pick<ImportedImage, "pinned" | "entryPoint">,
  profile: EcsProfile,
  config: EcsConfig,
  region: string,
): RegisterTaskDefinitionCommandInput {
  const fargate = isFargate(profile.capacity);
  const volumes = new Set<string>();
  const mount = (sourceVolume: string, containerPath: string, readOnly = false): MountPoint => {
    volumes.add(sourceVolume);
    return { sourceVolume, containerPath, readOnly };
  };
  const parts = subfolders(step);
  const agent = (name: string, mountPoints: MountPoint[]): ContainerDefinition => ({
    name,
    image: config.agentImage,
    command: [name],
    essential: name === superviseName,
    mountPoints,
    ...(config.logGroup === undefined ? {} : { logConfiguration: logConfiguration(config.logGroup, region) }),
  });
  const program = (spec: ContainerSpec): ContainerDefinition => ({
    name: spec.name,
    image: image.pinned,
    essential: false,
    dependsOn: [{ containerName: stageName, condition: "COMPLETE" }],
    entryPoint: [`${inProgram.control}/${wrapperName}`, inProgram.control, inProgram.logs, ...image.entryPoint],
    workingDirectory: spec.workingDirectory,
    // Empty proxies override those that an image may set: most programs have no network.
    environment: [
      { name: "PYTHONUNBUFFERED", value: "1" },
      { name: "http_proxy", value: "" },
      { name: "https_proxy", value: "" },
      // ECS assigns a GPU to one container of an ECS task; the code of participants often runs in the other.
      ...(profile.gpus > 0 && spec.name !== "program" ? [{ name: "NVIDIA_VISIBLE_DEVICES", value: "all" }] : []),
    ],
    memory: programMiB(step, profile),
    // The sum of reservations must fit into the ECS task. The sum of limits may exceed it: containers seldom need them
    // at once.
    memoryReservation: 16,
    linuxParameters: {
      capabilities: { drop: ["ALL"] },
      ...(fargate ? {} : { sharedMemorySize: Math.floor(programMiB(step, profile) / 2) }),
    },
    ...(fargate ? {} : { dockerSecurityOptions: ["no-new-privileges"] }),
    ...(profile.gpus > 0 && spec.name === "program"
      ? { resourceRequirements: [{ type: "GPU" as const, value: String(profile.gpus) }] }
      : {}),
    mountPoints: [
      mount(`control-${spec.name}`, inProgram.control, true),
      mount(`logs-${spec.name}`, inProgram.logs),
      mount(`tmp-${spec.name}`, inProgram.temporary),
      ...spec.mounts.flatMap(({ folder, subfolder, path, readOnly }) => [
        mount(volumeOf(folder, subfolder), path, readOnly),
        // ECS cannot mount a part of a volume. So a part is a volume of its own, here mounted into the whole folder.
        ...(subfolder === "" ? (parts.get(folder) ?? []) : []).map((part) =>
          mount(volumeOf(folder, part), `${path}/${part}`, readOnly),
        ),
      ]),
    ],
  });
  const names = step.containers.map(({ name }) => name);
  const containerDefinitions: ContainerDefinition[] = [
    agent(
      stageName,
      names.map((name) => mount(`control-${name}`, inAgent.control(name))),
    ),
    ...step.containers.map(program),
    {
      ...agent(superviseName, [
        ...names.flatMap((name) => [
          mount(`control-${name}`, inAgent.control(name)),
          mount(`logs-${name}`, inAgent.logs(name)),
          mount(`tmp-${name}`, inAgent.temporary(name)),
        ]),
        ...step.folders.flatMap(({ name }) => [
          mount(volumeOf(name), `${inAgent.folders}/${name}`),
          ...(parts.get(name) ?? []).map((part) => mount(volumeOf(name, part), `${inAgent.folders}/${name}/${part}`)),
        ]),
      ]),
      stopTimeout: maxStopTimeoutSeconds,
    },
  ];
  return withFamily({
    networkMode: "awsvpc",
    requiresCompatibilities: [fargate ? "FARGATE" : "EC2"],
    cpu: String(profile.cpu),
    memory: String(profile.memoryMiB),
    executionRoleArn: config.executionRoleArn,
    ...(fargate
      ? {
          ephemeralStorage: { sizeInGiB: profile.diskGiB },
          runtimePlatform: { operatingSystemFamily: "LINUX", cpuArchitecture: "X86_64" },
        }
      : {}),
    volumes: [...volumes].sort().map((name) => ({ name })),
    containerDefinitions,
  });
}

/** The parts of folders that containers mount separately, by folder. */
function subfolders(step: Step<SignedObject>): Map<string, string[]> {
  const found = new Map<string, Set<string>>();
  for (const { folder, subfolder } of step.containers.flatMap(({ mounts }) => mounts)) {
    if (subfolder === "") continue;
    found.set(folder, (found.get(folder) ?? new Set()).add(subfolder));
  }
  return new Map([...found].map(([folder, parts]) => [folder, [...parts].sort()]));
}

const volumeOf = (folder: string, part = ""): string =>
  ["folder", folder, ...part.split("/").filter((word) => word !== "")].join("-").replaceAll(/[^\w-]/g, "_");

const logConfiguration = (group: string, region: string) => ({
  logDriver: "awslogs" as const,
  options: { "awslogs-group": group, "awslogs-region": region, "awslogs-stream-prefix": "task" },
});

function withFamily(
  definition: Omit<RegisterTaskDefinitionCommandInput, "family">,
): RegisterTaskDefinitionCommandInput {
  const hash = createHash("sha256").update(JSON.stringify(definition)).digest("hex").slice(0, 32);
  return { family: `benchstack-${hash}`, ...definition };
}
