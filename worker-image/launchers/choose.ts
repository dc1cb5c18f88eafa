import { ConfigError } from "../config-error.ts";
import type { WorkerConfig } from "../config.ts";
import { messageOf } from "../log.ts";
import { DockerLauncher } from "./docker/launcher.ts";
import type { DockerLauncherOptions } from "./docker/launcher.ts";
import type { Launcher } from "./launcher.ts";
import { SandboxLauncher } from "./sandbox/launcher.ts";

/**
 * Opens the configured launcher; `auto` is Docker when an engine answers, else the sandbox. Throws `ConfigError` when
 * it cannot be used here.
 */
export async function chooseLauncher(
  wanted: Exclude<WorkerConfig["launcher"], "ecs">,
  options: DockerLauncherOptions,
): Promise<Launcher> {
  let reason = "";
  if (wanted !== "sandbox") {
    try {
      return await DockerLauncher.connect(options);
    } catch (error) {
      reason = `no container engine answers (${messageOf(error)}), so it is `;
      if (wanted === "docker") {
        throw new ConfigError(`BENCHSTACK_LAUNCHER is docker, but no container engine answers: ${messageOf(error)}`);
      }
    }
  }
  const sandbox = await SandboxLauncher.open(options);
  options.log.warn(
    `${reason}running programs in the sandbox launcher: it is for trusted code only. It ignores images and uses what is installed here.`,
  );
  return sandbox;
}
