import { spawn, type ChildProcess } from "node:child_process";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { processLog } from "../lambdas/kernel/log.ts";

export interface WorkerProcess {
  /** Stops claiming, and waits until running attempts have ended. */
  stop(): Promise<void>;
  /**
   * Returns running attempts, which run again at the next start of the platform, and waits until the worker has ended.
   */
  release(): Promise<void>;
  readonly pid: number | undefined;
}

const restartPauseMs = 1000;
/** Collects short-lived garbage more often, which saves a third of the worker's memory. */
const nodeOptions = ["--max-semi-space-size=1"];
/**
 * Environment variables that the worker inherits: those that a program needs in order to run, find Docker and read its
 * queue. Other variables may contain passwords or access to databases.
 */
const inheritable =
  /^(PATH|HOME|USER|LOGNAME|LANG|LC_\w+|TZ|TMPDIR|XDG_\w+|(HTTPS?|NO)_PROXY|NODE_\w+|DOCKER_\w+|AWS_\w+|BENCHSTACK_(CACHE_BYTES|DISK_RESERVE|IMAGE_CACHE|PRIVATE_REGISTRIES))$/i;
const repository = join(import.meta.dirname, "..");
/** The compile cache of cli/compile-cache.mjs, for the worker. */
const compiled = join(repository, "node_modules/.cache/benchstack");

/**
 * Starts a worker in another process, and restarts it when it ends unexpectedly. Its output is appended to `worker.log`
 * in the log folder. It holds an IPC channel to this process, so it never outlives it.
 */
export async function startWorkerProcess(
  environment: Record<string, string>,
  folders: { logs: string },
): Promise<WorkerProcess> {
  const log = await open(join(folders.logs, "worker.log"), "a");
  const stopping = new AbortController();
  let child: ChildProcess | undefined;

  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => inheritable.test(name)));

  const keepRunning = async () => {
    while (!stopping.signal.aborted) {
      const started = spawn(process.execPath, [...nodeOptions, join(repository, "worker-image/main.ts")], {
        env: { NODE_COMPILE_CACHE: compiled, ...inherited, ...environment },
        stdio: ["ignore", log.fd, log.fd, "ipc"],
        // In a process group of its own, because Ctrl-C signals the terminal's whole group and the platform stops its
        // worker itself.
        detached: true,
      });
      child = started;
      await new Promise<void>((ended) => {
        started.once("exit", () => ended());
        started.on("error", (error) => {
          // Other errors are of signals to it. It then still runs.
          if (started.pid !== undefined) return;
          processLog().error("worker.unstarted", { error });
          ended();
        });
      });
      await wait(restartPauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const running = (async () => {
    try {
      await keepRunning();
    } finally {
      await log.close();
    }
  })();

  const end = async (tell: (child: ChildProcess) => void) => {
    stopping.abort();
    if (child) tell(child);
    await running;
  };
  return {
    stop: () => end((child) => child.kill("SIGTERM")),
    // The worker stops at once when its channel closes. A second SIGTERM could be merged with the first one.
    release: () => end((child) => child.connected && child.disconnect()),
    get pid() {
      return child?.pid;
    },
  };
}
