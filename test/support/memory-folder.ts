import { readdirSync, existsSync, mkdirSync, rmSync, statfsSync } from "node:fs";
import { freemem } from "node:os";
import { join } from "node:path";

const memory = "/dev/shm";
const neededBytes = 2e9;
const name = /^benchstack-tests-of-(\d+)$/;

/**
 * Makes a folder in memory for what a run of tests keeps as long as it runs. Undefined if there is little memory. What a killed run has
 * left is removed, because nobody else would.
 */
export function memoryFolder(): { path: string; remove: () => void } | undefined {
  if (!existsSync(memory)) return undefined;
  for (const entry of readdirSync(memory)) {
    const [, owner] = name.exec(entry) ?? [];
    if (owner && !existsSync(`/proc/${owner}`)) rmSync(join(memory, entry), { recursive: true, force: true });
  }
  const { bavail, bsize } = statfsSync(memory);
  if (Math.min(bavail * bsize, freemem()) < neededBytes) return undefined;
  const path = join(memory, `benchstack-tests-of-${process.pid}`);
  mkdirSync(path);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
