import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import * as yauzl from "yauzl";
import type { Entry, ZipFile } from "yauzl";
import { tailBytes, zipBounds } from "../lambdas/jobs/rules/archives/bounds.ts";

const pieceBytes = 1_048_576;
const localHeaderBytes = 30;
const localHeaderMark = 0x04034b50;

/** Reads the part of a file that is a zip, in large pieces, because records and small files follow each other. */
class PartReader extends yauzl.RandomAccessReader {
  readonly #file: number;
  readonly #start: number;
  readonly #end: number;
  readonly #buffer = Buffer.allocUnsafe(pieceBytes);
  /** The last piece, and where it begins in the file. */
  #piece: Buffer = this.#buffer.subarray(0, 0);
  #pieceStart = 0;

  constructor(file: number, { start, end }: { start: number; end: number }) {
    super();
    this.#file = file;
    this.#start = start;
    this.#end = end;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    let copied = 0;
    try {
      copied = this.bytes(position, length).copy(buffer, offset);
    } catch (error) {
      queueMicrotask(() => callback(error as Error));
      return;
    }
    queueMicrotask(() => callback(null, copied));
  }

  /** The bytes at a position, valid until the next call. Throws if there are fewer. */
  bytes(position: number, length: number): Buffer {
    const at = this.#start + position;
    if (at + length > this.#end) throw tooShort();
    if (length > pieceBytes) return this.#fill(Buffer.allocUnsafe(length), at);
    if (at < this.#pieceStart || at + length > this.#pieceStart + this.#piece.length) {
      this.#piece = this.#fill(this.#buffer.subarray(0, this.#end - at), at);
      this.#pieceStart = at;
    }
    return this.#piece.subarray(at - this.#pieceStart, at - this.#pieceStart + length);
  }

  /** The bytes of a range, piece by piece. */
  *pieces(position: number, length: number): Iterable<Buffer> {
    const end = this.#start + position + length;
    if (end > this.#end) throw tooShort();
    for (let at = end - length; at < end; at += pieceBytes)
      yield this.#fill(Buffer.allocUnsafe(Math.min(pieceBytes, end - at)), at);
  }

  #fill(buffer: Buffer, position: number): Buffer {
    for (let length = 0; length < buffer.length;) {
      const read = readSync(this.#file, buffer, length, buffer.length - length, position + length);
      if (read === 0) throw tooShort();
      length += read;
    }
    return buffer;
  }
}

const tooShort = () => new Error("it is shorter than its directory says");

/** An open zip. It reads synchronously, for a process of its own. */
export interface OpenArchive {
  zip: ZipFile;
  comment: string;
  /** The content of an entry as it is stored, piece by piece. Throws if the archive is damaged. */
  pieces(entry: Entry): Iterable<Buffer>;
  /** The whole of it, valid until the next call. */
  stored(entry: Entry): Buffer;
  close(): void;
}

/**
 * Opens the zip in a file; other bytes may precede and follow it. Names are not decoded. Throws an error of yauzl if there is
 * no zip.
 */
export async function openArchive(path: string): Promise<OpenArchive> {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const tail = Buffer.alloc(Math.min(size, tailBytes));
    readSync(file, tail, 0, tail.length, size - tail.length);
    const bounds = zipBounds(tail, size);
    const reader = new PartReader(file, bounds);
    const options = { lazyEntries: true, autoClose: false, decodeStrings: false };
    const zip = await yauzl.fromRandomAccessReaderPromise(reader, bounds.end - bounds.start, options);
    return {
      zip,
      comment: (zip.comment as unknown as Buffer).toString(),
      pieces: (entry) => reader.pieces(contentStart(reader, entry), entry.compressedSize),
      stored: (entry) => reader.bytes(contentStart(reader, entry), entry.compressedSize),
      close: () => {
        zip.close();
        closeSync(file);
      },
    };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function contentStart(reader: PartReader, { relativeOffsetOfLocalHeader: at }: Entry): number {
  const header = reader.bytes(at, localHeaderBytes);
  if (header.readUInt32LE(0) !== localHeaderMark) throw new Error("its header is missing");
  return at + localHeaderBytes + header.readUInt16LE(26) + header.readUInt16LE(28);
}
