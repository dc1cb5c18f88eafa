import { BatchBackend } from "../batch/backend.ts";
import type { BatchBackendOptions } from "../batch/backend.ts";
import { EcsBackend } from "../ecs/backend.ts";
import type { EcsConfig } from "../ecs/config.ts";
import type { CapacityBackend } from "./backend.ts";

/** The engines of a deployment. */
export function backendsOf(config: EcsConfig, options: Omit<BatchBackendOptions, "config">): CapacityBackend[] {
  const { batch } = config;
  const ecs = new EcsBackend({ config, ...options });
  return batch ? [ecs, new BatchBackend({ config: { ...config, batch }, ...options })] : [ecs];
}
