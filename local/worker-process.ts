import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

export interface WorkerProcess {
  /** Tells the worker to claim no more and waits until what it runs has ended. */
  stop(): Promise<void>;
  /** Lets go of what runs, so that it is run again when the platform is back, and waits for the worker's end. */
  release(): Promise<void>;
  readonly pid: number | undefined;
}

const restartPauseMs = 1000;
/** The worker makes much short-lived garbage; it is collected more often, and a third of its memory is saved. */
const nodeOptions = ["--max-semi-space-size=1"];
/**
 * What the worker gets of this process's environment: what a program needs to run, to find Docker and to read its queue.
 * Everything else stays here, since it may hold ways to databases and passwords.
 */
const inheritable =
  /^(PATH|HOME|USER|LOGNAME|LANG|LC_\w+|TZ|TMPDIR|XDG_\w+|(HTTPS?|NO)_PROXY|NODE_\w+|DOCKER_\w+|AWS_\w+|BENCHSTACK_CACHE_BYTES)$/i;
const repository = join(import.meta.dirname, "..");
/** What Node makes of the worker's TypeScript, kept for its next start: without it each start loads the compiler. */
const compiled = join(repository, "node_modules/.cache/benchstack-worker");

/**
 * Starts a worker as a process of its own, and again whenever it ends without being told to. What it writes goes to
 * `worker.log` in the folder of logs. It holds a channel to this process, so that it never outlives it.
 */
export async function startWorkerProcess(
  environment: Record<string, string>,
  folders: { logs: string },
): Promise<WorkerProcess> {
  const log = await open(join(folders.logs, "worker.log"), "a");
  let stopped = false;
  let child: ChildProcess | undefined;

  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => inheritable.test(name)));

  const keepRunning = async () => {
    while (!stopped) {
      child = spawn(process.execPath, [...nodeOptions, join(repository, "worker-image/main.ts")], {
        env: { NODE_COMPILE_CACHE: compiled, ...inherited, ...environment },
        stdio: ["ignore", log.fd, log.fd, "ipc"],
        // Ctrl-C reaches the whole group of the terminal; the platform tells its worker itself.
        detached: true,
      });
      await once(child, "exit");
      if (!stopped) await wait(restartPauseMs);
    }
  };
  const running = keepRunning().finally(() => log.close());

  const end = async (tell: (child: ChildProcess) => void) => {
    stopped = true;
    if (child) tell(child);
    await running;
  };
  return {
    stop: () => end((child) => child.kill("SIGTERM")),
    // Without its channel it stops at once. A second signal might arrive together with the first, as one.
    release: () => end((child) => child.connected && child.disconnect()),
    get pid() {
      return child?.pid;
    },
  };
}
