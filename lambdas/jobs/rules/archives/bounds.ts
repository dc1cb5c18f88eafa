const endBytes = 22;
const end64Bytes = 56 + 20;
/** The longest comment of an archive. */
const maxCommentBytes = 0xffff;
const endMark = Buffer.from("PK\x05\x06");
const locatorMark = 0x07064b50;
const over32 = 0xffff_ffff;

/** How many bytes from the end of a file `zipBounds` needs. */
export const tailBytes = 2 * maxCommentBytes + endBytes + end64Bytes;

/** Whether a file ends like a whole zip. `tail` is as in `zipBounds`. */
export function hasZipEnd(tail: Buffer, size: number): boolean {
  const at = tail.lastIndexOf(endMark);
  if (at === -1 || at + endBytes > tail.length) return false;
  if (at + endBytes + tail.readUInt16LE(at + 20) > tail.length) return false;
  const directoryBytes = tail.readUInt32LE(at + 12);
  const directoryOffset = tail.readUInt32LE(at + 16);
  if (directoryBytes === over32 || directoryOffset === over32) return true;
  return directoryBytes + directoryOffset <= size - tail.length + at;
}

/**
 * Where the zip in a file begins and ends, because other bytes may precede and follow it: a program that unpacks it, or
 * what a broken upload left. `tail` are the last `tailBytes` of the file, or all of them. The whole file if no end of a
 * zip is found: a zip reader then says what is wrong.
 */
export function zipBounds(tail: Buffer, size: number): { start: number; end: number } {
  const whole = { start: 0, end: size };
  const at = tail.lastIndexOf(endMark);
  if (at === -1 || at + endBytes > tail.length) return whole;
  const directoryBytes = tail.readUInt32LE(at + 12);
  const directoryOffset = tail.readUInt32LE(at + 16);
  const end = Math.min(size, size - tail.length + at + endBytes + tail.readUInt16LE(at + 20));
  const is64 = at >= 20 && tail.readUInt32LE(at - 20) === locatorMark;
  // In zip64, these fields may say that the true numbers are elsewhere. Bytes before such a zip are not supported.
  if (directoryBytes === over32 || directoryOffset === over32) return { start: 0, end };
  const start = size - tail.length + at - (is64 ? end64Bytes : 0) - directoryBytes - directoryOffset;
  return start < 0 ? whole : { start, end };
}
