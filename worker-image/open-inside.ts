/** Opens what a program has in a folder, while the program may exchange files, folders and links at any time. */
import { constants } from "node:fs";
import { open, readlink, realpath } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";

/** Linux's O_PATH, which Node does not name: opens without any effect, also on a device or a pipe. */
const pathOnly = 0o10000000;

/** The path by which this process can open again what it has opened, whatever its name leads to by now. */
export const selfPath = ({ fd }: FileHandle): string => `/proc/self/fd/${fd}`;

/**
 * Opens whatever a name in a folder leads to, also through links that stay inside the folder, but not for reading: see
 * `selfPath`. Null if there is nothing, or if it is outside. What was opened is judged, not its name.
 */
export async function openInside(folder: string, name: string): Promise<FileHandle | null> {
  let found: FileHandle;
  try {
    found = await open(join(folder, name), pathOnly);
  } catch {
    // Missing, or a link to nothing.
    return null;
  }
  try {
    const [root, path] = [await realpath(folder), await readlink(selfPath(found))];
    if (path === root || path.startsWith(`${root}/`)) return found;
  } catch {
    // Not readable by the worker.
  }
  await found.close();
  return null;
}

/** Opens a regular file of a folder for reading, also through links that stay inside it; null for anything else. */
export async function openRegular(folder: string, name: string): Promise<FileHandle | null> {
  const found = await openInside(folder, name);
  if (found === null) return null;
  try {
    return (await found.stat()).isFile() ? await open(selfPath(found), constants.O_RDONLY) : null;
  } catch {
    // Not readable by the worker.
    return null;
  } finally {
    await found.close();
  }
}
