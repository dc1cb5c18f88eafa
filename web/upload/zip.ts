/** Reads a zip without unpacking it, so that a wrong file is found before a byte of it is sent. What is large stays on the disk. */

/** Why a zip cannot be read, as a part of a sentence. */
export class BadZip extends Error {}

export interface ZipEntry {
  /** Relative to the root, without `.` and empty steps. That of a folder ends in `/`. */
  path: string;
  method: number;
  packedSize: number;
  size: number;
  /** Where its header begins in the file. */
  offset: number;
}

export interface ZipContent {
  /** Its files and folders. */
  entries: ZipEntry[];
  /** Stands for the content: the directory of a zip has the name, size and checksum of each file in it. */
  checksum: string;
}

const endMark = 0x06054b50;
const end64Mark = 0x06064b50;
const locator64Mark = 0x07064b50;
const entryMark = 0x02014b50;
const endBytes = 22;
const end64Bytes = 56;
const locator64Bytes = 20;
const entryBytes = 46;
const localHeaderBytes = 30;
const maxCommentBytes = 0xffff;
/** What zips of more than 4 GB, or with more than 65,535 files, have in place of numbers: these stand elsewhere. */
const elsewhere = 0xffff_ffff;
/** A larger directory is not read. It would have a million files. */
const maxDirectoryBytes = 128 * 1024 ** 2;

const part = async (file: Blob, start: number, end: number) =>
  new DataView(await file.slice(Math.max(0, start), end).arrayBuffer());

/** The content of a zip. Throws `BadZip` if it is none, or a part of it is missing. */
export async function readZip(file: Blob): Promise<ZipContent> {
  const tailStart = Math.max(0, file.size - endBytes - maxCommentBytes);
  const tail = await part(file, tailStart, file.size);
  const at = lastMark(tail);
  const { size, offset, before } = await directoryPlace(file, tail, at, tailStart + at);
  if (before < 0 || before + offset + size > tailStart + at)
    throw new BadZip("its directory extends beyond the end of the file");
  if (size > maxDirectoryBytes) throw new BadZip(`its directory has more than ${maxDirectoryBytes} bytes`);
  const directory = await part(file, before + offset, before + offset + size);
  const entries = entriesOf(directory).map((entry) => ({ ...entry, offset: before + entry.offset }));
  return { entries, checksum: checksumOf(directory) };
}

/** Where the record at the end of a zip begins. */
function lastMark(tail: DataView): number {
  for (let at = tail.byteLength - endBytes; at >= 0; at -= 1)
    if (tail.getUint32(at, true) === endMark && at + endBytes + tail.getUint16(at + 20, true) <= tail.byteLength)
      return at;
  throw new BadZip("it has no directory, so it is not a zip or its end is missing");
}

/** Where the directory is. Something may stand before the zip, such as a program that unpacks it: offsets do not count it. */
async function directoryPlace(file: Blob, tail: DataView, end: number, position: number) {
  const size = tail.getUint32(end + 12, true);
  const offset = tail.getUint32(end + 16, true);
  if (size !== elsewhere && offset !== elsewhere) {
    const locator = end - locator64Bytes;
    // Some writers have the records of large zips in small ones, too.
    const isLarge = locator >= 0 && tail.getUint32(locator, true) === locator64Mark;
    return { size, offset, before: isLarge ? 0 : position - size - offset };
  }
  const locator = await part(file, position - locator64Bytes, position);
  if (locator.byteLength < locator64Bytes || locator.getUint32(0, true) !== locator64Mark)
    throw new BadZip("its directory is not where its end says");
  const start = Number(locator.getBigUint64(8, true));
  const record = await part(file, start, start + end64Bytes);
  if (record.byteLength < end64Bytes || record.getUint32(0, true) !== end64Mark)
    throw new BadZip("its directory is not where its end says");
  return { size: Number(record.getBigUint64(40, true)), offset: Number(record.getBigUint64(48, true)), before: 0 };
}

