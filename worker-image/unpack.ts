import { constants } from "node:fs";
import { chmod, mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import * as yauzl from "yauzl";
import type { Entry, ZipFile } from "yauzl";
import { readableSize, StepFailure } from "./failure.ts";

/** More than real data sets have. The central directory of so many entries already has about 100 MB. */
const maxEntries = 1_000_000;
/** Half of Linux's limit, because the worker's own folders are part of the path. */
const maxPathBytes = 2_048;
/** Decompression uses the thread pool, and small files wait for the disk. */
const maxConcurrentEntries = 4;

export interface UnpackOptions {
  /** Name of the archive in messages. */
  label: string;
  /** The unpacked bytes are deducted from it. */
  budget: DiskBudget;
  signal?: AbortSignal;
}

interface Item {
  path: string;
  entry: Entry;
  isFolder: boolean;
  executable: boolean;
}

/** The total number of bytes to which the archives of a step may unpack. */
export class DiskBudget {
  readonly #bytes: number;
  #left: number;

  constructor(bytes: number) {
    this.#bytes = bytes;
    this.#left = bytes;
  }

  /** Deducts the bytes of an archive. Throws `StepFailure` DISK_LIMIT when too few are left. */
  take(bytes: number, label: string): void {
    this.#left -= bytes;
    if (this.#left >= 0) return;
    const message = `The unpacked archives of this step exceed its disk limit of ${readableSize(this.#bytes)} ("${label}" alone has ${readableSize(bytes)}).`;
    throw new StepFailure("DISK_LIMIT", message);
  }
}

/**
 * Unpacks a zip archive into an existing folder. All files are readable and writable for every user, because images
 * define the users of containers. All entries are checked before the first byte is written. Throws `StepFailure`
 * BAD_ARCHIVE, whose message names the archive and the entry, or DISK_LIMIT.
 */
export async function unpack(archive: string, folder: string, options: UnpackOptions): Promise<void> {
  const zip = await yauzl.openPromise(archive, { lazyEntries: true, autoClose: false }).catch((error: unknown) => {
    throw badArchive(options.label, `is not a zip archive or is damaged: ${(error as Error).message}`);
  });
  try {
    const items = await listing(zip, options);
    await makeFolders(folder, items);
    const files = items.filter(({ isFolder }) => !isFolder);
    let next = 0;
    const worker = async () => {
      for (let item = files[next++]; item; item = files[next++]) {
        options.signal?.throwIfAborted();
        await writeFile(zip, item, join(folder, item.path), options);
      }
    };
    // Waits for all workers, so that none writes into a folder that is being removed.
    const results = await Promise.allSettled(Array.from({ length: maxConcurrentEntries }, worker));
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
  } finally {
    zip.close();
  }
}

async function listing(zip: ZipFile, { label, budget }: UnpackOptions): Promise<Item[]> {
  if (zip.entryCount > maxEntries) throw badArchive(label, `has more than ${maxEntries} entries`);
  const items: Item[] = [];
  const names = new Names(label);
  let unpackedBytes = 0;
  try {
    for await (const entry of zip.eachEntry()) {
      const item = checkEntry(entry, label);
      if (item === null) continue;
      names.add(item.path, item.isFolder);
      items.push(item);
      unpackedBytes += entry.uncompressedSize;
    }
  } catch (error) {
    if (error instanceof StepFailure) throw error;
    throw badArchive(label, `has a bad entry: ${(error as Error).message}`);
  }
  refuseOverlap(items, label);
  budget.take(unpackedBytes, label);
  return items;
}

const localHeaderBytes = 30;

/** Refuses entries that share data, which zip bombs use to exceed deflate's maximum ratio of 1000. */
function refuseOverlap(items: Item[], label: string): void {
  const entries = items.map(({ entry }) => entry);
  entries.sort((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader);
  let end = 0;
  for (const { relativeOffsetOfLocalHeader: start, fileNameLength, compressedSize, fileName } of entries) {
    if (start < end) throw badArchive(label, `has entries that overlap ("${fileName}")`);
    end = start + localHeaderBytes + fileNameLength + compressedSize;
  }
}

const typeMask = 0o170000;
const linkType = 0o120000;
const regularType = 0o100000;
const folderType = 0o040000;

/** Checks an entry; null for the root folder. The zip reader refuses absolute names and names with `..`. */
function checkEntry(entry: Entry, label: string): Item | null {
  const name = entry.fileName;
  const mode = entry.externalFileAttributes >>> 16;
  const type = mode & typeMask;
  if (type === linkType) throw badArchive(label, `has a symbolic link, "${name}"; only files and folders are allowed`);
  if (type !== 0 && type !== regularType && type !== folderType) {
    throw badArchive(label, `has a device or another special file, "${name}"`);
  }
  if (entry.isEncrypted()) throw badArchive(label, `is encrypted ("${name}"); create it without a password`);
  if (!entry.canDecodeFileData()) {
    throw badArchive(
      label,
      `uses a compression method other than deflate for "${name}"; create it with a standard zip program`,
    );
  }
  if (name.includes("\0")) throw badArchive(label, "has a NUL character in a name");
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  const long = parts.find((part) => Buffer.byteLength(part) > 255);
  if (long !== undefined) throw badArchive(label, `has a name longer than 255 bytes, "${long.slice(0, 40)}…"`);
  if (parts.length === 0) return null;
  const path = parts.join("/");
  if (Buffer.byteLength(path) > maxPathBytes)
    throw badArchive(label, `has a path that is too long, "${path.slice(0, 80)}…"`);
  return { path, entry, isFolder: name.endsWith("/"), executable: (mode & 0o111) !== 0 };
}

/**
 * Refuses names that would be the same file on some systems: names that differ only in case or Unicode form, and a file
 * with the name of a folder.
 */
class Names {
  readonly #label: string;
  readonly #seen = new Map<string, { path: string; isFolder: boolean }>();

  constructor(label: string) {
    this.#label = label;
  }

  add(path: string, isFolder: boolean): void {
    for (let end = path.indexOf("/"); end !== -1; end = path.indexOf("/", end + 1)) {
      this.#claim(path.slice(0, end), true);
    }
    this.#claim(path, isFolder);
  }

  #claim(path: string, isFolder: boolean): void {
    const key = path.normalize("NFC").toLowerCase();
    const other = this.#seen.get(key);
    if (other === undefined) {
      this.#seen.set(key, { path, isFolder });
    } else if (other.path !== path) {
      const message = `has "${other.path}" and "${path}", which are the same name on many systems; rename one`;
      throw badArchive(this.#label, message);
    } else if (!isFolder || !other.isFolder) {
      throw badArchive(this.#label, `has "${path}" twice`);
    }
  }
}

async function makeFolders(root: string, items: Item[]): Promise<void> {
  const folders = new Set(items.map(({ path, isFolder }) => (isFolder ? path : dirname(path))));
  const made = new Set([".", ""]);
  for (const folder of folders) {
    const parts = folder.split("/");
    for (let depth = 1; depth <= parts.length; depth++) {
      const path = parts.slice(0, depth).join("/");
      if (made.has(path)) continue;
      made.add(path);
      await makeSharedFolder(join(root, path));
    }
  }
}

/** Creates a folder that the users of all images can write to. Does nothing when it exists. */
export async function makeSharedFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  // mkdir's own mode is restricted by the umask.
  await chmod(path, 0o777);
}

async function writeFile(zip: ZipFile, item: Item, path: string, { label, signal }: UnpackOptions): Promise<void> {
  const { entry } = item;
  // Exclusive, so that an existing file or link is never written to.
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const file = await open(path, flags, 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST")
      throw badArchive(label, `has "${item.path}", which another archive of the same folder has too`);
    throw error;
  });
  try {
    await file.chmod(item.executable ? 0o777 : 0o666);
    let checksum = 0;
    for await (const chunk of await zip.openReadStreamPromise(entry)) {
      signal?.throwIfAborted();
      checksum = crc32(chunk as Buffer, checksum);
      await file.writeFile(chunk as Buffer);
    }
    if (checksum !== entry.crc32) throw new Error("its checksum is wrong");
  } catch (error) {
    signal?.throwIfAborted();
    // Disk errors have a code of the operating system; all other errors are about the archive.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== undefined && /^E[A-Z]+$/.test(code)) throw error;
    throw badArchive(label, `is damaged at "${item.path}": ${(error as Error).message}`);
  } finally {
    await file.close();
  }
}

const badArchive = (label: string, what: string): StepFailure =>
  new StepFailure("BAD_ARCHIVE", `The archive "${label}" ${what}.`);
