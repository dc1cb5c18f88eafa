import { ConfigError } from "./config-error.ts";
import { log } from "./output.ts";

/**
 * What this image does: by default it works, and in the tasks that a worker starts it is two of their containers. Each
 * loads what it needs: every task waits for its two, which need none of the worker's clients.
 */
const commands: Record<string, () => Promise<void>> = {
  work: async () => (await import("./work.ts")).work(),
  stage: async () => (await import("./task/stage.ts")).stage(),
  supervise: async () => (await import("./task/supervise-task.ts")).superviseTask(),
};

async function start(): Promise<never> {
  const [, , name = "work"] = process.argv;
  try {
    const command = commands[name];
    if (!command) throw new ConfigError(`there is no command "${name}": it is stage, supervise or nothing`);
    await command();
  } catch (error) {
    const isConfig = error instanceof ConfigError;
    if (isConfig) log.error("configuration.wrong", { error });
    else log.error("worker.failed", { command: name, error });
    process.exitCode = isConfig ? 2 : 1;
  }
  // Idle connections would keep the process for some more seconds.
  process.exit();
}

void start();
