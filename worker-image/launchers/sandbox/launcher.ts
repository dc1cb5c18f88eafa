import { execFile, spawn } from "node:child_process";
import type { ChildProcess, ChildProcessByStdio } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmod, lstat, mkdir, mkdtemp, readFile, readlink, realpath, rm, stat } from "node:fs/promises";
import { constants, homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { ConfigError } from "../../config-error.ts";
import { messageOf } from "../../../contract/log.ts";
import { HostFault, StepFailure } from "../../failure.ts";
import { Unreachable } from "../../live-port.ts";
import type { Log } from "../../log.ts";
import { Cgroups } from "./cgroups.ts";
import type { Cgroup } from "./cgroups.ts";
import type { ByteSink, ContainerEnd, LaunchRequest, MachineLauncher, RunningContainer } from "../launcher.ts";
import { machineFault } from "../start-faults.ts";
import { trialRequest } from "../trial.ts";
import { measure } from "../../disk-use.ts";
import type { DiskUse } from "../../disk-use.ts";
import { namelessFiles, processTree } from "../open-files.ts";
import { hiddenPlaces } from "./hidden-places.ts";
import { messagesFd, readyFd, sandboxScript, visibleHostFolders } from "./script.ts";
import type { HostFolder } from "./script.ts";
import { processTreeUsage } from "./process-usage.ts";
import { UsageSampler } from "../usage-sampler.ts";

/**
 * How a sandbox is set up:
 * - `root`: the worker is root. The programs of each attempt run as a separate user, limited by control groups if the
 *   worker can create them.
 * - `user`: the worker is an ordinary user and creates a user namespace. Programs see themselves as root and are the
 *   worker's user outside; resource limits apply to each process.
 */
type Mode = "root" | "user";

/** User ids of sandboxes start here, in a range that neither distributions nor systemd assign. */
const firstUser = 2_000_000_000;
const userCount = 100_000_000;

/**
 * Runs programs in Linux namespaces with util-linux, for machines without a container engine. A program has its own
 * mounts, processes, IPC and network, reads the host's installed software, and sees nothing else of the host. It shares
 * the host's kernel and uses the host's software in place of an image, so this is for trusted code only.
 */
export class SandboxLauncher implements MachineLauncher {
  readonly kind = "sandbox";
  readonly #log: Log;
  readonly disks: string[] = [];
  readonly #mode: Mode;
  readonly #cgroups: Cgroups | null;
  readonly #hostFolders: HostFolder[];
  /** Folders of the worker's user that programs must not see. */
  readonly #private: string[];
  readonly #loggedImages = new Set<string>();
  /** Removes what is left of each sandbox, by attempt. */
  readonly #removals = new Map<string, (() => Promise<void>)[]>();
  #launches = 0;

  private constructor(
    mode: Mode,
    cgroups: Cgroups | null,
    hostFolders: HostFolder[],
    privateFolders: string[],
    log: Log,
  ) {
    this.#log = log;
    this.#mode = mode;
    this.#cgroups = cgroups;
    this.#hostFolders = hostFolders;
    this.#private = privateFolders;
  }

  /** Makes a trial run. Throws `ConfigError` when this machine cannot run sandboxes. */
  static async open(options: SandboxLauncherOptions): Promise<SandboxLauncher> {
    const { workerId, home, platformHome, log } = options;
    if (process.platform !== "linux") throw new ConfigError("the sandbox launcher needs Linux. Install Docker");
    const hostFolders = await findHostFolders();
    const isRoot = process.getuid?.() === 0;
    const mode: Mode = isRoot ? "root" : "user";
    const cgroups = isRoot ? await Cgroups.open(workerId) : null;
    const hidden = [home, ...(platformHome ? [platformHome] : []), ...(await ownHome(mode))];
    const launcher = new SandboxLauncher(mode, cgroups, hostFolders, hidden, log);
    await launcher.#tryOut();
    return launcher;
  }

  async #tryOut(): Promise<void> {
    const scratch = await mkdtemp(join(tmpdir(), "benchstack-sandbox-"));
    try {
      await this.trial(scratch);
    } catch (error) {
      const { cause = error } = error as Error;
      throw new ConfigError(
        `this machine cannot run programs in a sandbox (${messageOf(cause)}). Install Docker, or allow user namespaces`,
      );
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  async trial(scratch: string): Promise<void> {
    const request = await trialRequest(scratch, { image: "", argv: ["true"], log: this.#log });
    try {
      const { ended } = await this.launch(request);
      const { exitCode } = await ended;
      if (exitCode !== 0) throw sandboxFault(`a trial run exited with code ${exitCode}`);
    } finally {
      await this.removeContainers(request.attempt);
    }
  }

  async removeLeftovers(): Promise<number> {
    return (await this.#cgroups?.removeLeftovers()) ?? 0;
  }

  /** Ignores the image: programs use the machine's own software. */
  prepareImage(image: string, _attempt: string, log: Log): Promise<void> {
    if (!this.#loggedImages.has(image)) log.info("image.ignored", { image });
    this.#loggedImages.add(image);
    return Promise.resolve();
  }

  releaseImages(): Promise<void> {
    return Promise.resolve();
  }

  async launch(request: LaunchRequest): Promise<RunningContainer> {
    const name = `${process.pid}-${this.#launches++}`;
    const cgroup =
      (await this.#cgroups?.create(name, request.limits).catch((error: unknown) => {
        throw sandboxFault(messageOf(error));
      })) ?? null;
    try {
      return await this.#launch(request, cgroup);
    } catch (error) {
      await cgroup?.remove();
      throw error;
    }
  }

  async #launch(request: LaunchRequest, cgroup: Cgroup | null): Promise<RunningContainer> {
    const script = await this.#script(request, cgroup);
    const child = this.#spawn(request);
    const closed = once(child, "close");
    // When the sandbox fails, its messages say why.
    child.stdin.on("error", () => {});
    child.stdin.end(script);
    const drained = Promise.all([drain(child.stdout, request.stdout), drain(child.stderr, request.stderr)]);
    drained.catch(() => child.kill("SIGKILL"));
    const problem = await started(child, closed);
    if (problem !== null) {
      child.kill("SIGKILL");
      throw sandboxFault(problem);
    }
    return this.#running(child, closed, drained, cgroup, request);
  }

  #spawn(request: LaunchRequest): ChildProcessByStdio<Writable, Readable, Readable> {
    try {
      return spawn("setpriv", [...this.#namespaces(request), "sh", "-s", "--", ...request.argv], {
        cwd: "/",
        env: environment,
        stdio: ["pipe", "pipe", "pipe", "pipe", "pipe"],
      }) as ChildProcessByStdio<Writable, Readable, Readable>;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "E2BIG") throw error;
      throw new StepFailure("BAD_COMMAND", "The command is too long.", { cause: error });
    }
  }

  #running(
    child: ChildProcessByStdio<Writable, Readable, Readable>,
    closed: Promise<unknown[]>,
    drained: Promise<unknown>,
    cgroup: Cgroup | null,
    { attempt, log }: LaunchRequest,
  ): RunningContainer {
    let killed = false;
    const remove = async () => {
      child.kill("SIGKILL");
      await closed;
      await cgroup?.remove().catch((error: Error) => log.warn("cgroup.unremoved", { error }));
    };
    this.#removals.set(attempt, [...(this.#removals.get(attempt) ?? []), remove]);
    const startedAt = performance.now();
    const usage = new UsageSampler(cgroup?.usage ?? (() => processTreeUsage(child.pid as number)));
    const end = async (): Promise<ContainerEnd> => {
      // Resolves when all pipes are closed, which means that the last process has ended.
      const [code, signal] = (await closed) as [number | null, NodeJS.Signals | null];
      const elapsedSeconds = (performance.now() - startedAt) / 1000;
      usage.stop();
      await drained;
      if (cgroup) await usage.sample();
      const outOfMemory = (await cgroup?.wasOutOfMemory()) ?? false;
      // Its first process accepts no signal from inside.
      if (signal !== null && !killed && !outOfMemory)
        throw new StepFailure("WORKER_ERROR", `The sandbox of this worker was killed from outside (${signal}).`);
      return {
        exitCode: code ?? 128 + (signal ? constants.signals[signal] : 0),
        outOfMemory,
        elapsedSeconds,
        ...usage.used(),
      };
    };
    const ended = end().finally(() => usage.stop());
    ended.catch(() => {});
    return {
      ended,
      kill: () => {
        killed = true;
        child.kill("SIGKILL");
        return Promise.resolve();
      },
      // A program can write only to its folders and to /tmp, which is in the scratch folder.
      useOutsideFolders: async () => namelessFiles(await processTree(child.pid as number)),
    };
  }

  connect(): Promise<never> {
    const why =
      "The worker of this run keeps programs in a sandbox, whose ports cannot be reached. A worker with Docker can.";
    return Promise.reject(new Unreachable(why));
  }

  async removeContainers(attempt: string): Promise<void> {
    const removals = this.#removals.get(attempt) ?? [];
    await Promise.all(removals.map((remove) => remove()));
    this.#removals.delete(attempt);
  }

  async #script(request: LaunchRequest, cgroup: Cgroup | null): Promise<string> {
    const root = join(request.scratch, "root");
    const temporary = join(request.scratch, "tmp");
    await mkdir(root);
    await mkdir(temporary);
    await chmod(temporary, 0o1777);
    const resolver = request.network === "open" ? await realpath("/etc/resolv.conf").catch(() => null) : null;
    return sandboxScript({
      hostFolders: this.#hostFolders,
      hidden: await this.#hidden(),
      hostFiles: resolver === null || this.#isVisible(resolver) ? [] : [resolver],
      folders: request.folders,
      root,
      temporary,
      workingDirectory: request.workingDirectory,
      sharedMemoryBytes: Math.floor(request.limits.memoryBytes / 2),
      cgroupJoinFiles: cgroup?.joinFiles ?? [],
      restrict: this.#restrict(request, cgroup !== null),
    });
  }

  /** Where the private folders are seen now, as mounts come and go. */
  async #hidden(): Promise<string[]> {
    const [mountinfo, ...folders] = await Promise.all([
      readFile("/proc/self/mountinfo", "utf8"),
      ...this.#private.map((folder) => realpath(folder).catch(() => folder)),
    ]);
    const visible = this.#hostFolders.flatMap(({ path, linkTo }) => (linkTo === null ? path : []));
    const found = hiddenPlaces(folders, visible, mountinfo);
    // Programs cannot see what the worker cannot see.
    const exists = await Promise.all(
      found.map((place) =>
        stat(place).then(
          () => true,
          () => false,
        ),
      ),
    );
    return found.filter((_, index) => exists[index]);
  }

  #isVisible(path: string): boolean {
    return this.#hostFolders.some((folder) => path.startsWith(`${folder.path}/`));
  }

  /**
   * The command that starts the sandbox. `unshare` ends with the worker, even after a crash, and all processes in the
   * namespaces end with `unshare`.
   */
  #namespaces({ network }: LaunchRequest): string[] {
    return [
      ...["--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--ipc", "--uts", "--kill-child=KILL"],
      ...(this.#mode === "user" ? ["--user", "--map-root-user"] : []),
      ...(network === "none" ? ["--net"] : []),
    ];
  }

  #restrict({ attempt, limits }: LaunchRequest, hasCgroup: boolean): string[] {
    const user = firstUser + (createHash("sha256").update(attempt).digest().readUInt32BE() % userCount);
    const identity = this.#mode === "root" ? [`--reuid=${user}`, `--regid=${user}`, "--clear-groups"] : [];
    const nothing = ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"];
    // A safety net: the disk watch stops a program before a file becomes this large.
    const resources = ["--core=0", `--fsize=${2 * limits.diskBytes}`];
    const withoutCgroup = hasCgroup ? [] : [`--data=${limits.memoryBytes}`, `--nproc=${limits.pids}`];
    return ["setpriv", ...identity, ...nothing, "prlimit", ...resources, ...withoutCgroup, "--"];
  }

  /** The root of a namespace of this user may read its folders even when programs have removed permissions. */
  measure(folder: string, _image: string, signal: AbortSignal): Promise<DiskUse> {
    return measure(folder, { runBy: ["unshare", "--user", "--map-root-user"], signal });
  }

  /** The files belong to the worker's user, but programs may have removed permissions. */
  async reclaim(folder: string): Promise<void> {
    await promisify(execFile)("chmod", ["-R", "u+rwX", folder]);
  }
}

