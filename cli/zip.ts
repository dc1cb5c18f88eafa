import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { zipFolder } from "../client/pack.ts";

/** Returns the zip at a path, or zips the folder at that path. `release` removes a zip that was created. */
export async function zipAt(path: string): Promise<{ path: string; size: number; release: () => Promise<void> }> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "ENOENT" ? new Error(`There is no file or folder ${path}.`) : error;
  });
  if (!found.isDirectory()) return { path, size: found.size, release: () => Promise.resolve() };
  const folder = await mkdtemp(join(tmpdir(), "benchstack-"));
  const release = () => rm(folder, { recursive: true, force: true });
  try {
    const zip = join(folder, `${basename(resolve(path))}.zip`);
    await writeFile(zip, await zipFolder(path));
    return { path: zip, size: (await stat(zip)).size, release };
  } catch (error) {
    await release();
    throw error;
  }
}
