/** The RunTask request of a step. */
import type { RunTaskCommandInput } from "@aws-sdk/client-ecs";
import type { Placement } from "../placed/backend.ts";
import { launchTags, launchVariables } from "../placed/launch-variables.ts";
import { isFargate } from "./config.ts";
import type { EcsConfig } from "./config.ts";

/**
 * The name of a launch. ECS has it as `startedBy`, and as the client token that makes a repeated request start one ECS
 * task only.
 */
export const launchName = (attempt: string, step: string, number: number): string => `${attempt}/${step}/${number}`;

/** The attempt that an ECS task belongs to; null for an ECS task of other software. */
export const attemptOfLaunch = (startedBy: string): string | null =>
  /^([0-9a-f-]{36})\/[^/]+\/\d+$/.exec(startedBy)?.[1] ?? null;

/**
 * The request that starts one ECS task. A step without a network runs in the `dark` network, if the deployment has one.
 * So does every step on an EC2 host: an ECS task there has no public address, so it could not reach the internet in any
 * network.
 */
export function runEcsTaskRequest(
  placement: Placement,
  { cluster, networks }: Pick<EcsConfig, "cluster" | "networks">,
): RunTaskCommandInput {
  const { attempt, step, number, definition, capacity } = placement;
  const fargate = isFargate(capacity);
  const isOpen = step.network === "open" && fargate;
  const { subnets, securityGroups, assignPublicIp } = isOpen ? networks.open : (networks.dark ?? networks.open);
  const name = launchName(attempt, step.name, number);
  return {
    cluster,
    taskDefinition: definition,
    count: 1,
    startedBy: name,
    clientToken: name,
    capacityProviderStrategy: [{ capacityProvider: capacity, weight: 1 }],
    networkConfiguration: {
      // ECS cannot assign a public address to an ECS task on an EC2 host.
      awsvpcConfiguration: {
        subnets,
        securityGroups,
        assignPublicIp: assignPublicIp && fargate ? "ENABLED" : "DISABLED",
      },
    },
    // One ECS task per host: the memory of a GPU or the page cache may still hold data of another participant.
    ...(fargate ? {} : { group: "benchstack", placementConstraints: [{ type: "distinctInstance" as const }] }),
    overrides: { containerOverrides: launchVariables(placement) },
    tags: Object.entries(launchTags(placement)).map(([key, value]) => ({ key, value })),
  };
}
