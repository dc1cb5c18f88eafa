import { promisify } from "node:util";
import yauzl from "yauzl";
import type { BundleListing } from "../../rules/competition.ts";
import type { ObjectRef } from "../../../../contract/job.ts";
import {
  BadArchive,
  BadText,
  checkedRaw,
  smallBytes,
  unpacked,
  unreadable,
  type ArchiveEntry,
} from "./bundle-entry.ts";

/** Where the bytes of a zip are. One range is read at a time. */
export interface ByteSource {
  /** In bytes. */
  readonly size: number;
  /** The object it is, for who can copy parts of it without reading them. */
  readonly object?: { ref: ObjectRef; etag: string };
  /** The bytes from `start` up to, not with, `end`, one at least and none behind the last one. */
  bytes(start: number, end: number): Promise<Buffer>;
  /** The same piece by piece. */
  pieces(start: number, end: number): AsyncIterable<Buffer>;
}

/** A file below a folder and its path relative to that folder. */
export interface NamedEntry {
  name: string;
  entry: ArchiveEntry;
}

/** The zip of a bundle: its directory is in memory, its content is read where it is. */
export interface BundleArchive {
  source: ByteSource;
  listing: BundleListing;
  /** Files below a folder in the order they have in the zip, or the file itself. */
  filesUnder(path: string): NamedEntry[];
  /** Where the content of an entry begins in the bundle; it has `compressedSize` bytes. */
  contentStart(entry: ArchiveEntry): Promise<number>;
  /** Content of an entry as it is packed. Throws `BadArchive` at its end when it does not unpack to what it should. */
  raw(entry: ArchiveEntry): AsyncIterable<Buffer>;
  /** Content of an entry, unpacked. Throws `BadArchive` at its end when it is not what it should be. */
  content(entry: ArchiveEntry): AsyncIterable<Buffer>;
  /** A small file as text. Throws `BadText` when it is none in UTF-8, holds NUL, or has more than 5 MiB. */
  text(path: string): Promise<string>;
  /** The first bytes of a file, unpacked. */
  head(path: string, length: number): Promise<Buffer>;
}

const maxText = 5 * 1024 ** 2;

const maxEntries = 200_000;
/** In bytes; no file system takes a longer path. */
const maxPathLength = 4096;
const maxDirectory = 128 * 1024 ** 2;
const localHeaderBytes = 30;
/** Systems whose zips hold the modes of files: Unix and macOS. */
const madeOnUnix = new Set([3, 19]);
const localHeaderMark = 0x04034b50;

/** yauzl's way to the bytes. What the storage fails with is kept in `failure`, apart from what is wrong with the zip. */
class DirectoryReader extends yauzl.RandomAccessReader {
  failure: Error | undefined;
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    super();
    this.#source = source;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    if (position + length > this.#source.size) {
      callback(new Error("its directory leads beyond its end"));
      return;
    }
    this.#source.bytes(position, position + length).then(
      (bytes) => callback(null, bytes.copy(buffer, offset)),
      (error: unknown) => callback((this.failure = error as Error)),
    );
  }
}

const fromReader = promisify(
  (reader: yauzl.RandomAccessReader, size: number, done: (error: Error | null, zip: yauzl.ZipFile) => void) =>
    yauzl.fromRandomAccessReader(reader, size, { lazyEntries: true, autoClose: false, strictFileNames: false }, done),
);

/** Reads the directory of a zip, wherever it is. Throws `BadArchive` when it is no zip that can be read. */
export async function openBundle(source: ByteSource): Promise<BundleArchive> {
  const directory = new DirectoryReader(source);
  try {
    const zip = await fromReader(directory, source.size);
    return archiveOf(source, await readEntries(zip));
  } catch (error) {
    throw directory.failure ?? (error instanceof BadArchive ? error : new BadArchive((error as Error).message));
  }
}

