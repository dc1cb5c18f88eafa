/** Reads the directory of a zip, and the start of its files, by the rules of workers. */
import type { Readable } from "node:stream";
import * as yauzl from "yauzl";
import { ArchiveItems, UnusableArchive, type ArchiveItem } from "../../../jobs/rules/archives/entries.ts";
import { BadArchive } from "./bundle-entry.ts";
import { SourceReader, zipPart, type ByteSource } from "./byte-source.ts";

/** The content of a zip that workers unpack. */
export interface ZipItems {
  items: ArchiveItem[];
  /** The first bytes of a file. Throws `BadArchive` if they cannot be unpacked. */
  head(item: ArchiveItem, length: number): Promise<Buffer>;
}

/** How yauzl says that a file has no directory at its end. */
const noEnd = /^End of central directory record signature not found.*/i;
const endMissing = "it is not a zip, or its end is missing";

/** A zip has so many entries that their list may not fit in the memory of a function. */
export class TooManyEntries extends Error {}
const maxListedEntries = 50_000;

/** Reads the directory of a zip. Throws `BadArchive` if workers cannot unpack the zip, or `TooManyEntries`. */
export async function readZip(whole: ByteSource): Promise<ZipItems> {
  const source = await zipPart(whole);
  const reader = new SourceReader(source);
  const options = { lazyEntries: true, autoClose: false, decodeStrings: false };
  const withReason = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      if (reader.failure) throw reader.failure;
      if (error instanceof TooManyEntries) throw error;
      const { message } = error as Error;
      throw new BadArchive(error instanceof UnusableArchive ? `it ${message}` : message.replace(noEnd, endMissing));
    }
  };
  return withReason(async () => {
    const zip = await yauzl.fromRandomAccessReaderPromise(reader, source.size, options);
    if (zip.entryCount > maxListedEntries) throw new TooManyEntries();
    // Without `decodeStrings`, the comment is its bytes.
    const found = new ArchiveItems((zip.comment as unknown as Buffer).toString());
    for await (const entry of zip.eachEntry()) found.add(entry);
    return {
      items: found.end(),
      head: ({ entry }, length) => withReason(async () => first(await zip.openReadStreamPromise(entry), length)),
    };
  });
}

async function first(content: Readable, length: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of content as AsyncIterable<Buffer>) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes >= length) break;
  }
  return Buffer.concat(pieces).subarray(0, length);
}
