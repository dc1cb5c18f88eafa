/** Reads the directory of a zip, and the start of its files, by the rules of workers. */
import { Readable } from "node:stream";
import * as yauzl from "yauzl";
import { ArchiveItems, UnusableArchive, type ArchiveItem } from "../../../jobs/rules/archives/entries.ts";
import { zipPart, type ByteSource } from "./bundle-archive.ts";
import { BadArchive } from "./bundle-entry.ts";

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

/** Lets yauzl read a source. Errors of the source are kept in `failure`, to tell them from errors in the zip. */
class SourceReader extends yauzl.RandomAccessReader {
  failure: Error | undefined;
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    super();
    this.#source = source;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    if (position + length > this.#source.size) {
      callback(new Error("its directory extends beyond the end of the file"));
      return;
    }
    this.#source.bytes(position, position + length).then(
      (bytes) => callback(null, bytes.copy(buffer, offset)),
      (error: unknown) => callback((this.failure = error as Error)),
    );
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#pieces(start, end));
  }

  async *#pieces(start: number, end: number): AsyncIterable<Buffer> {
    try {
      if (end > start) yield* this.#source.pieces(start, end);
    } catch (error) {
      throw (this.failure = error as Error);
    }
  }
}
