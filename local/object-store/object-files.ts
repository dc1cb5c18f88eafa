/**
 * Stores objects as files. A file is the object's body followed by a footer: ETag and headers as JSON, the length of
 * that JSON, and a mark. A single rename replaces body and headers, so every PUT takes effect completely or not at all:
 * a killed writer leaves the old object and a temporary file. Nothing is synced to disk, so the last seconds of writes
 * may be lost when the machine crashes.
 */
import { createHash, randomUUID } from "node:crypto";
import {
  type FileHandle,
  constants,
  copyFile,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  rmdir,
  stat,
  statfs,
  unlink,
} from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { Readable } from "node:stream";
import { processLog } from "../../lambdas/kernel/log.ts";
import { objectPath } from "./key-paths.ts";
import { type ListEntry, type ListQuery, list } from "./listing.ts";

export interface ObjectInfo {
  size: number;
  /** Without quotes: the MD5 of the body in hex, or S3's hash of part hashes for a multipart object. */
  etag: string;
  modified: Date;
  /** Stored response headers, with names in lower case. */
  headers: Record<string, string>;
}

export interface NewObject {
  chunks: AsyncIterable<Buffer>;
  headers: Record<string, string>;
  /** By default the MD5 of the chunks. */
  etag?: string;
}

/** Kept free for the database, which works as long as it has space, so that files can be deleted when the disk is full. */
const reserveBytes = 64 * 1024 ** 2;
/** Bytes after which a writer asks again how much space is left. */
const strideBytes = 16 * 1024 ** 2;

const mark = Buffer.from("bso1");
const tailBytes = 64 * 1024;
const writeBytes = 256 * 1024;

const ignoring =
  (...codes: string[]) =>
  (error: NodeJS.ErrnoException) => {
    if (!codes.includes(error.code ?? "")) throw error;
  };

/**
 * An object open for reading. Its content does not change when the object is replaced or deleted. The caller must call
 * `close`, and may call it repeatedly.
 */
export class OpenObject {
  readonly info: ObjectInfo;
  readonly #handle: FileHandle;
  readonly #content: Buffer | undefined;

  constructor(info: ObjectInfo, handle: FileHandle, content: Buffer | undefined) {
    this.info = info;
    this.#handle = handle;
    this.#content = content;
  }

  /**
   * Returns the bytes from `start` up to, but not including, `end`: as a buffer for small objects, else as a stream.
   */
  read(start: number, end: number): Buffer | Readable {
    if (this.#content || start === end) return (this.#content ?? Buffer.alloc(0)).subarray(start, end);
    return this.#handle.createReadStream({ start, end: end - 1, highWaterMark: writeBytes });
  }

  close = (): Promise<void> => this.#handle.close();
}

export class ObjectFiles {
  readonly #directory: string;
  readonly #temporary: string;
  readonly #buckets: Set<string>;
  /** The folder for objects that are deleted, while somebody needs them. */
  #deleted: string | undefined;

  /**
   * Opens the store in a directory, which no other process may have open. Removes temporary files of a killed process.
   */
  static async open(directory: string): Promise<ObjectFiles> {
    const temporary = join(directory, "temporary");
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary, { recursive: true });
    await mkdir(join(directory, "buckets"), { recursive: true });
    return new ObjectFiles(directory, temporary, await readdir(join(directory, "buckets")));
  }

  private constructor(directory: string, temporary: string, buckets: string[]) {
    this.#directory = directory;
    this.#temporary = temporary;
    this.#buckets = new Set(buckets);
  }

  hasBucket = (bucket: string): boolean => this.#buckets.has(bucket);

