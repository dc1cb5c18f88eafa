import { isUtf8 } from "node:buffer";
import { promisify } from "node:util";
import yauzl from "yauzl";
import type { BundleListing } from "../../rules/competition.ts";
import { decoded, encodedNames, madeOnUnix } from "../../../jobs/rules/archives/names.ts";
import {
  BadArchive,
  BadText,
  checkedRaw,
  contentFault,
  maxSmallEntryBytes,
  unpacked,
  type ArchiveEntry,
} from "./bundle-entry.ts";
import { SourceReader, zipPart, type ByteSource } from "./byte-source.ts";

/** A file in a folder, with its path relative to that folder. */
export interface NamedEntry {
  name: string;
  entry: ArchiveEntry;
}

/** The zip of a bundle. Its directory is in memory; its content is read on demand. */
export interface BundleArchive {
  source: ByteSource;
  listing: BundleListing;
  /**
   * The files and empty folders in a folder, in the order of the zip, or the file itself if `path` is a file. Names of
   * folders end in `/`.
   */
  filesUnder(path: string): NamedEntry[];
  /** Where the packed content of an entry starts in the bundle. It has `compressedSize` bytes. */
  contentStart(entry: ArchiveEntry): Promise<number>;
  /**
   * The packed content of an entry. Throws `BadArchive` at the end if it cannot be unpacked to the expected content.
   */
  raw(entry: ArchiveEntry): AsyncIterable<Buffer>;
  /** The unpacked content of an entry. Throws `BadArchive` at the end if it is not as expected. */
  content(entry: ArchiveEntry): AsyncIterable<Buffer>;
  /** Reads a small file as text. Throws `BadText` if it is not UTF-8, contains NUL or is larger than 5 MiB. */
  text(path: string): Promise<string>;
  /** The first bytes of a file, unpacked. */
  head(entry: ArchiveEntry, length: number): Promise<Buffer>;
}

const maxTextBytes = 5 * 1024 ** 2;

const maxEntries = 200_000;
/** In bytes. File systems do not allow longer paths. */
const maxPathBytes = 4096;
const maxDirectoryBytes = 128 * 1024 ** 2;
const localHeaderBytes = 30;
const localHeaderMark = 0x04034b50;

const fromReader = promisify(
  (reader: yauzl.RandomAccessReader, size: number, done: (error: Error | null, zip: yauzl.ZipFile) => void) =>
    // Names are decoded here, because yauzl refuses whole archives for names such as "a:b.txt".
    yauzl.fromRandomAccessReader(reader, size, { lazyEntries: true, autoClose: false, decodeStrings: false }, done),
);

/** Reads the directory of a zip. Throws `BadArchive` if the zip cannot be read. */
export async function openBundle(whole: ByteSource): Promise<BundleArchive> {
  const source = await zipPart(whole);
  const directory = new SourceReader(source);
  try {
    const zip = await fromReader(directory, source.size);
    return archiveOf(source, await readEntries(zip));
  } catch (error) {
    throw directory.failure ?? (error instanceof BadArchive ? error : new BadArchive((error as Error).message));
  }
}

/**
 * Decodes UTF-8 without a byte order mark. Undefined if it is not valid or contains NUL, which the database cannot
 * store.
 */
function textOf(bytes: Buffer): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Reads files and folders by path; that of a folder ends in `/`. Refuses paths that lead out of the bundle. */
function readEntries(zip: yauzl.ZipFile): Promise<Map<string, ArchiveEntry>> {
  return new Promise((resolve, reject) => {
    const entries = new Map<string, ArchiveEntry>();
    let read = 0;
    let directoryBytes = 0;
    // Without `decodeStrings`, the comment is its bytes.
    const isEncoded = (zip.comment as unknown as Buffer).toString() === encodedNames;
    zip.on("error", reject);
    zip.on("end", () => resolve(entries));
    zip.on("entry", (entry: yauzl.Entry) => {
      try {
        directoryBytes += 46 + entry.fileNameLength + entry.extraFieldLength + entry.fileCommentLength;
        if (++read > maxEntries) throw new BadArchive(`it has more than ${maxEntries} entries`);
        if (directoryBytes > maxDirectoryBytes)
          throw new BadArchive(`its directory has more than ${maxDirectoryBytes} bytes`);
        const name = yauzl.getFileNameLowLevel(
          entry.generalPurposeBitFlag,
          entry.fileNameRaw,
          entry.extraFields,
          false,
        );
        const steps = normalName(isEncoded ? decodedName(name) : name);
        const path = name.endsWith("/") ? `${steps}/` : steps;
        if (steps !== "") entries.set(path, toArchiveEntry(path, entry));
        zip.readEntry();
      } catch (error) {
        reject(error as Error);
      }
    });
    zip.readEntry();
  });
}

