/**
 * Reads folders of this machine that whoever runs the platform has named. Paths are opened step by step from the named folder, and
 * each step is held open while the next is looked for. So symbolic links lead nowhere, also one that somebody puts in the
 * place of a folder meanwhile. Linux only: `/proc/self/fd/N/NAME` is the name in a folder that is open.
 */
import { constants } from "node:fs";
import { open, readdir, readlink, type FileHandle } from "node:fs/promises";
import { posix } from "node:path";
import { Refusal } from "./refusal.ts";

/** A path in a named folder. */
export interface LinkedPlace {
  folder: string;
  /** The names on the way. None is the folder itself. */
  steps: readonly string[];
}

export interface LinkedItem {
  type: "file" | "directory" | "link";
  /** Permission bits. */
  mode: number;
  /** Of a file: its bytes. */
  size: number;
  modified: Date;
  /** Of a symbolic link. */
  target?: string;
}

/** A handle that names something and reads nothing: not even a device notices it. Node.js has no name for it. */
const O_PATH = 0o10_000_000;
const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** Where an absolute path is in one of the named folders; null if it is in none. */
export function linkedPlace(folders: readonly string[], path: string): LinkedPlace | null {
  if (!path.startsWith("/") || path.includes("\0")) return null;
  const normal = posix.normalize(path).replace(/\/+$/, "") || "/";
  for (const folder of folders) {
    const inside = posix.relative(folder, normal);
    if (inside === "") return { folder, steps: [] };
    if (inside !== ".." && !inside.startsWith("../")) return { folder, steps: inside.split("/") };
  }
  return null;
}

/** What is at a place; undefined if there is neither a file, a folder nor a link. Refused if the platform may not look. */
export const linkedItem = (place: LinkedPlace): Promise<LinkedItem | undefined> =>
  opened(place, async (handle, parent) => itemOf(handle, parent, place.steps.at(-1) ?? ""));

/** The bytes of a file from `start` to `end`, or fewer if the file has become shorter. */
export async function* linkedBytes(
  place: LinkedPlace,
  { start, end }: { start: number; end: number },
): AsyncIterable<Buffer> {
  if (end <= start) return;
  const file = await opened(place, async (handle) => {
    if (!(await handle.stat()).isFile()) return undefined;
    // Again by its handle: it is what was looked at. It waits for nobody.
    return open(`/proc/self/fd/${handle.fd}`, O_RDONLY | O_NONBLOCK);
  });
  if (!file) return;
  // It closes the file.
  yield* file.createReadStream({ start, end: end - 1 }) as AsyncIterable<Buffer>;
}

/** Everything in a folder to a depth, with paths relative to it. A folder comes before what is in it. */
export async function* linkedEntries(place: LinkedPlace, depth: number): AsyncIterable<LinkedItem & { path: string }> {
  const folder = await opened(place, (handle) => open(`/proc/self/fd/${handle.fd}`, O_PATH | O_DIRECTORY));
  if (!folder) return;
  try {
    yield* entriesIn(folder, depth, "");
  } finally {
    await folder.close();
  }
}

async function* entriesIn(
  folder: FileHandle,
  depth: number,
  above: string,
): AsyncIterable<LinkedItem & { path: string }> {
  const names = await allowed(above, () => readdir(`/proc/self/fd/${folder.fd}`));
  for (const name of names?.sort() ?? []) {
    const handle = await step(folder, name, 0);
    if (!handle) continue;
    try {
      const item = await itemOf(handle, folder, name);
      if (!item) continue;
      const path = above + name;
      yield { ...item, path };
      if (item.type === "directory" && depth > 1) yield* entriesIn(handle, depth - 1, `${path}/`);
    } finally {
      await handle.close();
    }
  }
}

/** Uses a handle of what is at a place, and of the folder in which it is. Undefined if nothing is there. */
async function opened<Result>(
  { folder, steps }: LinkedPlace,
  use: (handle: FileHandle, parent: FileHandle) => Promise<Result>,
): Promise<Result | undefined> {
  const held: FileHandle[] = [];
  try {
    // Whoever named the folder may have named a link.
    let at = await allowed(folder, () => open(folder, O_PATH | O_DIRECTORY));
    for (const [index, name] of steps.entries()) {
      if (!at) return undefined;
      held.push(at);
      at = await step(at, name, index < steps.length - 1 ? O_DIRECTORY : 0);
    }
    if (!at) return undefined;
    const last = at;
    held.push(last);
    return await allowed(steps.join("/"), () => use(last, held.at(-2) ?? last));
  } finally {
    for (const handle of held) await handle.close();
  }
}

/** A name in a folder, without following it if it is a link. */
async function step(folder: FileHandle, name: string, flags: number): Promise<FileHandle | undefined> {
  if (/^\.{0,2}$|[/\0]/.test(name)) return undefined;
  return allowed(name, () => open(`/proc/self/fd/${folder.fd}/${name}`, O_PATH | O_NOFOLLOW | flags));
}

async function itemOf(handle: FileHandle, parent: FileHandle, name: string): Promise<LinkedItem | undefined> {
  const facts = await handle.stat();
  const common = { mode: facts.mode & 0o777, modified: facts.mtime };
  if (facts.isFile()) return { ...common, type: "file", size: facts.size };
  if (facts.isDirectory()) return { ...common, type: "directory", size: 0 };
  if (!facts.isSymbolicLink()) return undefined;
  const target = await allowed(name, () => readlink(`/proc/self/fd/${parent.fd}/${name}`));
  return target === undefined ? undefined : { ...common, type: "link", size: 0, target };
}

/** Undefined for what is not there, or not of the kind that was looked for. */
async function allowed<Result>(name: string, work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG", "EINVAL"].includes(code!)) return undefined;
    if (code !== "EACCES" && code !== "EPERM") throw error;
    throw new Refusal(
      "forbidden",
      "LINK_UNREADABLE",
      `The platform may not read "${name}". Ask its administrator for the permissions of that file or folder.`,
    );
  }
}
