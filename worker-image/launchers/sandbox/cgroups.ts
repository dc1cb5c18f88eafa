import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { retry } from "../../retry.ts";
import type { LaunchRequest } from "../launcher.ts";
import type { UsageSample } from "../usage-sampler.ts";

const mountPoint = "/sys/fs/cgroup";

/** The control group of one sandbox, which limits and counts its processes. */
export interface Cgroup {
  /** Files to which a process writes 0 to join the group. */
  joinFiles: string[];
  usage(): Promise<UsageSample>;
  /** Whether the kernel killed a process because of the memory limit. */
  wasOutOfMemory(): Promise<boolean>;
  /** Removes the group. Call it when all its processes have ended. */
  remove(): Promise<void>;
}

type GroupLimits = Pick<LaunchRequest["limits"], "cpus" | "memoryBytes" | "pids">;

/** Names and places of the files of cgroup version 1 or 2. */
interface Version {
  controllers: readonly string[];
  folder: (controller: string, name: string) => string;
  limits: (limits: GroupLimits) => [controller: string, file: string, value: string][];
  usage: (read: (controller: string, file: string) => Promise<string>) => Promise<UsageSample>;
  oomFile: [controller: string, file: string];
}

const cpuPeriodMicroseconds = 100_000;

const version1: Version = {
  controllers: ["memory", "pids", "cpu", "cpuacct"],
  folder: (controller, name) => join(mountPoint, controller, name),
  limits: ({ cpus, memoryBytes, pids }) => [
    ["memory", "memory.limit_in_bytes", `${memoryBytes}`],
    // The limit including swap. Kernels that do not count swap lack this file.
    ["memory", "memory.memsw.limit_in_bytes", `${memoryBytes}`],
    ["pids", "pids.max", `${pids}`],
    ["cpu", "cpu.cfs_quota_us", cpus > 0 ? `${Math.round(cpus * cpuPeriodMicroseconds)}` : "-1"],
  ],
  usage: async (read) => ({
    cpuSeconds: Number(await read("cpuacct", "cpuacct.usage")) / 1e9,
    memoryBytes:
      field(await read("memory", "memory.stat"), "total_rss") +
      field(await read("memory", "memory.stat"), "total_shmem"),
  }),
  oomFile: ["memory", "memory.oom_control"],
};

const version2: Version = {
  controllers: [""],
  folder: (_controller, name) => join(mountPoint, name),
  limits: ({ cpus, memoryBytes, pids }) => [
    ["", "memory.max", `${memoryBytes}`],
    ["", "memory.swap.max", "0"],
    ["", "pids.max", `${pids}`],
    ["", "cpu.max", `${cpus > 0 ? Math.round(cpus * cpuPeriodMicroseconds) : "max"} ${cpuPeriodMicroseconds}`],
  ],
  usage: async (read) => {
    const memory = await read("", "memory.stat");
    return {
      cpuSeconds: field(await read("", "cpu.stat"), "usage_usec") / 1e6,
      memoryBytes: field(memory, "anon") + field(memory, "shmem"),
    };
  },
  oomFile: ["", "memory.events"],
};

/** The number after `name` in a file of "name number" lines; 0 when there is none. */
const field = (text: string, name: string): number => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? 0);

/** Control groups of this worker, named after it. Only root can create them. */
export class Cgroups {
  readonly #version: Version;
  readonly #prefix: string;

  private constructor(version: Version, prefix: string) {
    this.#version = version;
    this.#prefix = prefix;
  }

  /** Null when control groups cannot be created, for example without root or in a container. */
  static async open(workerId: string): Promise<Cgroups | null> {
    const isVersion2 = existsSync(join(mountPoint, "cgroup.controllers"));
    const groups = new Cgroups(isVersion2 ? version2 : version1, `benchstack-${workerId}-`);
    try {
      if (isVersion2) await writeFile(join(mountPoint, "cgroup.subtree_control"), "+cpu +memory +pids");
      // A trial, because a group without limits is useless.
      await (await groups.create("trial", { cpus: 1, memoryBytes: 1e9, pids: 100 })).remove();
      return groups;
    } catch {
      return null;
    }
  }

  /** `name` must be new. */
  async create(name: string, limits: GroupLimits): Promise<Cgroup> {
    const version = this.#version;
    const path = this.#prefix + name;
    const file = (controller: string, fileName: string) => join(version.folder(controller, path), fileName);
    const read = (controller: string, fileName: string) => readFile(file(controller, fileName), "utf8");
    await this.#make(path);
    for (const [controller, fileName, value] of version.limits(limits)) {
      const target = file(controller, fileName);
      if (existsSync(target)) await writeFile(target, value);
    }
    return {
      joinFiles: version.controllers.map((controller) => file(controller, "cgroup.procs")),
      usage: () => version.usage(read),
      wasOutOfMemory: async () => field(await read(...version.oomFile), "oom_kill") > 0,
      remove: () => this.#remove(path),
    };
  }

  /** Kills processes that this worker left in its groups before it was restarted. Returns the number of groups. */
  async removeLeftovers(): Promise<number> {
    const names = new Set<string>();
    for (const controller of this.#version.controllers) {
      for (const name of await readdir(this.#version.folder(controller, ""))) {
        if (name.startsWith(this.#prefix)) names.add(name);
      }
    }
    for (const name of names) {
      for (const pid of await this.#processes(name)) process.kill(pid, "SIGKILL");
      await this.#remove(name);
    }
    return names.size;
  }

  async #processes(path: string): Promise<number[]> {
    const lists = this.#version.controllers.map((controller) =>
      readFile(join(this.#version.folder(controller, path), "cgroup.procs"), "utf8").catch(() => ""),
    );
    const pids = (await Promise.all(lists)).join("\n").split("\n");
    return [...new Set(pids)].flatMap((pid) => (pid === "" ? [] : Number(pid)));
  }

  async #make(path: string): Promise<void> {
    for (const controller of this.#version.controllers) {
      await mkdir(this.#version.folder(controller, path), { recursive: true });
    }
  }

  async #remove(path: string): Promise<void> {
    for (const controller of this.#version.controllers) {
      // The folder is busy until the kernel has reaped the last process.
      await retry(() => rmdir(this.#version.folder(controller, path)), {
        forMs: 5_000,
        again: (error) => (error as NodeJS.ErrnoException).code === "EBUSY",
      }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
      });
    }
  }
}