/** A sandbox could not be made. Its program is not started before the sandbox is complete, so it never is the cause. */
const sandboxFault = (problem: string): HostFault =>
  new HostFault("WORKER_ERROR", `The worker could not start a sandbox: ${machineFault(problem)}.`, {
    cause: new Error(problem),
  });

export interface SandboxLauncherOptions {
  workerId: string;
  /** The worker's folder. Programs must not see it, wherever it is. */
  home: string;
  /** The folder of the platform, if it is on this machine. It is hidden as well. */
  platformHome?: string | null;
  log: Log;
}

/**
 * The home of the worker's user, as which programs run unless the worker is root. Homes of system users, such as /usr/sbin, are
 * not their own.
 */
async function ownHome(mode: Mode): Promise<string[]> {
  if (mode === "root") return [];
  const stats = await stat(homedir()).catch(() => null);
  return stats?.uid === process.getuid?.() ? [homedir()] : [];
}

/** The whole environment of programs. Nothing of the worker's environment is passed on. */
const environment = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/bin",
  HOME: "/tmp",
  USER: "program",
  LOGNAME: "program",
  LANG: "C.UTF-8",
  PYTHONUNBUFFERED: "1",
  http_proxy: "",
  https_proxy: "",
};

async function findHostFolders(): Promise<HostFolder[]> {
  const found: HostFolder[] = [];
  for (const path of visibleHostFolders) {
    const stats = await lstat(path).catch(() => null);
    if (stats?.isSymbolicLink()) found.push({ path, linkTo: await readlink(path) });
    else if (stats?.isDirectory()) found.push({ path, linkTo: null });
  }
  return found;
}

/**
 * Waits until the program of a sandbox starts. Returns null, or the first message of the script when it ended before.
 */
async function started(child: ChildProcess, closed: Promise<unknown>): Promise<string | null> {
  let messages = "";
  child.stdio[messagesFd]?.on("data", (piece: Buffer) => (messages += piece.toString()));
  const ready = once(child.stdio[readyFd] as Readable, "data").then(() => true);
  const ended = closed.then(
    () => false,
    (error: Error) => {
      messages = error.message;
      return false;
    },
  );
  if (await Promise.race([ready, ended])) return null;
  return messages.trim().split("\n")[0] || "it ended without a message";
}

async function drain(from: Readable, to: ByteSink): Promise<void> {
  await pipeline(from, async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) await to.write(chunk);
  });
}
