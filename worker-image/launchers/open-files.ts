import { readdir, readFile, stat, statfs } from "node:fs/promises";
import { noUse } from "../disk-use.ts";
import type { DiskUse } from "../disk-use.ts";

const blockBytes = 512;
/** The kinds of file systems that occupy memory: tmpfs and hugetlbfs. */
const inMemory = new Set([0x01021994, 0x958458f6]);

/**
 * Files without a name that processes hold open. They occupy the disk until they are closed, and are in no folder. Counts those
 * that this process may look at.
 */
export async function namelessFiles(pids: number[]): Promise<DiskUse> {
  const bytes = new Map<string, number>();
  for (const pid of pids) {
    for (const name of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const path = `/proc/${pid}/fd/${name}`;
      const stats = await stat(path).catch(() => null);
      if (!stats?.isFile() || stats.nlink > 0 || stats.blocks === 0) continue;
      const system = await statfs(path).catch(() => null);
      if (system !== null && !inMemory.has(system.type))
        bytes.set(`${stats.dev} ${stats.ino}`, stats.blocks * blockBytes);
    }
  }
  return { ...noUse, bytes: [...bytes.values()].reduce((sum, one) => sum + one, 0), entries: bytes.size };
}

/** A process and all that descend from it. */
export async function processTree(root: number): Promise<number[]> {
  const found = [root];
  // The list grows while it is read.
  for (const pid of found) {
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
    found.push(...children.split(" ").flatMap((child) => (child === "" ? [] : Number(child))));
  }
  return found;
}

/** The processes of a container, by the process that its engine started; none when they are on another machine. */
export async function processesOf(container: string, pid: number): Promise<number[]> {
  const groups = await readFile(`/proc/${pid}/cgroup`, "utf8").catch(() => "");
  return groups.includes(container) ? processTree(pid) : [];
}
