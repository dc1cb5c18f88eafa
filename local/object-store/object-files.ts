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
  unlink,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { processLog } from "../../lambdas/kernel/log.ts";
import { objectPath } from "./key-paths.ts";
import { type ListEntry, type ListQuery, list } from "./listing.ts";

/**
 * Objects as files. A file is the body of its object, then a footer: the ETag and headers as JSON, the length of that
 * JSON and a mark. Body and headers are thus replaced by one rename, which is what makes a PUT all or nothing: a writer
 * killed at any point leaves the old object and a temporary file. Nothing is synced to the disk, so the last seconds of
 * writes can be lost when the machine itself goes down.
 */

export interface ObjectInfo {
  size: number;
  /** Without quotes: the MD5 of the body in hex, or for an object put together from parts S3's hash of their hashes. */
  etag: string;
  modified: Date;
  /** Response headers kept with the object, names in lower case. */
  headers: Record<string, string>;
}

export interface NewObject {
  chunks: AsyncIterable<Buffer>;
  headers: Record<string, string>;
  /** Computed from the chunks if absent. */
  etag?: string;
}

const mark = Buffer.from("bso1");
const tailBytes = 64 * 1024;
const writeBytes = 256 * 1024;

const ignoring =
  (...codes: string[]) =>
  (error: NodeJS.ErrnoException) => {
    if (!codes.includes(error.code ?? "")) throw error;
  };

/** An object open for reading, unmoved by what is put or deleted meanwhile. The caller closes it, once or more often. */
export class OpenObject {
  readonly info: ObjectInfo;
  readonly #handle: FileHandle;
  readonly #content: Buffer | undefined;

  constructor(info: ObjectInfo, handle: FileHandle, content: Buffer | undefined) {
    this.info = info;
    this.#handle = handle;
    this.#content = content;
  }

  /** The bytes from `start` up to, not with, `end`: at once for a small object, else as a stream. */
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

  /** Opens the store of a directory, which no other process may have open, and sweeps what a killed process left. */
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

  /** The name has to be one that `isBucketName` takes; one that exists stays as it is. */
  async createBucket(bucket: string): Promise<void> {
    await mkdir(join(this.#directory, "buckets", bucket), { recursive: true });
    this.#buckets.add(bucket);
  }

  /** Absolute path of the file of an object. */
  path = (bucket: string, key: string): string => join(this.#directory, "buckets", bucket, ...objectPath(key));

  /** Writes an object, visible whole or not at all; gives its ETag. An error of `chunks` leaves what was there before. */
  write = (path: string, object: NewObject): Promise<string> =>
    this.#replace(path, async (temporary) => {
      const handle = await open(temporary, "wx");
      try {
        return await writeFile(handle, object);
      } finally {
        await handle.close();
      }
    });

  /** Opens the object of a file; undefined when there is none, or none that is whole. */
  async open(path: string): Promise<OpenObject | undefined> {
    const handle = await open(path, "r").catch(ignoring("ENOENT"));
    if (!handle) return undefined;
    try {
      const { size: total, mtime: modified } = await handle.stat();
      const tail = Buffer.allocUnsafe(Math.min(total, tailBytes));
      await handle.read(tail, 0, tail.length, total - tail.length);
      const footer = tail.length - mark.length - 4;
      if (footer < 0 || !tail.subarray(-mark.length).equals(mark)) {
        // The machine went down before all of it was on the disk. It can be put again.
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

  /** What is known of the object of a file without its body. */
  async info(path: string): Promise<ObjectInfo | undefined> {
    const object = await this.open(path);
    await object?.close();
    return object?.info;
  }

  /** Copies body and headers; false when there is no such source. */
  copy = (from: string, to: string): Promise<boolean> =>
    this.#replace(to, (temporary) => copyFile(from, temporary, constants.COPYFILE_FICLONE)).then(
      () => true,
      (error) => ignoring("ENOENT")(error) ?? false,
    );

  /** Removes an object, and the folders that held nothing else. */
  async delete(bucket: string, key: string): Promise<void> {
    const path = this.path(bucket, key);
    await unlink(path).catch(ignoring("ENOENT"));
    const top = join(this.#directory, "buckets", bucket);
    for (let folder = dirname(path); folder !== top; folder = dirname(folder)) {
      const removed = await rmdir(folder).then(() => true, ignoring("ENOTEMPTY", "EEXIST", "ENOENT"));
      if (!removed) break;
    }
  }

  /** The objects of a bucket in S3's order. */
  list = (bucket: string, query: ListQuery): AsyncGenerator<ListEntry> =>
    list(join(this.#directory, "buckets", bucket), query);

  /** Makes a file by way of a temporary one. */
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
    // A delete can remove an empty folder between mkdir and rename: try again, it has to make progress each time.
    for (let attempt = 0; ; attempt += 1)
      try {
        return await rename(from, to);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT" || attempt === 100) throw error;
        // Where a folder on the way goes while Node looks at it, it says that this is none; one that really is none fails the rename.
        await mkdir(dirname(to), { recursive: true }).catch(ignoring("ENOENT", "ENOTDIR"));
      }
  }
}

/** Writes body and footer in pieces of some size, however small the chunks come. */
async function writeFile(handle: FileHandle, { chunks, headers, etag }: NewObject): Promise<string> {
  const md5 = etag === undefined ? createHash("md5") : undefined;
  let held: Buffer[] = [];
  let heldBytes = 0;
  const flush = async () => {
    const { bytesWritten } = await handle.writev(held);
    if (bytesWritten !== heldBytes) throw Object.assign(new Error("Less was written than given."), { code: "ENOSPC" });
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
