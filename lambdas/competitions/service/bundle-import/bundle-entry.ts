import { pipeline, Readable } from "node:stream";
import { crc32, createInflateRaw, inflateRawSync } from "node:zlib";
import { bundleProblem } from "../../rules/bundle-format/problems.ts";
import type { BundleProblem } from "../../rules/competition.ts";

/** A file in a zip as its directory has it. */
export interface ArchiveEntry {
  /** Relative to the root, without empty steps and `.`. */
  path: string;
  /** Where its local header begins. */
  offset: number;
  /** 0 is stored, 8 deflated. */
  method: number;
  encrypted: boolean;
  compressedSize: number;
  size: number;
  crc32: number;
  /** In the form MS-DOS has them. */
  time: number;
  date: number;
  executable: boolean;
}

/** A zip that cannot be read; the message ends the sentence that says so. */
export class BadArchive extends Error {
  /** It as a problem of the bundle. */
  get problem(): BundleProblem {
    return bundleProblem("BND-02", "", this.message);
  }
}

/** A text in a zip that cannot be read; the message is a sentence. */
export class BadText extends BadArchive {
  override get problem(): BundleProblem {
    return bundleProblem("BND-99", "", this.message);
  }
}

/** Entries up to this size are handled in one piece, which for many small ones costs much less. */
export const smallBytes = 256 * 1024;

/** zlib takes no smaller one. */
const smallestChunk = 64;

const isZlib = (error: unknown) => /^(Z_|ERR_BUFFER_TOO_LARGE)/.test((error as NodeJS.ErrnoException).code ?? "");
const damaged = (entry: ArchiveEntry) => new BadArchive(`${entry.path} is damaged`);

/** Why the content of an entry cannot be had; undefined when it can. */
export function unreadable(entry: ArchiveEntry): string | undefined {
  if (entry.encrypted) return `${entry.path} is encrypted`;
  if (entry.method !== 0 && entry.method !== 8) return `${entry.path} is packed with another method than deflate`;
  return undefined;
}

/** Compares content with the size and checksum that the directory promises. */
class Check {
  readonly #entry: ArchiveEntry;
  #size = 0;
  #crc = 0;

  constructor(entry: ArchiveEntry) {
    this.#entry = entry;
  }

  add(piece: Buffer): void {
    this.#size += piece.length;
    if (this.#size > this.#entry.size) throw damaged(this.#entry);
    this.#crc = crc32(piece, this.#crc);
  }

  end(): void {
    if (this.#size !== this.#entry.size || this.#crc !== this.#entry.crc32) throw damaged(this.#entry);
  }
}

/** The content of an entry out of its bytes in the zip. Throws `BadArchive` at its end when it is not as promised. */
export async function* unpacked(entry: ArchiveEntry, packed: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const check = new Check(entry);
  for await (const piece of entry.method === 0 ? packed : inflated(entry, packed)) {
    check.add(piece);
    yield piece;
  }
  check.end();
}

/**
 * The bytes of an entry as they are in the zip, unpacked on the side to see whether they can be. Throws `BadArchive` at
 * their end when they cannot.
 */
export async function* checkedRaw(entry: ArchiveEntry, packed: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  if (entry.method === 0) {
    yield* unpacked(entry, packed);
    return;
  }
  if (entry.compressedSize <= smallBytes && entry.size <= smallBytes) {
    const pieces: Buffer[] = [];
    for await (const piece of packed) pieces.push(piece);
    const whole = Buffer.concat(pieces);
    const check = new Check(entry);
    check.add(inflateSmall(entry, whole));
    check.end();
    yield whole;
    return;
  }
  const inflate = createInflateRaw();
  let over = false;
  let goOn: () => void = () => undefined;
  const checking = checkAll(entry, inflate).finally(() => {
    over = true;
    goOn();
  });
  // Whoever stops reading before the end does not want to know.
  checking.catch(() => undefined);
  inflate.on("drain", () => goOn());
  try {
    for await (const piece of packed) {
      // Deflated data says itself where it ends; what the zip has after it counts for nothing.
      if (over) await checking;
      else if (!inflate.write(piece)) await new Promise<void>((resolve) => (goOn = resolve));
      yield piece;
    }
    inflate.end();
    await checking;
  } finally {
    inflate.destroy();
  }
}

async function checkAll(entry: ArchiveEntry, inflate: Readable): Promise<void> {
  const check = new Check(entry);
  try {
    for await (const piece of inflate) check.add(piece as Buffer);
  } catch (error) {
    throw isZlib(error) ? damaged(entry) : error;
  }
  check.end();
}

function inflateSmall(entry: ArchiveEntry, packed: Buffer): Buffer {
  try {
    // In one buffer of the right size, instead of pieces that are put together.
    return inflateRawSync(packed, {
      maxOutputLength: Math.max(entry.size, 1),
      chunkSize: Math.max(entry.size, smallestChunk),
    });
  } catch (error) {
    throw isZlib(error) ? damaged(entry) : error;
  }
}

async function* inflated(entry: ArchiveEntry, packed: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const inflate = pipeline(Readable.from(packed), createInflateRaw(), () => undefined);
  try {
    for await (const piece of inflate) yield piece as Buffer;
  } catch (error) {
    throw isZlib(error) ? damaged(entry) : error;
  }
}
