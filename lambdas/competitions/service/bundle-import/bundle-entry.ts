import { pipeline, Readable } from "node:stream";
import { crc32, createInflateRaw, inflateRawSync } from "node:zlib";
import { bundleProblem } from "../../rules/bundle-format/problems.ts";
import type { BundleProblem } from "../../rules/competition.ts";

/** A file as the directory of a zip describes it. */
export interface ArchiveEntry {
  /** Relative to the root, normalized. */
  path: string;
  /** Where its local header starts. */
  offset: number;
  /** 0 means stored, 8 deflated. */
  method: number;
  encrypted: boolean;
  compressedSize: number;
  size: number;
  crc32: number;
  /** In MS-DOS format. */
  time: number;
  date: number;
  /** File type and permissions, as on Unix; 0 if the zip does not say. */
  mode: number;
}

/** The zip cannot be read. The message completes the sentence of BND-02. */
export class BadArchive extends Error {
  /** The error as a problem of the bundle. */
  get problem(): BundleProblem {
    return bundleProblem("BND-02", "", this.message);
  }
}

/** A text in a zip cannot be read. The message is a sentence. */
export class BadText extends BadArchive {
  override get problem(): BundleProblem {
    return bundleProblem("BND-99", "", this.message);
  }
}

/** Entries up to this size are handled in one buffer, which is much faster for many small files. */
export const maxSmallEntryBytes = 256 * 1024;

/** Minimum that zlib accepts. */
const minChunkBytes = 64;

const isZlib = (error: unknown) => /^(Z_|ERR_BUFFER_TOO_LARGE)/.test((error as NodeJS.ErrnoException).code ?? "");
const damaged = (entry: ArchiveEntry) => new BadArchive(`${entry.path} is damaged`);

/** Why the content of an entry cannot be read, as a part of a sentence. Null if it can. */
export function contentFault(entry: ArchiveEntry): string | null {
  if (entry.encrypted) return `${entry.path} is encrypted`;
  return entry.method === 0 || entry.method === 8
    ? null
    : `${entry.path} is compressed with a method other than deflate`;
}

/** Whether an entry is a symbolic link. Its content is its target. */
export const isLink = ({ mode }: ArchiveEntry): boolean => (mode & 0o170000) === 0o120000;

/** Checks content against the size and checksum in the directory. */
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

/** Unpacks the content of an entry. Throws `BadArchive` at the end if it does not match the directory. */
export async function* unpacked(entry: ArchiveEntry, packed: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const check = new Check(entry);
  for await (const piece of entry.method === 0 ? packed : inflated(entry, packed)) {
    check.add(piece);
    yield piece;
  }
  check.end();
}

/**
 * Passes the packed bytes of an entry through and unpacks them to check them. Throws `BadArchive` at the end if they
 * cannot be unpacked.
 */
export async function* checkedRaw(entry: ArchiveEntry, packed: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  if (entry.method === 0) {
    yield* unpacked(entry, packed);
    return;
  }
  if (entry.compressedSize <= maxSmallEntryBytes && entry.size <= maxSmallEntryBytes) {
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
  let over = false as boolean;
  let goOn: () => void = () => undefined;
  const checking = checkAll(entry, inflate).finally(() => {
    over = true;
    goOn();
  });
  // If the reader stops before the end, the result of the check is not needed.
  checking.catch(() => undefined);
  inflate.on("drain", () => goOn());
  try {
    for await (const piece of packed) {
      // Deflated data marks its own end. Bytes after it are ignored.
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
    // A chunk of the full size avoids joining pieces.
    return inflateRawSync(packed, {
      maxOutputLength: Math.max(entry.size, 1),
      chunkSize: Math.max(entry.size, minChunkBytes),
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
