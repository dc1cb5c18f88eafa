import { ConfigError, TokenRefused } from "./config-error.ts";
import { log } from "./output.ts";

/**
 * Commands of the worker image: `work` is the worker itself; `stage` and `supervise` are containers of its ECS tasks;
 * `archive` is a child process of a worker or of `supervise`. A command's module is loaded only when it runs, because
 * every ECS task waits for its two containers to start, and every step for its files.
 */
const commands: Record<string, () => Promise<void>> = {
  work: async () => (await import("./work.ts")).work(),
  stage: async () => (await import("./ecs-task/stage.ts")).stage(),
  supervise: async () => (await import("./ecs-task/supervise-ecs-task.ts")).superviseEcsTask(),
  archive: async () => (await import("./archiver-process.ts")).archive(),
};

async function start(): Promise<never> {
  const [, , name = "work"] = process.argv;
  try {
    if (Number.parseInt(process.versions.node) < 24)
      throw new ConfigError(`the worker needs Node.js 24 or later, and this is ${process.versions.node}`);
    const command = commands[name];
    if (!command)
      throw new ConfigError(`there is no command "${name}"; commands are work (the default), stage and supervise`);
    await command();
  } catch (error) {
    const isConfig = error instanceof ConfigError;
    if (isConfig) log.error("configuration.wrong", { error });
    else log.error("worker.failed", { command: name, error });
    if (error instanceof TokenRefused) await (await import("./launchers/docker/own-container.ts")).endWithoutRestart();
    process.exitCode = isConfig ? 2 : 1;
  }
  // Idle connections would keep the process running for some seconds.
  process.exit();
}

void start();
