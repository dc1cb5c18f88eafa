/**
 * The state of the containers of this ECS task, from version 4 of the ECS task metadata endpoint. It is the only source
 * on the end of a program that the program cannot change.
 */
import * as z from "zod";
import type { UsageSample } from "../launchers/usage-sampler.ts";

const ecsTaskSchema = z.object({
  Containers: z.array(
    z.object({
      Name: z.string(),
      DockerId: z.string(),
      KnownStatus: z.string(),
      ExitCode: z.int().optional(),
    }),
  ),
});

const count = z.number().optional();
/**
 * Statistics in the form of Docker. The file cache has one name in control groups of version 1 and another in version
 * 2.
 */
const statisticsSchema = z.object({
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: count }).optional() }).optional(),
  memory_stats: z
    .object({ usage: count, stats: z.object({ total_inactive_file: count, inactive_file: count }).optional() })
    .optional(),
});

export interface ContainerState {
  id: string;
  running: boolean;
  /** All its processes have ended, or none was ever started. */
  stopped: boolean;
  /** Null while it runs, or if it never ran. */
  exitCode: number | null;
}

const answerPatienceMs = 5_000;

export class EcsTaskMetadata {
  readonly #url: string;

  /** `url` is the value of ECS_CONTAINER_METADATA_URI_V4. */
  constructor(url: string) {
    this.#url = url;
  }

  /**
   * The state of a container of this ECS task; undefined before the agent knows it. Throws when the endpoint does not
   * answer.
   */
  async container(name: string): Promise<ContainerState | undefined> {
    const { Containers } = ecsTaskSchema.parse(await this.#get("/task"));
    const found = Containers.find(({ Name }) => Name === name);
    if (!found) return undefined;
    const { DockerId: id, KnownStatus: status, ExitCode: exitCode = null } = found;
    return { id, running: status === "RUNNING", stopped: status === "STOPPED", exitCode };
  }

  /** The resources that a running container uses. Throws when they are not known. */
  async usage(name: string): Promise<UsageSample> {
    const state = await this.container(name);
    const all = z.record(z.string(), z.unknown()).parse(await this.#get("/task/stats"));
    const { cpu_stats, memory_stats } = statisticsSchema.parse(all[state?.id ?? ""]);
    const { usage = 0, stats } = memory_stats ?? {};
    return {
      cpuSeconds: (cpu_stats?.cpu_usage?.total_usage ?? 0) / 1e9,
      memoryBytes: usage - (stats?.total_inactive_file ?? stats?.inactive_file ?? 0),
    };
  }

  async #get(path: string): Promise<unknown> {
    const response = await fetch(this.#url + path, { signal: AbortSignal.timeout(answerPatienceMs) });
    if (!response.ok) throw new Error(`the ECS task metadata endpoint answered HTTP ${response.status}`);
    return response.json();
  }
}
