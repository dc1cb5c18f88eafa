import { realpath, stat } from "node:fs/promises";
import { posix } from "node:path";
import { ConfigError } from "../worker-image/config-error.ts";

/**
 * Folders of this machine that bundles may be links to, without slashes at their ends. Throws `ConfigError` for one that is no folder, or
 * that has files of the platform itself.
 */
export async function linkFolders(folders: readonly string[], home: string): Promise<string[]> {
  const ownHome = await realpath(home);
  const refuse = (folder: string, why: string): never => {
    throw new ConfigError(`BENCHSTACK_LINK_FOLDERS: ${folder} ${why}`);
  };
  for (const folder of folders) {
    if (!posix.isAbsolute(folder)) refuse(folder, "must be a whole path, which begins with a slash");
    const real = await realpath(folder).catch(() => refuse(folder, "is not there, or may not be read"));
    if (!(await stat(real)).isDirectory()) refuse(folder, "is no folder");
    if (isIn(real, ownHome) || isIn(ownHome, real))
      refuse(folder, "has the platform's own data in it, or is among it: name another folder");
  }
  return folders.map((folder) => posix.normalize(folder).replace(/\/+$/, ""));
}

const isIn = (path: string, folder: string) =>
  path === folder || `${path}/`.startsWith(`${folder.replace(/\/$/, "")}/`);
