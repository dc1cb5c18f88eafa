/**
 * Makes a zip from files of another zip without unpacking them: each gets a new header and path, and its packed bytes
 * are copied. Sizes and checksums are in the other zip's directory, so the size of the new zip is known in advance.
 */
import type { NamedEntry } from "./bundle-archive.ts";
import { isLink, type ArchiveEntry } from "./bundle-entry.ts";

const localHeaderBytes = 30;
const directoryEntryBytes = 46;
const endBytes = 22;
const end64Bytes = 56 + 20;
/** Values of 32-bit and 16-bit fields which mean that the actual value is in a zip64 field. */
const over32 = 0xffff_ffff;
const over16 = 0xffff;
const utf8Names = 0x0800;
const minPieceBytes = 64 * 1024;
const madeOnUnix = 3 << 8;

interface Placed extends NamedEntry {
  nameBytes: Buffer;
  /** Where it starts in the new zip. */
  offset: number;
}

const needs64 = (entry: ArchiveEntry) => entry.size >= over32 || entry.compressedSize >= over32;
const localSize = ({ entry, nameBytes }: { entry: ArchiveEntry; nameBytes: Buffer }) =>
  localHeaderBytes + nameBytes.length + (needs64(entry) ? 20 : 0);

/** Returns the size of the new zip in bytes and its content. `raw` must return the packed content of an entry. */
export function zipOfEntries(
  files: NamedEntry[],
  raw: (entry: ArchiveEntry) => AsyncIterable<Buffer>,
): { size: number; pieces: () => AsyncIterable<Buffer> } {
  let offset = 0;
  const placed = files.map((file): Placed => {
    const one = { ...file, nameBytes: Buffer.from(file.name), offset };
    offset += localSize(one) + file.entry.compressedSize;
    return one;
  });
  const directory = placed.map(directoryEntry);
  const directoryBytes = directory.reduce((sum, { length }) => sum + length, 0);
  const ending = end(placed.length, directoryBytes, offset);
  return {
    size: offset + directoryBytes + ending.length,
    pieces: () => joinSmallPieces(parts()),
  };
  async function* parts(): AsyncIterable<Buffer> {
    for (const file of placed) {
      yield localHeader(file);
      yield* raw(file.entry);
    }
    yield* directory;
    yield ending;
  }
}

/** Joins small pieces, because many small files yield very many of them. */
async function* joinSmallPieces(parts: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const part of parts) {
    held.push(part);
    heldBytes += part.length;
    if (heldBytes < minPieceBytes) continue;
    yield held.length === 1 ? part : Buffer.concat(held);
    held = [];
    heldBytes = 0;
  }
  if (heldBytes > 0) yield Buffer.concat(held);
}

/** Writes the fields that local headers and directory entries share, starting with the version needed. */
function writeCommon(header: Buffer, at: number, { entry, nameBytes }: Placed, extraBytes: number): void {
  header.writeUInt16LE(needs64(entry) || extraBytes > 0 ? 45 : 20, at);
  header.writeUInt16LE(utf8Names, at + 2);
  header.writeUInt16LE(entry.method, at + 4);
  header.writeUInt16LE(entry.time, at + 6);
  header.writeUInt16LE(entry.date, at + 8);
  header.writeUInt32LE(entry.crc32, at + 10);
  header.writeUInt32LE(needs64(entry) ? over32 : entry.compressedSize, at + 14);
  header.writeUInt32LE(needs64(entry) ? over32 : entry.size, at + 18);
  header.writeUInt16LE(nameBytes.length, at + 22);
  header.writeUInt16LE(extraBytes, at + 24);
}

/** The zip64 extra field for 64-bit values. Empty if there are none. */
function extra64(values: number[]): Buffer {
  if (values.length === 0) return Buffer.alloc(0);
  const extra = Buffer.alloc(4 + 8 * values.length);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(8 * values.length, 2);
  values.forEach((value, i) => extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i));
  return extra;
}

const sizes64 = (entry: ArchiveEntry) => (needs64(entry) ? [entry.size, entry.compressedSize] : []);

function localHeader(file: Placed): Buffer {
  const extra = extra64(sizes64(file.entry));
  const header = Buffer.alloc(localHeaderBytes);
  header.writeUInt32LE(0x04034b50, 0);
  writeCommon(header, 4, file, extra.length);
  return Buffer.concat([header, file.nameBytes, extra]);
}

/** A link stays one. Files keep of their permissions only whether they are executable. */
function modeOf({ name, entry }: Placed): number {
  if (name.endsWith("/")) return 0o040755;
  if (isLink(entry)) return 0o120777;
  return (entry.mode & 0o111) === 0 ? 0o100644 : 0o100755;
}

function directoryEntry(file: Placed): Buffer {
  const far = file.offset >= over32;
  const extra = extra64([...sizes64(file.entry), ...(far ? [file.offset] : [])]);
  const header = Buffer.alloc(directoryEntryBytes);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(madeOnUnix | 45, 4);
  writeCommon(header, 6, file, extra.length);
  header.writeUInt32LE((modeOf(file) << 16) >>> 0, 38);
  header.writeUInt32LE(far ? over32 : file.offset, 42);
  return Buffer.concat([header, file.nameBytes, extra]);
}

function end(count: number, directoryBytes: number, offset: number): Buffer {
  const is64 = count >= over16 || directoryBytes >= over32 || offset >= over32;
  const ending = Buffer.alloc((is64 ? end64Bytes : 0) + endBytes);
  if (is64) {
    ending.writeUInt32LE(0x06064b50, 0);
    ending.writeBigUInt64LE(44n, 4);
    ending.writeUInt16LE(madeOnUnix | 45, 12);
    ending.writeUInt16LE(45, 14);
    ending.writeBigUInt64LE(BigInt(count), 24);
    ending.writeBigUInt64LE(BigInt(count), 32);
    ending.writeBigUInt64LE(BigInt(directoryBytes), 40);
    ending.writeBigUInt64LE(BigInt(offset), 48);
    ending.writeUInt32LE(0x07064b50, 56);
    ending.writeBigUInt64LE(BigInt(offset + directoryBytes), 64);
    ending.writeUInt32LE(1, 72);
  }
  const at = ending.length - endBytes;
  ending.writeUInt32LE(0x06054b50, at);
  ending.writeUInt16LE(Math.min(count, over16), at + 8);
  ending.writeUInt16LE(Math.min(count, over16), at + 10);
  ending.writeUInt32LE(Math.min(directoryBytes, over32), at + 12);
  ending.writeUInt32LE(Math.min(offset, over32), at + 16);
  return ending;
}
