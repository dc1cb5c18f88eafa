import type { CapacityProfiles } from "../lambdas/jobs/rules/capacity.ts";
import { isFargate } from "../worker-image/launchers/ecs/config.ts";
import type { EcsConfig } from "../worker-image/launchers/ecs/config.ts";
import type { Deployment } from "./deployment.ts";

/** The deployment's capacity profiles as its functions are told of them. EC2 hosts run steps without a network only. */
export const profilesForFunctions = ({ profiles }: Deployment): CapacityProfiles =>
  Object.fromEntries(
    Object.entries(profiles).map(([name, { cpu, memoryMiB, diskGiB, gpus, capacity, users }]) => [
      name,
      { cpu, memoryMiB, diskGiB, gpus, network: isFargate(capacity), users },
    ]),
  );

/** The same as its workers are told of them: who may use one was decided before. */
export const profilesForWorkers = ({ profiles }: Deployment): EcsConfig["profiles"] =>
  Object.fromEntries(Object.entries(profiles).map(([name, { users: _, ...profile }]) => [name, profile]));