function entriesOf(directory: DataView): ZipEntry[] {
  const entries: ZipEntry[] = [];
  const decoder = new TextDecoder();
  for (let at = 0; at + entryBytes <= directory.byteLength;) {
    if (directory.getUint32(at, true) !== entryMark) throw new BadZip("its directory is damaged");
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) =>
      directory.getUint16(at + field, true),
    ) as [number, number, number];
    const next = at + entryBytes + nameBytes + extraBytes + commentBytes;
    if (next > directory.byteLength) throw new BadZip("its directory is damaged");
    const name = new Uint8Array(directory.buffer, directory.byteOffset + at + entryBytes, nameBytes);
    const path = normalPath(decoder.decode(name));
    const fields = {
      size: directory.getUint32(at + 24, true),
      packedSize: directory.getUint32(at + 20, true),
      offset: directory.getUint32(at + 42, true),
    };
    read64(fields, directory, at + entryBytes + nameBytes, extraBytes);
    if (path !== "") entries.push({ path, method: directory.getUint16(at + 10, true), ...fields });
    at = next;
  }
  return entries;
}

/** Numbers that do not fit are in an extra field, in this order. */
function read64(
  fields: { size: number; packedSize: number; offset: number },
  directory: DataView,
  start: number,
  length: number,
): void {
  for (let at = start; at + 4 <= start + length; at += 4 + directory.getUint16(at + 2, true)) {
    if (directory.getUint16(at, true) !== 1) continue;
    let value = at + 4;
    for (const name of ["size", "packedSize", "offset"] as const)
      if (fields[name] === elsewhere && value + 8 <= start + length) {
        fields[name] = Number(directory.getBigUint64(value, true));
        value += 8;
      }
  }
}

function normalPath(name: string): string {
  const steps = name
    .replaceAll("\\", "/")
    .split("/")
    .filter((step) => step !== "" && step !== ".");
  if (steps.includes("..")) throw new BadZip(`the path "${name}" in it leads out of the folder it is unpacked to`);
  return steps.length > 0 && /[/\\]$/.test(name) ? `${steps.join("/")}/` : steps.join("/");
}

/** FNV-1a. It tells files of one person apart; it is not about security. */
function checksumOf(bytes: DataView): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < bytes.byteLength; at += 1) hash = Math.imul(hash ^ bytes.getUint8(at), 0x01000193);
  return (hash >>> 0).toString(16);
}

/** The paths of the files of a zip, without its folders. */
export const filesIn = ({ entries }: Pick<ZipContent, "entries">): string[] =>
  entries.flatMap(({ path }) => (path.endsWith("/") ? [] : [path]));

/** The content of a file of a zip as text. Null if it cannot be read, or is not text. */
export async function readText(file: Blob, entry: ZipEntry): Promise<string | null> {
  const header = await part(file, entry.offset, entry.offset + localHeaderBytes);
  if (header.byteLength < localHeaderBytes) return null;
  const start = entry.offset + localHeaderBytes + header.getUint16(26, true) + header.getUint16(28, true);
  const packed = file.slice(start, start + entry.packedSize);
  try {
    const bytes =
      entry.method === 0
        ? await packed.arrayBuffer()
        : await new Response(packed.stream().pipeThrough(new DecompressionStream("deflate-raw"))).arrayBuffer();
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** What systems add to zips by themselves. */
const isNoise = (name: string) => name === "__MACOSX" || name === ".DS_Store";

/**
 * The folder that everything in a zip is in, so that nothing is where programs look for it. Undefined if there is none, or if its
 * metadata stands there: the platform moves such a program to the top by itself.
 */
export function wrappingFolder(files: string[]): string | undefined {
  const tops = new Set(files.map((name) => name.split("/")[0]!).filter((top) => !isNoise(top)));
  const [top] = tops;
  if (tops.size !== 1 || top === undefined || files.includes(top)) return undefined;
  return files.some((name) => name === `${top}/metadata.yaml` || name === `${top}/metadata`) ? undefined : top;
}
