import type { RunTaskCommandInput } from "@aws-sdk/client-ecs";
import type { SignedObject, Step } from "../../../contract/job.ts";
import { correlationVariable, superviseVariables } from "../../task/contract.ts";
import { isFargate } from "./config.ts";
import type { EcsConfig } from "./config.ts";
import { stageName, superviseName } from "./task-definition.ts";

export interface TaskRequest {
  attempt: string;
  /** Id of the request that asked for the job. */
  correlationId?: string | undefined;
  step: Step<SignedObject>;
  /** From 1: every launch is a task of its own. */
  number: number;
  family: string;
  capacityProvider: string;
  /** Signed GET of the step's order. */
  orderUrl: string;
}

/** Who started a task, and the token that keeps a request from being taken for two. ECS allows letters, digits, - and /. */
export const launchName = (attempt: string, step: string, number: number): string => `${attempt}/${step}/${number}`;

/** The attempt that a task is for; null for a task of somebody else. */
export const attemptOfLaunch = (startedBy: string): string | null =>
  /^([0-9a-f-]{36})\/(prediction|scoring)\/\d+$/.exec(startedBy)?.[1] ?? null;

/**
 * The request that starts one task. A step that wants no network runs `dark` where the deployment has that, and so does
 * every step on a host of our own: its tasks have no public address, so nothing leads out anyway.
 */
export function runTaskRequest(
  { attempt, correlationId, step, number, family, capacityProvider, orderUrl }: TaskRequest,
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
      // A host's own interface cannot be given a public address for a task.
      awsvpcConfiguration: {
        subnets,
        securityGroups,
        assignPublicIp: assignPublicIp && fargate ? "ENABLED" : "DISABLED",
      },
    },
    // What the GPU's memory or a page cache still holds is not for the next participant: one task a host at a time.
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
