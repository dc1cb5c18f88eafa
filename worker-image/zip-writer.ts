import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { crc32, deflateRawSync } from "node:zlib";
import {
  deflatedZeros,
  lastBlock,
  level,
  mayShrink,
  pieceBytes,
  pieceOptions,
  zeros,
} from "../lambdas/jobs/rules/archives/zip-pieces.ts";
import { directoryEnd, directoryRecord, isLarge, localHeader } from "../lambdas/jobs/rules/archives/zip-records.ts";
import type { EntryFacts, Written } from "../lambdas/jobs/rules/archives/zip-records.ts";

/**
 * Writes a zip into a new file, synchronously, for a process of its own. It needs few system calls for an entry, because there
 * may be very many, and compresses no zeros, because a file with holes may have very many. Libraries for zips do neither.
 */
export class ZipWriter {
  readonly #file: number;
  readonly #onGrowth: (bytes: number) => void;
  readonly #directory: Buffer[] = [];
  #unwritten: Buffer[] = [];
  #unwrittenBytes = 0;
  /** Where the next byte goes. */
  #at = 0;

  /** Replaces an earlier try. `onGrowth` gets the number of bytes so far. What it throws ends the writing. */
  constructor(path: string, onGrowth: (bytes: number) => void) {
    this.#file = openSync(path, "w", 0o600);
    this.#onGrowth = onGrowth;
  }

  /** Adds a folder, a link with its target as content, or a small file. */
  add(facts: EntryFacts, content: Buffer): void {
    const smaller = content.length > 0 && mayShrink(content) ? deflateRawSync(content, { level }) : content;
    const deflated = smaller.length < content.length;
    const data = deflated ? smaller : content;
    const written = { crc: crc32(content), size: content.length, compressedSize: data.length, deflated };
    const start = this.#at;
    this.#append(localHeader(facts, written, false));
    this.#append(data);
    this.#directory.push(directoryRecord(facts, written, start));
  }

  /** Adds the first `size` bytes of an open file, or all if it is shorter. */
  addFile(facts: EntryFacts, from: number, size: number): void {
    if (size <= pieceBytes) return this.add(facts, readPiece(from, Buffer.allocUnsafe(size), 0));
    const start = this.#at;
    const written: Written = { crc: 0, size: 0, compressedSize: 0, deflated: true };
    // Written again when the sizes are known.
    this.#append(localHeader(facts, written, isLarge(size)));
    const dataStart = this.#at;
    const buffer = Buffer.allocUnsafe(pieceBytes);
    while (written.size < size) {
      const piece = readPiece(from, buffer.subarray(0, size - written.size), written.size);
      if (piece.length === 0) break;
      written.crc = crc32(piece, written.crc);
      written.size += piece.length;
      this.#append(deflatedPiece(piece));
    }
    this.#append(lastBlock);
    this.#flush();
    written.compressedSize = this.#at - dataStart;
    writeAll(this.#file, localHeader(facts, written, isLarge(size)), start);
    this.#directory.push(directoryRecord(facts, written, start));
  }

  /** Writes the directory. Returns the size of the whole zip. */
  end(comment: string): number {
    const start = this.#at;
    for (const record of this.#directory) this.#append(record);
    this.#append(directoryEnd(this.#directory.length, start, this.#at - start, Buffer.from(comment)));
    this.#flush();
    return this.#at;
  }

  close(): void {
    closeSync(this.#file);
  }

  #append(bytes: Buffer): void {
    this.#unwritten.push(bytes);
    this.#unwrittenBytes += bytes.length;
    this.#at += bytes.length;
    this.#onGrowth(this.#at);
    if (this.#unwrittenBytes >= pieceBytes) this.#flush();
  }

  #flush(): void {
    writeAll(this.#file, Buffer.concat(this.#unwritten), this.#at - this.#unwrittenBytes);
    this.#unwritten = [];
    this.#unwrittenBytes = 0;
  }
}

const deflatedPiece = (piece: Buffer): Buffer =>
  piece.equals(zeros) ? deflatedZeros : deflateRawSync(piece, pieceOptions(piece));

/** Reads until the buffer is full or the file ends. */
function readPiece(file: number, buffer: Buffer, position: number): Buffer {
  let length = 0;
  while (length < buffer.length) {
    const read = readSync(file, buffer, length, buffer.length - length, position + length);
    if (read === 0) break;
    length += read;
  }
  return buffer.subarray(0, length);
}

/** A disk that is nearly full takes a part, and refuses the rest with the reason. */
export function writeAll(file: number, bytes: Buffer, position: number): void {
  for (let written = 0; written < bytes.length;)
    written += writeSync(file, bytes, written, bytes.length - written, position + written);
}
