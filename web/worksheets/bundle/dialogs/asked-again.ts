/** What a run asks for that is made like another. */
import type { MetadataValue } from "../types.ts";

/** What a new run must say, and what it says if the other did not. */
const asked: Record<string, MetadataValue> = {
  description: "",
  tags: [],
  allow_failed_dependencies: false,
  request_docker_image: "",
  request_time: "",
  request_memory: "",
  request_disk: "",
  request_cpus: 1,
  request_gpus: 0,
  request_queue: "",
  request_priority: 0,
  request_network: true,
  exclude_patterns: [],
};

/** The metadata of a run like another, except for what is changed. What the platform wrote of the other is not taken. */
export const askedAgain = (
  metadata: Readonly<Record<string, MetadataValue>>,
  changes: Record<string, MetadataValue>,
): Record<string, MetadataValue> => ({
  ...Object.fromEntries(Object.entries(asked).map(([key, otherwise]) => [key, metadata[key] ?? otherwise])),
  ...changes,
});
