import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { testImage } from "./docker.ts";
import { temporaryFolder } from "./files.ts";
import { waitFor } from "./wait.ts";

const run = promisify(execFile);

/**
 * A Docker engine that a test may kill, stop and start again: a second one beside that of this machine, with all its
 * files in a folder, and in a network namespace of its own. In that of the machine, an engine without a bridge would
 * remove the bridge of the machine's engine, `docker0`.
 */
export class TestEngine {
  readonly host: string;
  readonly #folder: string;
  #daemon: ChildProcess | null = null;

  private constructor(folder: string) {
    this.#folder = folder;
    this.host = `unix://${join(folder, "socket")}`;
  }

  /** Starts an engine that has the test image. */
  static async open(): Promise<TestEngine> {
    if (process.getuid?.() !== 0) throw new Error("This needs root, because it starts a Docker engine of its own.");
    const folder = await temporaryFolder();
    const engine = new TestEngine(folder.path);
    await writeFile(engine.#path("runtime"), '#!/bin/sh\nexec runc "$@"\n', { mode: 0o755 });
    await engine.start();
    const save = spawn("docker", ["save", testImage], { stdio: ["ignore", "pipe", "inherit"] });
    const load = spawn("docker", ["--host", engine.host, "load"], { stdio: [save.stdout, "ignore", "inherit"] });
    await once(load, "exit");
    return engine;
  }

  /** Starts it again. With `--live-restore`, it takes over containers that went on while it was away. */
  async start(...options: "--live-restore"[]): Promise<void> {
    await rm(this.#path("pid"), { force: true });
    const isolation = ["--bridge=none", "--iptables=false", "--ip-masq=false", "--ip-forward=false"];
    const paths = [`--data-root=${this.#path("data")}`, `--exec-root=${this.#path("exec")}`];
    const runtime = [`--add-runtime=script=${this.#path("runtime")}`, "--default-runtime=script"];
    const files = [`--pidfile=${this.#path("pid")}`, `--host=${this.host}`];
    this.#daemon = spawn("unshare", ["--net", "dockerd", ...isolation, ...runtime, ...paths, ...files, ...options], {
      stdio: "ignore",
    });
    await waitFor("the engine to answer", () => this.docker("info"), 120_000);
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  /** Runs a command of Docker in this engine, and returns what it prints. */
  async docker(...args: string[]): Promise<string> {
    return (await run("docker", ["--host", this.host, ...args])).stdout.trim();
  }

  /** Takes its container runtime away: it answers everything and starts nothing. */
  breakRuntime(): Promise<void> {
    return rename(this.#path("runtime"), this.#path("runtime.away"));
  }

  mendRuntime(): Promise<void> {
    return rename(this.#path("runtime.away"), this.#path("runtime"));
  }

  /** Sends a signal to the engine, but not to its containers. */
  signal(signal: NodeJS.Signals): void {
    this.#daemon?.kill(signal);
  }

  /** Ends the engine, and waits for its end. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const daemon = this.#daemon;
    if (daemon === null || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const ended = once(daemon, "exit");
    daemon.kill("SIGCONT");
    daemon.kill(signal);
    await ended;
    // Its containerd ends with it. An engine that starts before that would take over the one that is ending.
    const containerd = await readFile(this.#path("exec/containerd/containerd.pid"), "utf8").catch(() => "");
    await waitFor("its containerd to end", () => containerd === "" || !existsSync(`/proc/${containerd}`), 60_000);
  }

  /** Ends the engine and all that it has started, and removes its files. */
  async close(): Promise<void> {
    await this.end("SIGKILL");
    await waitFor(
      "the engine's processes to end",
      async () => {
        const processes = await this.#processes();
        for (const pid of processes) tryKill(pid);
        return processes.length === 0;
      },
      60_000,
    );
    const mounts = (await readFile("/proc/mounts", "utf8")).split("\n").map((line) => line.split(" ")[1] ?? "");
    for (const mount of mounts.reverse()) if (mount.startsWith(this.#folder)) await run("umount", ["--lazy", mount]);
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Its containerd, shims and programs: what names the folder in its command, or has its root there. */
  async #processes(): Promise<number[]> {
    const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
    const found = await Promise.all(
      pids.map(async (pid) => {
        const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
        const root = await readFile(`/proc/${pid}/mountinfo`, "utf8").catch(() => "");
        const isOwn = root.split("\n").some((line) => line.includes(" / / ") && line.includes(this.#folder));
        return command.includes(this.#folder) || isOwn;
      }),
    );
    return pids.filter((pid, index) => found[index] && pid !== process.pid);
  }
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
