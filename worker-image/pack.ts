import { createReadStream, createWriteStream } from "node:fs";
import type { ReadStream, Stats } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";

/** The fastest level: participants wait for packing, and the archive grows by only a few percent. */
const compressionLevel = 1;

/** A file or an empty folder, with its path relative to the listed folder. */
interface TreeItem {
  path: string;
  stats: Stats;
  isFolder: boolean;
}

interface Tree {
  /** Sorted by path. */
  items: TreeItem[];
  /**
   * Paths that archives must not contain: links, sockets, pipes, devices and names that some systems do not support.
   */
  leftOut: string[];
}

/** Lists a folder that no program writes to any more. Does not follow links. */
async function list(root: string): Promise<Tree> {
  const tree: Tree = { items: [], leftOut: [] };
  const pending = [""];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const names = await readdir(join(root, folder));
    for (const name of names) {
      const path = folder === "" ? name : `${folder}/${name}`;
      const stats = await lstat(join(root, path)).catch(ignoreMissing);
      if (!stats || !isPortable(name) || !(stats.isDirectory() || stats.isFile())) tree.leftOut.push(path);
      else if (stats.isDirectory()) pending.push(path);
      else tree.items.push({ path, stats, isFolder: false });
    }
    if (names.length === 0 && folder !== "") {
      tree.items.push({ path: folder, stats: await lstat(join(root, folder)), isFolder: true });
    }
  }
  tree.items.sort((a, b) => (a.path < b.path ? -1 : 1));
  return tree;
}

/** A name that is not valid UTF-8 is listed but cannot be opened. */
function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

/** Zip readers may treat a backslash as a folder separator, and a letter with a colon as a drive. */
const isPortable = (name: string): boolean => !name.includes("\\") && !/^[a-zA-Z]:/.test(name);

/** The archive would be larger than `maxBytes`. */
export class TooLarge extends Error {}

export interface PackOptions {
  maxBytes: number;
  /** Additional files of the archive: text by name. */
  extra: Record<string, string>;
  signal?: AbortSignal;
}

export interface Packed {
  bytes: number;
  /** Paths in the folder that were not archived. */
  leftOut: string[];
}

/**
 * Zips the regular files and empty folders of `folder` into a new file at `target`. No program may write to the folder
 * meanwhile. Throws `TooLarge`.
 */
export async function pack(folder: string, target: string, { maxBytes, extra, signal }: PackOptions): Promise<Packed> {
  const { items, leftOut } = await list(folder);
  const zip = new ZipFile();
  let reading: ReadStream | undefined;
  const failed = new Promise<never>((_, reject) => zip.once("error", reject));
  for (const { path, stats, isFolder } of items) {
    if (isFolder) {
      zip.addEmptyDirectory(path, { mtime: stats.mtime });
      continue;
    }
    const mode = 0o100644 | (stats.mode & 0o111);
    zip.addReadStreamLazy(path, { mtime: stats.mtime, mode, size: stats.size, compressionLevel }, (use) => {
      reading = createReadStream(join(folder, path));
      reading.once("error", (error) => zip.emit("error", error));
      use(null, reading);
    });
  }
  for (const [name, text] of Object.entries(extra)) zip.addBuffer(Buffer.from(text), name);
  zip.end();

  let bytes = 0;
  const written = pipeline(
    zip.outputStream as Readable,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        if (bytes > maxBytes) throw new TooLarge(`more than ${maxBytes} bytes`);
        yield chunk;
      }
    },
    createWriteStream(target, { mode: 0o600 }),
    { signal },
  );
  try {
    await Promise.race([written, failed]);
  } catch (error) {
    reading?.destroy();
    throw error;
  }
  return { bytes, leftOut };
}
