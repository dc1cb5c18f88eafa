/** Random access to a zip that is itself a file of a bundle, for reading its directory and a few small files. */
import type { BundleArchive } from "./bundle-archive.ts";
import type { ByteSource } from "./byte-source.ts";
import { BadArchive, type ArchiveEntry } from "./bundle-entry.ts";

/** The bundle contains so much compressed data that looking into it would take too long. */
export class TooMuchToInflate extends Error {}

/** A file cannot be read because the bundle that contains it is damaged. */
export class DamagedBundle extends Error {
  readonly reason: BadArchive;

  constructor(reason: BadArchive) {
    super(reason.message);
    this.reason = reason;
  }
}

/** How many bytes may be inflated to look into the zips of one bundle: a few seconds of work. */
export class InflateBudget {
  #bytes: number;

  constructor(bytes = 512 * 1024 ** 2) {
    this.#bytes = bytes;
  }

  take(bytes: number): void {
    this.#bytes -= bytes;
    if (this.#bytes < 0) throw new TooMuchToInflate();
  }
}

/**
 * The bytes of a file in a bundle. If the file is compressed, its end, where the directory of a zip is, is kept in
 * memory, and every read before it inflates the file from its start. Reads throw `DamagedBundle` or `TooMuchToInflate`.
 */
export async function nestedSource(
  archive: BundleArchive,
  entry: ArchiveEntry,
  budget: InflateBudget,
): Promise<ByteSource> {
  return entry.method === 0
    ? new StoredSource(archive.source, await archive.contentStart(entry), entry.size)
    : new InflatedSource(archive, entry, budget);
}

class StoredSource implements ByteSource {
  readonly size: number;
  readonly #source: ByteSource;
  readonly #start: number;

  constructor(source: ByteSource, start: number, size: number) {
    this.#source = source;
    this.#start = start;
    this.size = size;
  }

  bytes(start: number, end: number): Promise<Buffer> {
    return this.#source.bytes(this.#start + start, this.#start + end);
  }

  pieces(start: number, end: number): AsyncIterable<Buffer> {
    return this.#source.pieces(this.#start + start, this.#start + end);
  }
}

/** Enough for the directory of a zip with tens of thousands of files. */
export const keptBytes = 4 * 1024 ** 2;

class InflatedSource implements ByteSource {
  readonly size: number;
  readonly #content: () => AsyncIterable<Buffer>;
  readonly #budget: InflateBudget;
  #kept: Buffer | undefined;

  constructor(archive: BundleArchive, entry: ArchiveEntry, budget: InflateBudget) {
    this.size = entry.size;
    this.#content = () => archive.content(entry);
    this.#budget = budget;
  }

  async bytes(start: number, end: number): Promise<Buffer> {
    this.#kept ??= await this.#readEnd();
    const keptFrom = this.size - this.#kept.length;
    if (start >= keptFrom) return this.#kept.subarray(start - keptFrom, end - keptFrom);
    const pieces: Buffer[] = [];
    for await (const piece of this.pieces(start, end)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async *pieces(start: number, end: number): AsyncIterable<Buffer> {
    let at = 0;
    for await (const piece of this.#inflated()) {
      const wanted = piece.subarray(Math.max(0, start - at), Math.max(0, end - at));
      if (wanted.length > 0) yield wanted;
      at += piece.length;
      if (at >= end) return;
    }
  }

  async #readEnd(): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of this.#inflated()) {
      pieces.push(piece);
      bytes += piece.length;
      while (bytes - pieces[0]!.length >= keptBytes) bytes -= pieces.shift()!.length;
    }
    return Buffer.concat(pieces);
  }

  async *#inflated(): AsyncIterable<Buffer> {
    try {
      for await (const piece of this.#content()) {
        this.#budget.take(piece.length);
        yield piece;
      }
    } catch (error) {
      throw error instanceof BadArchive ? new DamagedBundle(error) : error;
    }
  }
}
