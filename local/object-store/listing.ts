import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { folderPath, fromBytes, readName, toBytes } from "./key-paths.ts";

/** An entry of a listing: an object, or the common prefix of objects up to the next `/`. */
export type ListEntry = { key: string } | { commonPrefix: string };

export interface ListQuery {
  prefix: string;
  /** Lists only entries after this key in S3's order. */
  after: string;
  /** Whether keys with a `/` after the prefix are grouped by common prefix. */
  grouped: boolean;
}

/** Lists the folder of a bucket in S3's order. Reads only the folders that the query needs. */
export async function* list(bucketFolder: string, query: ListQuery): AsyncGenerator<ListEntry> {
  const bytes = { prefix: toBytes(query.prefix), after: toBytes(query.after), grouped: query.grouped };
  const base = bytes.prefix.slice(0, bytes.prefix.lastIndexOf("/") + 1);
  yield* walk(join(bucketFolder, ...folderPath(base)), base, bytes);
}

/** `base` and the query are byte strings. `base` is the common prefix of all keys in the folder. */
async function* walk(folder: string, base: string, query: ListQuery): AsyncGenerator<ListEntry> {
  const { prefix, after, grouped } = query;
  const found = await entries(folder, base);
  found.sort((a, b) => (a.bytes < b.bytes ? -1 : 1));
  for (const { bytes, path, isFolder } of found) {
    if (!bytes.startsWith(prefix)) continue;
    if (bytes <= after && !(isFolder && after.startsWith(bytes))) continue;
    if (!isFolder) yield { key: fromBytes(bytes) };
    else if (!grouped) yield* walk(path, bytes, query);
    else if (bytes > after && (await holdsObjects(path, bytes))) yield { commonPrefix: fromBytes(bytes) };
  }
}

interface Found {
  /** The key of an object, or the common prefix of a folder's keys, with its `/`. */
  bytes: string;
  path: string;
  isFolder: boolean;
}

async function entries(folder: string, base: string): Promise<Found[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const found = names.map(async (name): Promise<Found[]> => {
    const { kind, bytes } = readName(name);
    const path = join(folder, name);
    if (kind === "piece") return entries(path, base + bytes);
    return [{ bytes: base + bytes + (kind === "folder" ? "/" : ""), path, isFolder: kind === "folder" }];
  });
  return (await Promise.all(found)).flat();
}

/**
 * Whether a folder contains objects. It can be empty while an object is written, or after the writing process was
 * killed.
 */
async function holdsObjects(folder: string, base: string): Promise<boolean> {
  for await (const _ of walk(folder, base, { prefix: "", after: "", grouped: false })) return true;
  return false;
}