  /** `bucket` must satisfy `isBucketName`. Does nothing when the bucket exists. */
  async createBucket(bucket: string): Promise<void> {
    await mkdir(join(this.#directory, "buckets", bucket), { recursive: true });
    this.#buckets.add(bucket);
  }

  /** Absolute path of an object's file. */
  path = (bucket: string, key: string): string => join(this.#directory, "buckets", bucket, ...objectPath(key));

  /** Writes an object completely or not at all, and returns its ETag. When `chunks` throws, the old object remains. */
  write = (path: string, object: NewObject): Promise<string> =>
    this.#replace(path, async (temporary) => {
      const handle = await open(temporary, "wx");
      try {
        return await writeFile(handle, object, (bytes) => this.#requireSpace(bytes));
      } finally {
        await handle.close();
      }
    });

  /** Opens the object in a file; undefined when it does not exist or is damaged. */
  async open(path: string): Promise<OpenObject | undefined> {
    const handle = await open(path, "r").catch(ignoring("ENOENT"));
    if (!handle) return undefined;
    try {
      const { size: total, mtime: modified } = await handle.stat();
      const tail = Buffer.allocUnsafe(Math.min(total, tailBytes));
      await handle.read(tail, 0, tail.length, total - tail.length);
      const footer = tail.length - mark.length - 4;
      if (footer < 0 || !tail.subarray(-mark.length).equals(mark)) {
        // The machine crashed before the whole file was on disk. The object can be written again.
        processLog().error("store.damaged", { path });
        await handle.close();
        return undefined;
      }
      const json = footer - tail.readUInt32BE(footer);
      const { etag, headers } = JSON.parse(tail.toString("utf8", json, footer)) as Pick<ObjectInfo, "etag" | "headers">;
      const size = total - tail.length + json;
      const content = tail.length === total ? tail.subarray(0, size) : undefined;
      return new OpenObject({ size, etag, modified, headers }, handle, content);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Reads the ETag, size and headers of an object. */
  async info(path: string): Promise<ObjectInfo | undefined> {
    const object = await this.open(path);
    await object?.close();
    return object?.info;
  }

  /**
   * Copies body and headers. Returns false when the source does not exist. `check` may throw, which leaves the old object: it
   * gets what was copied, because another request may replace the source meanwhile.
   */
  copy = (from: string, to: string, check: (copied: ObjectInfo) => void = () => undefined): Promise<boolean> =>
    this.#replace(to, async (temporary) => {
      await this.#requireSpace((await stat(from)).size);
      await copyFile(from, temporary, constants.COPYFILE_FICLONE);
      const copied = await this.info(temporary);
      if (copied) check(copied);
    }).then(
      () => true,
      (error) => {
        ignoring("ENOENT")(error);
        return false;
      },
    );

  /** Removes an object and the folders that become empty. */
  async delete(bucket: string, key: string): Promise<void> {
    const path = this.path(bucket, key);
    if (!(await this.#keep(path))) await unlink(path).catch(ignoring("ENOENT"));
    const top = join(this.#directory, "buckets", bucket);
    for (let folder = dirname(path); folder !== top; folder = dirname(folder)) {
      const removed = await rmdir(folder).then(() => true, ignoring("ENOTEMPTY", "EEXIST", "ENOENT"));
      if (!removed) break;
    }
  }

  /**
   * From now on, files of deleted objects are moved to a folder, under the paths that they had, until `end` is called. Nobody may
   * call it again before that.
   */
  async keepDeleted(): Promise<{ folder: string; end: () => Promise<void> }> {
    const folder = join(this.#temporary, "deleted");
    await mkdir(folder, { recursive: true });
    this.#deleted = folder;
    return {
      folder,
      end: () => {
        this.#deleted = undefined;
        return rm(folder, { recursive: true });
      },
    };
  }

  /** Whether a file was moved to what is kept of deleted objects. */
  async #keep(path: string): Promise<boolean> {
    if (this.#deleted === undefined) return false;
    const kept = join(this.#deleted, relative(this.#directory, path));
    try {
      await mkdir(dirname(kept), { recursive: true });
      await rename(path, kept);
      return true;
    } catch (error) {
      // There is no such object, or nothing is kept any more.
      ignoring("ENOENT")(error as NodeJS.ErrnoException);
      return false;
    }
  }

  /** Lists the objects of a bucket in S3's order. */
  list = (bucket: string, query: ListQuery): AsyncGenerator<ListEntry> =>
    list(join(this.#directory, "buckets", bucket), query);

  /** Throws what a full disk would when so many bytes would leave less than the reserve. */
  async #requireSpace(bytes: number): Promise<void> {
    const { bsize, bavail } = await statfs(this.#directory);
    if (bsize * bavail < bytes + reserveBytes) throw full();
  }

  /** Writes a temporary file and then moves it to `path`. */
  async #replace<T>(path: string, fill: (temporary: string) => Promise<T>): Promise<T> {
    const temporary = join(this.#temporary, randomUUID());
    try {
      const result = await fill(temporary);
      await this.#move(temporary, path);
      return result;
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  async #move(from: string, to: string): Promise<void> {
    // Another request can delete the empty folder between mkdir and rename. Trying again helps, because one of the two
    // makes progress each time.
    for (let attempt = 0; ; attempt += 1)
      try {
        return await rename(from, to);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT" || attempt === 100) throw error;
        // mkdir reports ENOTDIR when a parent folder disappears meanwhile. If a parent really is a file, rename fails
        // next.
        await mkdir(dirname(to), { recursive: true }).catch(ignoring("ENOENT", "ENOTDIR"));
      }
  }
}

const full = () => Object.assign(new Error("The disk is full."), { code: "ENOSPC" });

/** Writes body and footer, and combines small chunks into larger writes. Returns the ETag. */
async function writeFile(
  handle: FileHandle,
  { chunks, headers, etag }: NewObject,
  requireSpace: (bytes: number) => Promise<void>,
): Promise<string> {
  const md5 = etag === undefined ? createHash("md5") : undefined;
  let held: Buffer[] = [];
  let heldBytes = 0;
  let allowedBytes = 0;
  const flush = async () => {
    if (allowedBytes < heldBytes) {
      await requireSpace(heldBytes + strideBytes);
      allowedBytes = heldBytes + strideBytes;
    }
    const { bytesWritten } = await handle.writev(held);
    if (bytesWritten !== heldBytes) throw full();
    allowedBytes -= heldBytes;
    held = [];
    heldBytes = 0;
  };
  for await (const chunk of chunks) {
    md5?.update(chunk);
    held.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes >= writeBytes) await flush();
  }
  const tag = etag ?? md5!.digest("hex");
  const json = Buffer.from(JSON.stringify({ etag: tag, headers }));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  held.push(json, length, mark);
  heldBytes += json.length + length.length + mark.length;
  await flush();
  return tag;
}
