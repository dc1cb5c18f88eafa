import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { repository } from "../support/files.ts";
import { waitFor } from "../support/wait.ts";

/** The platform as a process of its own, as `npm start` runs it in a terminal. */
export interface Started {
  /** What it has printed so far, to both streams. */
  output(): string;
  /** Its address, once it is ready. Throws what it printed when it ends before that. */
  url(): Promise<string>;
  /** Its exit code once it has ended, or the signal that ended it. */
  exitCode(): Promise<number | NodeJS.Signals>;
  /** Sends Ctrl-C, as a terminal does: to the whole foreground group. */
  interrupt(): void;
  /** The process id of its worker, once it has one. */
  worker(): Promise<number>;
  /** The IP addresses on which it listens, its worker and what they started, for example `127.0.0.1`. */
  listening(): string[];
  /** Kills the platform and nothing else, so that it can clean up nothing. */
  killPlatform(): void;
  /** Kills all of it in the same way: the platform, its worker and what the worker runs. Waits until it is gone. */
  kill(): Promise<void>;
}

const started: Started[] = [];

/**
 * Starts the platform with these settings added to the environment: by what `npm start` runs, or by npm itself. npm has no
 * exit code after Ctrl-C.
 */
export function start(
  settings: Record<string, string>,
  [program, ...words]: [string, ...string[]] = [process.execPath, "scripts/start.ts"],
): Started {
  // What the test runner tells its files is not for the platform.
  const { NODE_TEST_CONTEXT: _context, TEST_DATABASE_URL: _database, ...environment } = process.env;
  const child = spawn(program, words, {
    cwd: repository,
    env: { ...environment, PORT: "0", BENCHSTACK_LAUNCHER: "sandbox", ...settings },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, like a job of a shell.
    detached: true,
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (piece: Buffer) => (printed += piece.toString()));
  const ended = once(child, "close").then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const run: Started = {
    output: () => printed,
    async url() {
      const found = await waitFor(
        "the platform to be ready",
        () => /ready at (\S+)/.exec(printed)?.[1] ?? (hasEnded() && "ended"),
      );
      if (found === "ended") throw new Error(`it ended: ${printed}`);
      return found;
    },
    exitCode: () => ended,
    interrupt: () => void process.kill(-child.pid!, "SIGINT"),
    worker: () =>
      waitFor("its worker", () =>
        descendants(child.pid!).find((pid) => commandOf(pid).includes("worker-image/main.ts")),
      ),
    listening: () => listeningAddresses([child.pid!, ...descendants(child.pid!)]),
    killPlatform: () => void child.kill("SIGKILL"),
    async kill() {
      if (hasEnded()) return;
      // All are found before the first is killed: an orphan is nobody's child any more.
      for (const pid of [...descendants(child.pid!), child.pid!]) tryKill(pid);
      await ended;
    },
  };
  started.push(run);
  return run;
}

/** The IP addresses on which processes listen. An IPv6 address is as the kernel writes it, in hexadecimal. */
function listeningAddresses(pids: number[]): string[] {
  const sockets = new Set(pids.flatMap(socketsOf));
  const isListening = "0A";
  return ["tcp", "tcp6"].flatMap((table) =>
    read(`/proc/net/${table}`)
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === isListening && sockets.has(fields[9]!))
      .map((fields) => ipOf(fields[1]!.split(":")[0]!)),
  );
}

/** The kernel writes IPv4 addresses as a number in the byte order of the machine. */
const ipOf = (hex: string): string => (hex.length === 8 ? Buffer.from(hex, "hex").reverse().join(".") : hex);

/** The inodes of a process's sockets. */
function socketsOf(pid: number): string[] {
  let files: string[];
  try {
    files = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return [];
  }
  return files.flatMap((file) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${file}`))?.[1] ?? [];
    } catch {
      return [];
    }
  });
}

/** Ends whatever a test that failed has left running, except for one. */
export async function killAll(except?: Started): Promise<void> {
  const others = started.splice(0).filter((run) => run !== except);
  if (except) started.push(except);
  await Promise.all(others.map((run) => run.kill()));
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

/** A process's children, their children, and so on. */
function descendants(pid: number): number[] {
  let threads: string[];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
  return threads.flatMap((thread) => {
    const children = read(`/proc/${pid}/task/${thread}/children`).split(" ").filter(Boolean).map(Number);
    return children.flatMap((child) => [child, ...descendants(child)]);
  });
}

const commandOf = (pid: number): string => read(`/proc/${pid}/cmdline`).replaceAll("\0", " ");

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
