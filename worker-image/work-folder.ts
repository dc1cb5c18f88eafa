import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Log } from "./log.ts";

/** What a worker keeps on disk, below its home. */
export interface WorkerHome {
  /** Stable across restarts. */
  workerId: string;
  /** Archives that many attempts need. */
  cache: string;
  /** The folder of an attempt, which does not exist yet. */
  attempt(id: string): string;
}

/**
 * Opens the home of a worker, which no two workers may share: makes it if it is new, and removes the work folders of an
 * earlier life. Nobody but the worker's user can look into it, except through the folders that containers get.
 */
export async function openHome(home: string, log: Log): Promise<WorkerHome> {
  const work = join(home, "work");
  await mkdir(work, { recursive: true, mode: 0o700 });
  for (const name of await readdir(work)) {
    const folder = join(work, name);
    await removeTree(folder).catch((error: unknown) => log.error("folder.unremoved", { folder, error }));
  }
  return {
    workerId: await workerId(join(home, "worker-id")),
    cache: join(home, "cache"),
    attempt: (id) => {
      if (!/^[\w-]+$/.test(id)) throw new Error("an attempt's id has characters that no file name should have");
      return join(work, id);
    },
  };
}

async function workerId(path: string): Promise<string> {
  const known = await readFile(path, "utf8").catch(() => "");
  if (known.trim() !== "") return known.trim();
  const id = randomUUID();
  // Renamed into place, so that a crash leaves no half of an id.
  await writeFile(`${path}.new`, `${id}\n`);
  await rename(`${path}.new`, path);
  return id;
}

/**
 * Removes a folder whatever is in it: programs may have made folders nested deeper than a path can name, or that only
 * root may empty, for which `reclaim` is called.
 */
export async function removeTree(folder: string, reclaim?: (folder: string) => Promise<void>): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if ((code === "EACCES" || code === "EPERM") && reclaim) await reclaim(folder);
    await promisify(execFile)("rm", ["-rf", "--", folder]);
  }
}
