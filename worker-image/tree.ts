/** Folders and what is in them. Synchronous where there may be very many files, for the process of an `Archiver`. */
import { constants } from "node:fs";
import { chmodSync, copyFileSync, lstatSync, mkdirSync, opendirSync, readlinkSync, symlinkSync } from "node:fs";
import type { Stats } from "node:fs";
import { chmod, mkdir } from "node:fs/promises";

/** The path of a file in a folder, from its relative byte path (see `lambdas/jobs/rules/archives/names.ts`). */
export const pathIn = (folder: string, path: string): Buffer =>
  path === "" ? Buffer.from(folder) : Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, "latin1")]);

/** Something in a folder, with its relative byte path. */
export type TreeItem = { path: string; stats: Stats } & (
  | { kind: "file" | "folder" }
  | { kind: "link"; target: string }
  /** A socket, a pipe or a device. */
  | { kind: "special" }
);

/** A folder has more in it than the caller can use. */
export class TooManyItems extends Error {}

/**
 * Lists a folder that no program writes to any more, sorted by path. Does not follow links. Folders are listed only if they
 * are empty. Throws `TooManyItems` as soon as there are more than `maxItems` files, folders and links.
 */
export function listTree(root: string, maxItems = Infinity): TreeItem[] {
  const items: TreeItem[] = [];
  let seen = 0;
  const pending = [""];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const names = namesIn(pathIn(root, folder), maxItems - seen);
    seen += names.length;
    for (const name of names) {
      const path = folder === "" ? name : `${folder}/${name}`;
      const stats = lstatSync(pathIn(root, path));
      if (stats.isDirectory()) pending.push(path);
      else if (stats.isFile()) items.push({ path, stats, kind: "file" });
      else if (!stats.isSymbolicLink()) items.push({ path, stats, kind: "special" });
      else items.push({ path, stats, kind: "link", target: readlinkSync(pathIn(root, path), { encoding: "latin1" }) });
    }
    if (names.length === 0 && folder !== "")
      items.push({ path: folder, stats: lstatSync(pathIn(root, folder)), kind: "folder" });
  }
  return items.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** How many names are read at once. */
const namesAtOnce = 1_000;

/** Throws `TooManyItems` before it has read all names of a folder with very many. */
function namesIn(folder: Buffer, maxNames: number): string[] {
  const names: string[] = [];
  const open = opendirSync(folder, { encoding: "latin1", bufferSize: namesAtOnce });
  try {
    for (let found = open.readSync(); found !== null; found = open.readSync()) {
      if (names.length >= maxNames) throw new TooManyItems();
      names.push(found.name);
    }
  } finally {
    open.closeSync();
  }
  return names;
}

/** Copies the content of a folder to another one, links as links. Nothing there is overwritten. */
export function copyTree(from: string, to: string): void {
  const folders = new SharedFolders(to);
  for (const item of listTree(from)) {
    folders.make(item.kind === "folder" ? item.path : parentOf(item.path));
    const target = pathIn(to, item.path);
    if (item.kind === "link") symlinkSync(Buffer.from(item.target, "latin1"), target);
    else if (item.kind === "file")
      copyFileSync(pathIn(from, item.path), target, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  }
}

/** The folder of a byte path; "" is the root. */
export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** Creates folders below an existing one, each once. Users of all images can write to them. */
export class SharedFolders {
  readonly #root: string;
  readonly #made = new Set([""]);

  constructor(root: string) {
    this.#root = root;
  }

  /** Creates a folder and those around it, from its byte path. */
  make(path: string): void {
    if (this.#made.has(path)) return;
    this.make(parentOf(path));
    this.#made.add(path);
    const folder = pathIn(this.#root, path);
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, sharedMode);
  }
}

/** mkdir's own mode is restricted by the umask. */
const sharedMode = 0o777;

/** Creates a folder that the users of all images can write to. Does nothing when it exists. */
export async function makeSharedFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, sharedMode);
}