/** UTF-8 as text, without a byte order mark; undefined when it is none, or holds NUL, which no database keeps. */
function textOf(bytes: Buffer): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Files by path. Names that would lead out of the bundle are refused; folders are known from the files in them. */
function readEntries(zip: yauzl.ZipFile): Promise<Map<string, ArchiveEntry>> {
  return new Promise((resolve, reject) => {
    const entries = new Map<string, ArchiveEntry>();
    let read = 0;
    let directoryBytes = 0;
    zip.on("error", reject);
    zip.on("end", () => resolve(entries));
    zip.on("entry", (entry: yauzl.Entry) => {
      try {
        directoryBytes += 46 + entry.fileNameLength + entry.extraFieldLength + entry.fileCommentLength;
        if (++read > maxEntries) throw new BadArchive(`it has more than ${maxEntries} entries`);
        if (directoryBytes > maxDirectory) throw new BadArchive(`its directory has more than ${maxDirectory} bytes`);
        const path = normalName(entry.fileName);
        if (path !== "" && !entry.fileName.endsWith("/")) entries.set(path, compact(path, entry));
        zip.readEntry();
      } catch (error) {
        reject(error as Error);
      }
    });
    zip.readEntry();
  });
}

/** yauzl has refused absolute paths and `..` and turned `\` into `/`. */
function normalName(name: string): string {
  if (Buffer.byteLength(name) > maxPathLength)
    throw new BadArchive(`it has a path of more than ${maxPathLength} bytes`);
  return name
    .split("/")
    .filter((step) => step !== "" && step !== ".")
    .join("/");
}

/** yauzl's entries keep what is not needed here, which adds up with 200,000 of them. */
function compact(path: string, entry: yauzl.Entry): ArchiveEntry {
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
    executable: madeOnUnix.has(entry.versionMadeBy >>> 8) && ((entry.externalFileAttributes >>> 16) & 0o111) !== 0,
  };
}

function archiveOf(source: ByteSource, entries: Map<string, ArchiveEntry>): BundleArchive {
  const paths = [...entries.keys()].sort();
  /** Where the paths that begin so, begin. */
  const firstFrom = (prefix: string): number => {
    let low = 0;
    for (let high = paths.length; low < high;) {
      const middle = (low + high) >>> 1;
      if (paths[middle]! < prefix) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const isFolder = (path: string) => path === "" || (paths[firstFrom(`${path}/`)] ?? "").startsWith(`${path}/`);

  async function contentStart(entry: ArchiveEntry): Promise<number> {
    const end = entry.offset + localHeaderBytes;
    if (end > source.size) throw new BadArchive(`${entry.path} lies beyond its end`);
    const header = await source.bytes(entry.offset, end);
    if (header.readUInt32LE(0) !== localHeaderMark)
      throw new BadArchive(`${entry.path} is not where the directory says`);
    const start = end + header.readUInt16LE(26) + header.readUInt16LE(28);
    if (start + entry.compressedSize > source.size) throw new BadArchive(`${entry.path} lies beyond its end`);
    return start;
  }

  async function* packed(entry: ArchiveEntry): AsyncIterable<Buffer> {
    const reason = unreadable(entry);
    if (reason) throw new BadArchive(reason);
    const start = await contentStart(entry);
    if (entry.compressedSize === 0) return;
    const end = start + entry.compressedSize;
    if (entry.compressedSize <= smallBytes) yield await source.bytes(start, end);
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
      for (let at = firstFrom(prefix); paths[at]?.startsWith(prefix); at += 1)
        found.push({ name: paths[at]!.slice(prefix.length), entry: entries.get(paths[at]!)! });
      return found.sort((one, other) => one.entry.offset - other.entry.offset);
    },
    contentStart,
    raw: (entry) => checkedRaw(entry, packed(entry)),
    content,
    async text(path) {
      const entry = entries.get(path);
      if (!entry) throw new BadText(`There is no ${path}.`);
      if (entry.size > maxText)
        throw new BadText(`${path} has more than ${maxText} bytes, which is too much for a text.`);
      const pieces: Buffer[] = [];
      for await (const piece of content(entry)) pieces.push(piece);
      const text = textOf(Buffer.concat(pieces));
      if (text === undefined) throw new BadText(`${path} is not a text in UTF-8. Save it in that encoding.`);
      return text;
    },
    async head(path, length) {
      let head: Buffer = Buffer.alloc(0);
      for await (const piece of content(entries.get(path)!)) {
        head = Buffer.concat([head, piece]).subarray(0, length);
        if (head.length === length) break;
      }
      return head;
    },
  };
}
