/** The RunTask request of a step. */
import type { RunTaskCommandInput } from "@aws-sdk/client-ecs";
import type { SignedObject, Step } from "../../../contract/job.ts";
import { correlationVariable, superviseVariables } from "../../ecs-task/contract.ts";
import { isFargate } from "./config.ts";
import type { EcsConfig } from "./config.ts";
import { stageName, superviseName } from "./task-definition.ts";

export interface EcsTaskRequest {
  attempt: string;
  /** Id of the request that asked for the job. */
  correlationId?: string | undefined;
  step: Step<SignedObject>;
  /** Counts from 1. Every launch is an ECS task of its own. */
  number: number;
  family: string;
  capacityProvider: string;
  /** The signed URL of the order of the step. */
  orderUrl: string;
}

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
  { attempt, correlationId, step, number, family, capacityProvider, orderUrl }: EcsTaskRequest,
  { cluster, networks }: Pick<EcsConfig, "cluster" | "networks">,
): RunTaskCommandInput {
  const fargate = isFargate(capacityProvider);
  const isOpen = step.network === "open" && fargate;
  const { subnets, securityGroups, assignPublicIp } = isOpen ? networks.open : (networks.dark ?? networks.open);
  const name = launchName(attempt, step.name, number);
  // For the logs of our own containers. Programs keep the environment that they expect.
  const correlation = correlationId === undefined ? [] : [{ name: correlationVariable, value: correlationId }];
  return {
    cluster,
    taskDefinition: family,
    count: 1,
    startedBy: name,
    clientToken: name,
    capacityProviderStrategy: [{ capacityProvider, weight: 1 }],
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
    overrides: {
      containerOverrides: [
        ...(correlationId === undefined ? [] : [{ name: stageName, environment: correlation }]),
        {
          name: superviseName,
          environment: [
            ...correlation,
            { name: superviseVariables.order, value: orderUrl },
            { name: superviseVariables.launch, value: String(number) },
          ],
        },
      ],
    },
    tags: [
      { key: "benchstack:attempt", value: attempt },
      { key: "benchstack:step", value: step.name },
      ...(correlationId === undefined ? [] : [{ key: "benchstack:correlation", value: correlationId }]),
    ],
  };
}
