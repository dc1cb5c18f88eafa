/** The records of a zip, as PKWARE's APPNOTE describes them. */

/** What a zip says about an entry. */
export interface EntryFacts {
  /** With a slash at its end for a folder. */
  name: string;
  mtime: Date;
  /** Unix mode with the type of the file. */
  mode: number;
}

/** How the content of an entry was written. */
export interface Written {
  crc: number;
  size: number;
  compressedSize: number;
  /** Compressed with deflate. Otherwise it was stored as it is. */
  deflated: boolean;
  /** Checksum and sizes follow the content, because they were not known before it. */
  streamed?: boolean;
}

/** Sizes and offsets from here on are written with 64 bits. */
const max32 = 0xffff_0000;
const is64 = 0xffff_ffff;
const unix = 3;
const version = { made: (unix << 8) | 63, usual: 20, zip64: 45 };
const nameIsUtf8 = 1 << 11;
const isStreamed = 1 << 3;

/** Whether an entry of so many bytes needs a header with 64-bit sizes. */
export const isLarge = (size: number): boolean => size >= max32;

/** What precedes the content. `large` is for contents whose size may need 64 bits. */
export function localHeader(
  { name, mtime }: EntryFacts,
  { size, compressedSize, ...written }: Written,
  large: boolean,
) {
  const text = Buffer.from(name);
  const extra = large ? extraField(0x0001, size, compressedSize) : Buffer.alloc(0);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(large ? version.zip64 : version.usual, 4);
  writeCommon(header, 6, mtime, written);
  header.writeUInt32LE(large ? is64 : compressedSize, 18);
  header.writeUInt32LE(large ? is64 : size, 22);
  header.writeUInt16LE(text.length, 26);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, text, extra]);
}

/** What follows the content of an entry whose header was written before its sizes were known. `large` is as in the header. */
export function descriptor({ crc, size, compressedSize }: Written, large: boolean): Buffer {
  const record = Buffer.alloc(large ? 24 : 16);
  record.writeUInt32LE(0x08074b50, 0);
  record.writeUInt32LE(crc, 4);
  if (large) {
    write64(record, 8, compressedSize);
    write64(record, 16, size);
  } else {
    record.writeUInt32LE(compressedSize, 8);
    record.writeUInt32LE(size, 12);
  }
  return record;
}

/** The record of an entry in the directory at the end. `start` is where its header begins. */
export function directoryRecord(
  { name, mtime, mode }: EntryFacts,
  { size, compressedSize, ...written }: Written,
  start: number,
): Buffer {
  const text = Buffer.from(name);
  const large = [size, compressedSize, start].some(isLarge);
  const extra = Buffer.concat([
    timeField(mtime),
    large ? extraField(0x0001, size, compressedSize, start) : Buffer.alloc(0),
  ]);
  const record = Buffer.alloc(46);
  record.writeUInt32LE(0x02014b50, 0);
  record.writeUInt16LE(version.made, 4);
  record.writeUInt16LE(large ? version.zip64 : version.usual, 6);
  writeCommon(record, 8, mtime, written);
  record.writeUInt32LE(large ? is64 : compressedSize, 20);
  record.writeUInt32LE(large ? is64 : size, 24);
  record.writeUInt16LE(text.length, 28);
  record.writeUInt16LE(extra.length, 30);
  record.writeUInt32LE((mode << 16) >>> 0, 38);
  record.writeUInt32LE(large ? is64 : start, 42);
  return Buffer.concat([record, text, extra]);
}

/** The end of a zip, whose directory begins at `start`. */
export function directoryEnd(entries: number, start: number, bytes: number, comment: Buffer): Buffer {
  const large = entries >= 0xffff || isLarge(start) || isLarge(bytes);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(large ? 0xffff : entries, 8);
  end.writeUInt16LE(large ? 0xffff : entries, 10);
  end.writeUInt32LE(large ? is64 : bytes, 12);
  end.writeUInt32LE(large ? is64 : start, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...(large ? [directoryEnd64(entries, start, bytes)] : []), end, comment]);
}

function directoryEnd64(entries: number, start: number, bytes: number): Buffer {
  const end = Buffer.alloc(76);
  end.writeUInt32LE(0x06064b50, 0);
  write64(end, 4, 44);
  end.writeUInt16LE(version.made, 12);
  end.writeUInt16LE(version.zip64, 14);
  for (const [at, value] of [entries, entries, bytes, start].entries()) write64(end, 24 + 8 * at, value);
  // Where this record begins.
  end.writeUInt32LE(0x07064b50, 56);
  write64(end, 64, start + bytes);
  end.writeUInt32LE(1, 72);
  return end;
}

type CommonFacts = Pick<Written, "crc" | "deflated" | "streamed">;

/** Flags, method, time and checksum, which both records of an entry have in this order. */
function writeCommon(record: Buffer, at: number, mtime: Date, { crc, deflated, streamed }: CommonFacts) {
  record.writeUInt16LE(nameIsUtf8 | (streamed ? isStreamed : 0), at);
  record.writeUInt16LE(deflated ? 8 : 0, at + 2);
  const { time, date } = dosTime(mtime);
  record.writeUInt16LE(time, at + 4);
  record.writeUInt16LE(date, at + 6);
  record.writeUInt32LE(crc, at + 8);
}

/** A zip tells local times from 1980 to 2107, to two seconds. */
function dosTime(mtime: Date): { time: number; date: number } {
  const year = mtime.getFullYear();
  if (year > 2107) return { time: 0, date: ((2107 - 1980) << 9) | (12 << 5) | 31 };
  return {
    time: (mtime.getHours() << 11) | (mtime.getMinutes() << 5) | (mtime.getSeconds() >> 1),
    date: ((year - 1980) << 9) | ((mtime.getMonth() + 1) << 5) | mtime.getDate(),
  };
}

/** The time to a second, as Info-ZIP writes it. */
function timeField(mtime: Date): Buffer {
  const field = Buffer.alloc(9);
  field.writeUInt16LE(0x5455, 0);
  field.writeUInt16LE(5, 2);
  field.writeUInt8(3, 4);
  field.writeInt32LE(Math.min(0x7fff_ffff, Math.floor(mtime.getTime() / 1000)), 5);
  return field;
}

function extraField(id: number, ...values: number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * values.length);
  field.writeUInt16LE(id, 0);
  field.writeUInt16LE(8 * values.length, 2);
  for (const [at, value] of values.entries()) write64(field, 4 + 8 * at, value);
  return field;
}

const write64 = (buffer: Buffer, at: number, value: number) => buffer.writeBigUInt64LE(BigInt(value), at);