/** The name that is meant by a percent-encoded one. The names of a bundle are text. */
function decodedName(name: string): string {
  const bytes = Buffer.from(decoded(name), "latin1");
  if (!isUtf8(bytes)) throw new BadArchive(`the name "${name}" in it is not UTF-8. Rename the file`);
  return bytes.toString();
}

/** Normalizes a path. `/` at the start is dropped, as unpackers do; a path that leads out of the bundle is refused. */
function normalName(name: string): string {
  if (Buffer.byteLength(name) > maxPathBytes) throw new BadArchive(`it has a path of more than ${maxPathBytes} bytes`);
  const steps = name.split("/").filter((step) => step !== "" && step !== ".");
  if (steps.includes("..")) throw new BadArchive(`the path "${name}" in it leads out of the folder it is unpacked to`);
  return steps.join("/");
}

/** Drops the properties of yauzl's entries that are not needed, to save memory with up to 200,000 entries. */
function toArchiveEntry(path: string, entry: yauzl.Entry): ArchiveEntry {
  return {
    path,
    offset: entry.relativeOffsetOfLocalHeader,
    method: entry.compressionMethod,
    encrypted: entry.isEncrypted(),
    compressedSize: entry.compressedSize,
    size: entry.uncompressedSize,
    crc32: entry.crc32,
    time: entry.lastModFileTime,
    date: entry.lastModFileDate,
    mode: madeOnUnix(entry) ? entry.externalFileAttributes >>> 16 : 0,
  };
}

function archiveOf(source: ByteSource, entries: Map<string, ArchiveEntry>): BundleArchive {
  const paths = [...entries.keys()].sort();
  /** Index of the first path that is not sorted before the prefix. */
  const firstIndexFrom = (prefix: string): number => {
    let low = 0;
    for (let high = paths.length; low < high;) {
      const middle = (low + high) >>> 1;
      if (paths[middle]! < prefix) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const isFolder = (path: string) => path === "" || (paths[firstIndexFrom(`${path}/`)] ?? "").startsWith(`${path}/`);

  async function contentStart(entry: ArchiveEntry): Promise<number> {
    const end = entry.offset + localHeaderBytes;
    if (end > source.size) throw new BadArchive(`${entry.path} extends beyond the end of the file`);
    const header = await source.bytes(entry.offset, end);
    if (header.readUInt32LE(0) !== localHeaderMark)
      throw new BadArchive(`${entry.path} is not where the directory says`);
    const start = end + header.readUInt16LE(26) + header.readUInt16LE(28);
    if (start + entry.compressedSize > source.size)
      throw new BadArchive(`${entry.path} extends beyond the end of the file`);
    return start;
  }

  async function* packed(entry: ArchiveEntry): AsyncIterable<Buffer> {
    const fault = contentFault(entry);
    if (fault !== null) throw new BadArchive(fault);
    const start = await contentStart(entry);
    if (entry.compressedSize === 0) return;
    const end = start + entry.compressedSize;
    if (entry.compressedSize <= maxSmallEntryBytes) yield await source.bytes(start, end);
    else yield* source.pieces(start, end);
  }

  const content = (entry: ArchiveEntry) => unpacked(entry, packed(entry));
  return {
    source,
    listing: {
      kind: (path) => (entries.has(path) ? "file" : isFolder(path) ? "folder" : undefined),
      size: (path) => entries.get(path)?.size ?? 0,
    },
    filesUnder(path) {
      const file = entries.get(path);
      if (file) return [{ name: path.slice(path.lastIndexOf("/") + 1), entry: file }];
      const prefix = path === "" ? "" : `${path}/`;
      const found: NamedEntry[] = [];
      for (let at = firstIndexFrom(prefix); paths[at]?.startsWith(prefix); at += 1) {
        const here = paths[at]!;
        const holdsMore = here.endsWith("/") && (paths[at + 1]?.startsWith(here) ?? false);
        if (here !== prefix && !holdsMore) found.push({ name: here.slice(prefix.length), entry: entries.get(here)! });
      }
      return found.sort((one, other) => one.entry.offset - other.entry.offset);
    },
    contentStart,
    raw: (entry) => checkedRaw(entry, packed(entry)),
    content,
    async text(path) {
      const entry = entries.get(path);
      if (!entry) throw new BadText(`There is no ${path}.`);
      if (entry.size > maxTextBytes)
        throw new BadText(`${path} has more than ${maxTextBytes} bytes, which is too large for a text.`);
      const pieces: Buffer[] = [];
      for await (const piece of content(entry)) pieces.push(piece);
      const text = textOf(Buffer.concat(pieces));
      if (text === undefined) throw new BadText(`${path} is not valid UTF-8 text. Save it with that encoding.`);
      return text;
    },
    async head(entry, length) {
      const pieces: Buffer[] = [];
      let bytes = 0;
      for await (const piece of content(entry)) {
        pieces.push(piece);
        bytes += piece.length;
        if (bytes >= length) break;
      }
      return Buffer.concat(pieces).subarray(0, length);
    },
  };
}
