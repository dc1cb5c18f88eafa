import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "./log.ts";
import { makeFolder } from "./make-folder.ts";

/** The worker's folder on disk. */
export interface WorkerHome {
  /** The same after a restart. */
  workerId: string;
  /** Path of the archive cache. */
  cache: string;
  /** Path of an attempt's folder, which is not created here. */
  attempt(id: string): string;
  /** Removes folders of attempts that a previous process left. None of their programs may run any more. */
  removeLeftovers(): Promise<void>;
}

/**
 * Opens the folder of a worker, which no other worker may use. Creates it if needed. Only the worker's user can read it,
 * apart from the folders that containers mount.
 */
export async function openHome(home: string, log: Log): Promise<WorkerHome> {
  const work = join(home, "work");
  await makeFolder(work, 0o700);
  return {
    removeLeftovers: async () => {
      for (const name of await readdir(work)) {
        const folder = join(work, name);
        await removeTree(folder).catch((error: unknown) => log.error("folder.unremoved", { folder, error }));
      }
    },
    workerId: await workerId(join(home, "worker-id")),
    cache: join(home, "cache"),
    attempt: (id) => {
      if (!/^[\w-]+$/.test(id))
        throw new Error("the id of an attempt contains characters that are not allowed in a file name");
      return join(work, id);
    },
  };
}

async function workerId(path: string): Promise<string> {
  const known = await readFile(path, "utf8").catch(() => "");
  if (known.trim() !== "") return known.trim();
  const id = randomUUID();
  // Written to another file first, so that a crash never leaves an incomplete id.
  await writeFile(`${path}.new`, `${id}\n`);
  await rename(`${path}.new`, path);
  return id;
}

/**
 * Removes a folder and its content. Programs may have created paths longer than Node's `rm` can handle, so many files that this
 * process could do nothing else meanwhile, or folders that only root may empty, for which `reclaim` is called.
 */
export async function removeTree(folder: string, reclaim?: (folder: string) => Promise<void>): Promise<void> {
  if (await removedBySystem(folder)) return;
  await reclaim?.(folder);
  if (!(await removedBySystem(folder))) throw new Error("the program rm could not remove all of it");
}

/** Its messages are ignored: there may be one for each of many folders. */
async function removedBySystem(folder: string): Promise<boolean> {
  const [code] = (await once(spawn("rm", ["-rf", "--", folder], { stdio: "ignore" }), "close")) as [number | null];
  return code === 0;
}
