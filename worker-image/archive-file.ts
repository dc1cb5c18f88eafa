import { read } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { Readable } from "node:stream";
import * as yauzl from "yauzl";
import type { ZipFile } from "yauzl";
import { tailBytes, zipBounds } from "../lambdas/jobs/rules/archives/bounds.ts";

const pieceBytes = 65_536;

/** Reads the part of a file that is a zip. */
class PartReader extends yauzl.RandomAccessReader {
  readonly #file: FileHandle;
  readonly #start: number;

  constructor(file: FileHandle, start: number) {
    super();
    this.#file = file;
    this.#start = start;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    read(this.#file.fd, buffer, offset, length, this.#start + position, callback);
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#pieces(this.#start + start, this.#start + end), { objectMode: false });
  }

  /** A stream of Node would close the file. */
  async *#pieces(start: number, end: number): AsyncIterable<Buffer> {
    for (let at = start; at < end;) {
      const buffer = Buffer.allocUnsafe(Math.min(pieceBytes, end - at));
      const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) throw new Error("it is shorter than its directory says");
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }
}

/**
 * Opens the zip in a file; other bytes may precede and follow it. Names are not decoded. The caller closes `file`. Throws
 * an error of yauzl if there is no zip.
 */
export async function openArchive(path: string): Promise<{ zip: ZipFile; comment: string; file: FileHandle }> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const tail = Buffer.alloc(Math.min(size, tailBytes));
    await file.read(tail, 0, tail.length, size - tail.length);
    const { start, end } = zipBounds(tail, size);
    const options = { lazyEntries: true, autoClose: false, decodeStrings: false };
    const zip = await yauzl.fromRandomAccessReaderPromise(new PartReader(file, start), end - start, options);
    return { zip, comment: (zip.comment as unknown as Buffer).toString(), file };
  } catch (error) {
    await file.close();
    throw error;
  }
}
