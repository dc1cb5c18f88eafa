import { Readable } from "node:stream";
import * as yauzl from "yauzl";
import { tailBytes, zipBounds } from "../../../jobs/rules/archives/bounds.ts";
import type { ObjectRef } from "../../../../contract/job.ts";

/** Random access to the bytes of a zip. Only one range may be read at a time. */
export interface ByteSource {
  /** Size in bytes. */
  readonly size: number;
  /** The object with the bytes, if there is one. Parts of it can be copied without reading them. */
  readonly object?: { ref: ObjectRef; etag: string };
  /** Reads the bytes from `start` to `end` (exclusive). The range must not be empty or exceed `size`. */
  bytes(start: number, end: number): Promise<Buffer>;
  /** Like `bytes`, in pieces. */
  pieces(start: number, end: number): AsyncIterable<Buffer>;
}

/** The part of a source that is a zip: other bytes may precede and follow it. */
export async function zipPart(source: ByteSource): Promise<ByteSource> {
  const { size } = source;
  if (size === 0) return source;
  const { start, end } = zipBounds(await source.bytes(Math.max(0, size - tailBytes), size), size);
  if (start === 0 && end === size) return source;
  return {
    size: end - start,
    bytes: (from, to) => source.bytes(start + from, start + to),
    pieces: (from, to) => source.pieces(start + from, start + to),
  };
}

/** Lets yauzl read a source. Errors of the source are kept in `failure`, to tell them from errors in the zip. */
export class SourceReader extends yauzl.RandomAccessReader {
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
