/** Folders in memory, for tests of archives. */
import { buffer } from "node:stream/consumers";
import { Readable } from "node:stream";
import type { FolderEntry } from "../../../../lambdas/worksheets/rules/contents/folder-entry.ts";
import type { Member } from "../../../../lambdas/worksheets/rules/contents/member.ts";
import { folderZip, type FolderSink } from "../../../../lambdas/worksheets/service/contents/folder-zip.ts";
import { storedFile, type Range } from "../../../../lambdas/worksheets/service/contents/stored-file.ts";

/** An index as the database keeps it. */
export class Index implements FolderSink {
  readonly entries = new Map<string, FolderEntry>();
  taken = 0;
  readonly #maxBytes: number;

  constructor(maxBytes = Infinity) {
    this.#maxBytes = maxBytes;
  }

  async take(bytes: number): Promise<void> {
    this.taken += bytes;
    if (this.taken > this.#maxBytes) throw new Error("too much");
  }

  async index(entry: FolderEntry, { implied }: { implied: boolean }): Promise<void> {
    if (!implied || !this.entries.has(entry.path)) this.entries.set(entry.path, entry);
  }

  async find(path: string): Promise<FolderEntry | undefined> {
    return this.entries.get(path);
  }
}

export const collected = (bytes: AsyncIterable<Buffer>): Promise<Buffer> => buffer(Readable.from(bytes));

/** Writes the zip of a folder. */
export async function zipped(members: AsyncIterable<Member>, index = new Index()) {
  const zip = await collected(folderZip(members, index));
  const open = ({ start, end }: Range): AsyncIterable<Buffer> => Readable.from([zip.subarray(start, end)]);
  return {
    zip,
    index,
    read: (path: string, range?: Range) => collected(storedFile(open, index.entries.get(path)!, range)),
  };
}

/** Bytes in chunks of a size that fits nothing. */
export async function* inChunks(bytes: Buffer, size = 7_919): AsyncIterable<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Bytes as a source that a zip is read from. */
export const sourceOf = (bytes: Buffer) => ({
  size: bytes.length,
  bytes: (start: number, end: number) => Promise.resolve(bytes.subarray(start, end)),
  pieces: (start: number, end: number) => inChunks(bytes.subarray(start, end)),
});
