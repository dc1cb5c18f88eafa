import { readFile } from "node:fs/promises";
import { processTree } from "../open-files.ts";
import type { UsageSample } from "../usage-sampler.ts";

/** USER_HZ, the unit of times in /proc. It is the same on every Linux that Node supports. */
const ticksPerSecond = 100;
const pageBytes = 4096;

/** Measures a process and its descendants through /proc, for machines without control groups. */
export async function processTreeUsage(root: number): Promise<UsageSample> {
  let ticks = 0;
  let pages = 0;
  for (const pid of await processTree(root)) {
    const [stat, statm] = await Promise.all([read(pid, "stat"), read(pid, "statm")]);
    // The fields follow the process name, which may contain spaces and parentheses. The times are those of the process
    // and of its ended children.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    ticks += fields.slice(11, 15).reduce((sum, value) => sum + Number(value), 0);
    pages += Number(statm.split(" ")[1] ?? 0);
  }
  return { cpuSeconds: ticks / ticksPerSecond, memoryBytes: pages * pageBytes };
}

/** Empty when the process has ended. */
const read = (pid: number, file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
