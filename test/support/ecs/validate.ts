import type { ContainerDefinition, RegisterTaskDefinitionCommandInput, RunTaskCommandInput } from "@aws-sdk/client-ecs";
import { isFargateSize } from "../../../worker-image/launchers/ecs/config.ts";

/** Checks the rules of the ECS API across fields, which emulators do not check. Returns the error, or null. */
export function refuseDefinition(definition: RegisterTaskDefinitionCommandInput): string | null {
  const {
    containerDefinitions = [],
    volumes = [],
    requiresCompatibilities = [],
    cpu,
    memory,
    taskRoleArn,
  } = definition;
  const fargate = requiresCompatibilities.includes("FARGATE");
  const names = new Set(containerDefinitions.map(({ name }) => name));
  const volumeNames = new Set(volumes.map(({ name }) => name));
  const size = { cpu: Number(cpu), memoryMiB: Number(memory) };
  const refusals: (string | false)[] = [
    !/^[\w-]{1,255}$/.test(definition.family ?? "") && "family",
    taskRoleArn !== undefined && "a task role, which participants' code could use",
    definition.networkMode !== "awsvpc" && "network mode",
    fargate && !isFargateSize(size) && "No Fargate configuration exists for given values",
    names.size !== containerDefinitions.length && "two containers of one name",
    containerDefinitions.filter(({ essential = true }) => essential).length !== 1 &&
      "not exactly one essential container",
    reserved(containerDefinitions) > size.memoryMiB && "containers reserve more memory than the task has",
    ...containerDefinitions.flatMap((container) => refuseContainer(container, { fargate, memoryMiB: size.memoryMiB })),
    ...containerDefinitions.flatMap(({ dependsOn = [] }) =>
      dependsOn.map(({ containerName, condition }) => {
        const target = containerDefinitions.find(({ name }) => name === containerName);
        if (!target) return `a dependency on ${containerName}, which there is not`;
        return (
          ["COMPLETE", "SUCCESS"].includes(condition ?? "") &&
          target.essential !== false &&
          "a dependency on the end of an essential container"
        );
      }),
    ),
    ...containerDefinitions.flatMap(({ mountPoints = [] }) =>
      mountPoints.map(
        ({ sourceVolume }) => !volumeNames.has(sourceVolume) && `a mount of ${sourceVolume}, which is no volume`,
      ),
    ),
    volumes.some(({ name = "" }) => !/^[\w-]{1,255}$/.test(name)) && "the name of a volume",
  ];
  return refusals.find((refusal) => typeof refusal === "string") ?? null;
}

const reserved = (containers: ContainerDefinition[]): number =>
  containers.reduce((sum, { memory = 0, memoryReservation = memory }) => sum + memoryReservation, 0);

function refuseContainer(
  container: ContainerDefinition,
  task: { fargate: boolean; memoryMiB: number },
): (string | false)[] {
  const { name, memory = 0, memoryReservation = 0, linuxParameters, stopTimeout = 30 } = container;
  const { privileged = false, dockerSecurityOptions = [], disableNetworking = false } = container;
  const onlyOnHosts =
    privileged ||
    dockerSecurityOptions.length > 0 ||
    disableNetworking ||
    linuxParameters?.sharedMemorySize !== undefined;
  return [
    !/^[\w-]{1,255}$/.test(name ?? "") && "the name of a container",
    memory > task.memoryMiB && `${name} may use more memory than the task has`,
    memory > 0 && memory < Math.max(6, memoryReservation) && `${name} reserves more memory than it may use`,
    task.fargate && onlyOnHosts && `${name} wants what Fargate does not have`,
    task.fargate && (container.resourceRequirements?.length ?? 0) > 0 && `${name} wants a GPU of Fargate`,
    task.fargate && (linuxParameters?.capabilities?.add?.length ?? 0) > 0 && `${name} wants capabilities`,
    task.fargate && stopTimeout > 120 && `${name} has a stop timeout of more than 120 s`,
    (container.secrets?.length ?? 0) > 0 && `${name} has secrets, which would be variables of a program`,
  ];
}

const maxOverrideBytes = 8192;

/** Checks a request to run a task like AWS. Returns the error, or null. */
export function refuseRun(request: RunTaskCommandInput, containerNames: string[]): string | null {
  const { startedBy = "", clientToken = "", overrides, networkConfiguration, capacityProviderStrategy = [] } = request;
  const { subnets = [], securityGroups = [] } = networkConfiguration?.awsvpcConfiguration ?? {};
  const refusals: (string | false)[] = [
    !/^[A-Za-z0-9_/-]{1,128}$/.test(startedBy) && "startedBy",
    !/^[\x21-\x7e]{1,64}$/.test(clientToken) && "clientToken",
    Buffer.byteLength(JSON.stringify(overrides ?? {})) > maxOverrideBytes &&
      "Container Overrides length must be at most 8192",
    (overrides?.containerOverrides ?? []).some(({ name = "" }) => !containerNames.includes(name)) &&
      "an override of a container there is not",
    overrides?.taskRoleArn !== undefined && "a task role",
    subnets.length === 0 && "no subnets",
    securityGroups.length === 0 && "no security groups",
    (capacityProviderStrategy.length === 0 || request.launchType !== undefined) && "capacity",
  ];
  return refusals.find((refusal) => typeof refusal === "string") ?? null;
}
