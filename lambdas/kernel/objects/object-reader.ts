import type { Readable } from "node:stream";
import type { ObjectRef } from "../../../contract/job.ts";
import { ObjectChanged, ObjectMissing } from "./errors.ts";
import type { Objects } from "./objects.ts";

/** Minimum size of a GET in bytes. It applies after each jump; GETs in sequence grow up to `maxGetBytes`. */
const minGetBytes = 256 * 1024;
const maxGetBytes = 64 * 1024 ** 2;
/** A gap of up to this many bytes is read and dropped. For a larger gap, a new GET is cheaper. */
const maxSkipBytes = 1024 ** 2;
/** How many times in a row a connection may break without any progress. */
const maxBreaks = 3;

/** A GET in progress. */
interface Open {
  stream: Readable;
  pieces: AsyncIterator<Buffer>;
  /** Bytes that were fetched but not yet read, and their offset in the object. */
  held: Buffer;
  at: number;
  end: number;
}

/**
 * Reads ranges of an object. It is optimized for sequential reading: consecutive ranges with small gaps share a GET,
 * and only that GET's buffer is in memory. Only one range may be read at a time. Throws `ObjectMissing`,
 * `ObjectChanged` if the ETag no longer matches, or S3's own errors.
 */
export class ObjectReader {
  readonly size: number;
  readonly object: { ref: ObjectRef; etag: string };
  readonly #objects: Objects;
  #open: Open | undefined;
  #nextGet = minGetBytes;

  constructor(objects: Objects, ref: ObjectRef, { size, etag }: { size: number; etag: string }) {
    this.#objects = objects;
    this.size = size;
    this.object = { ref, etag };
  }

  /** Like `pieces`, in one buffer. Most small ranges in sequence are already in memory. */
  async bytes(start: number, end: number): Promise<Buffer> {
    const open = this.#open;
    if (open && start >= open.at && end <= open.at + open.held.length) {
      const from = start - open.at;
      const bytes = open.held.subarray(from, from + end - start);
      open.held = open.held.subarray(from + bytes.length);
      open.at = end;
      return bytes;
    }
    const pieces: Buffer[] = [];
    for await (const piece of this.pieces(start, end)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async *pieces(start: number, end: number): AsyncIterable<Buffer> {
    for (let at = start; at < end;) {
      const piece = await this.#take(at, end);
      at += piece.length;
      yield piece;
    }
  }

  /** Ends the GET in progress. */
  close(): void {
    this.#open?.stream.destroy();
    this.#open = undefined;
  }

  /** Reads at least one byte from an offset. If the connection breaks, a new GET continues where it ended. */
  async #take(at: number, end: number): Promise<Buffer> {
    for (let breaks = 1; ; breaks += 1)
      try {
        const open = await this.#reach(at, end);
        const piece = open.held.subarray(0, end - at);
        open.held = open.held.subarray(piece.length);
        open.at += piece.length;
        return piece;
      } catch (error) {
        this.close();
        if (breaks === maxBreaks || error instanceof ObjectMissing || error instanceof ObjectChanged) throw error;
      }
  }

  /** Returns a GET whose held bytes start at an offset. */
  async #reach(at: number, end: number): Promise<Open> {
    const before = this.#open;
    const follows = before !== undefined && at >= before.at && at - before.at <= maxSkipBytes;
    const open = follows && at < before.end ? before : await this.#get(at, end, follows);
    for (;;) {
      const dropped = open.held.subarray(0, at - open.at);
      open.held = open.held.subarray(dropped.length);
      open.at += dropped.length;
      if (open.held.length > 0) return open;
      const next = await open.pieces.next();
      if (next.done) throw new Error(`The object ${this.object.ref.key} ended at ${open.at} instead of ${open.end}.`);
      open.held = next.value;
    }
  }

  async #get(at: number, end: number, follows: boolean): Promise<Open> {
    this.close();
    this.#nextGet = follows ? Math.min(this.#nextGet * 4, maxGetBytes) : minGetBytes;
    const until = Math.min(this.size, Math.max(end, at + this.#nextGet));
    const { ref, etag } = this.object;
    const stream = await this.#objects.getStream(ref, { start: at, end: until, etag });
    // A connection may break while nothing is read. The next read reports it.
    stream.on("error", () => undefined);
    this.#open = {
      stream,
      pieces: stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>,
      held: Buffer.alloc(0),
      at,
      end: until,
    };
    return this.#open;
  }
}
