import { messageOf } from "../../contract/log.ts";
import { ConfigError } from "../config-error.ts";
import type { WorkerConfig } from "../config.ts";
import type { DockerLauncherOptions } from "./docker/launcher.ts";
import type { MachineLauncher } from "./launcher.ts";
import { SandboxLauncher } from "./sandbox/launcher.ts";
import type { SandboxLauncherOptions } from "./sandbox/launcher.ts";

/**
 * Opens the configured launcher; `auto` is Docker when an engine answers, else the sandbox. Throws `ConfigError` when
 * it cannot be used here.
 */
export async function chooseLauncher(
  wanted: Exclude<WorkerConfig["launcher"], "ecs">,
  options: DockerLauncherOptions & SandboxLauncherOptions,
): Promise<MachineLauncher> {
  let noEngine: unknown;
  if (wanted !== "sandbox") {
    try {
      // Loaded only here, because the client of the engine takes as long to load as all the rest.
      const { DockerLauncher } = await import("./docker/launcher.ts");
      return await DockerLauncher.connect(options);
    } catch (error) {
      noEngine = error;
      if (wanted === "docker") {
        throw new ConfigError(`BENCHSTACK_LAUNCHER is docker, but no container engine answers: ${messageOf(error)}`);
      }
    }
  }
  const sandbox = await SandboxLauncher.open(options);
  options.log.warn("sandbox.chosen", { error: noEngine });
  return sandbox;
}
