import { closeSync, constants, fchmodSync, ftruncateSync, openSync, symlinkSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { crc32, createInflateRaw, inflateRawSync } from "node:zlib";
import type { Entry } from "yauzl";
import { ArchiveItems, UnusableArchive } from "../lambdas/jobs/rules/archives/entries.ts";
import type { ArchiveItem } from "../lambdas/jobs/rules/archives/entries.ts";
import { linkProblem } from "../lambdas/jobs/rules/archives/links.ts";
import { shownPath } from "../lambdas/jobs/rules/archives/names.ts";
import { folderWithMetadata } from "../lambdas/jobs/rules/archives/top-folder.ts";
import { pieceBytes, zeros } from "../lambdas/jobs/rules/archives/zip-pieces.ts";
import { openArchive } from "./archive-file.ts";
import type { OpenArchive } from "./archive-file.ts";
import { maxEntriesOf } from "./disk-watch.ts";
import { readableSize, StepFailure } from "./failure.ts";
import { parentOf, pathIn, SharedFolders } from "./tree.ts";
import { writeAll } from "./zip-writer.ts";

/** The compression method of contents that are stored as they are. All others here are compressed with deflate. */
const stored = 0;
/** Contents up to this size are decompressed at once. Starting a stream takes longer than they do. */
const maxAtOnceBytes = 4 * pieceBytes;

export interface UnpackOptions {
  /** Name of the archive in messages. */
  label: string;
  /** The unpacked bytes are deducted from it. */
  budget: DiskBudget;
  /** Whether the content of a single top folder with metadata is unpacked without that folder. */
  liftTopFolder?: boolean | undefined;
  /** Whether links are kept that lead out of the folder. Then nothing may be written into the folder later. */
  strayLinks?: boolean | undefined;
}

/** What the archives of a step may unpack to, all together. */
export class DiskBudget {
  readonly #maxBytes: number;
  #bytes = 0;
  #entries = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Deducts what an archive unpacks to. Throws `StepFailure` DISK_LIMIT when that is too much. */
  take({ bytes, entries }: { bytes: number; entries: number }, label: string): void {
    this.#bytes += bytes;
    this.#entries += entries;
    const limit = readableSize(this.#maxBytes);
    if (this.#bytes > this.#maxBytes)
      throw new StepFailure(
        "DISK_LIMIT",
        `The unpacked archives of this step exceed its disk limit of ${limit} ("${label}" alone has ${readableSize(bytes)}).`,
      );
    const maxEntries = maxEntriesOf(this.#maxBytes);
    if (this.#entries > maxEntries)
      throw new StepFailure(
        "DISK_LIMIT",
        `The unpacked archives of this step have more than ${maxEntries} files and folders, which is the limit that belongs to its disk limit of ${limit} ("${label}" alone has ${entries}).`,
      );
  }
}

/**
 * Unpacks a zip archive into an existing folder. All files are readable and writable for every user, because images
 * define the users of containers. All entries are checked before the first byte is written. Throws `StepFailure`
 * BAD_ARCHIVE, whose message names the archive and the entry, or DISK_LIMIT. Mostly synchronous, for the process of an
 * `Archiver`: an archive may have very many entries.
 */
export async function unpack(path: string, folder: string, options: UnpackOptions): Promise<void> {
  const { label, budget } = options;
  const archive = await openArchive(path).catch(() => {
    throw badArchive(
      label,
      "is not a zip archive, or a part of it is missing; create it with a standard zip program and upload all of it",
    );
  });
  try {
    // In the order of their contents, so that each part of the archive is read once.
    const items = (await listing(archive, options)).sort(
      (a, b) => a.entry.relativeOffsetOfLocalHeader - b.entry.relativeOffsetOfLocalHeader,
    );
    const links = linksOf(archive, items, options);
    const files = items.filter(({ kind }) => kind === "file");
    const folders = foldersOf(items);
    const bytes = items.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0);
    budget.take({ bytes, entries: files.length + links.size + folders.size }, label);
    const shared = new SharedFolders(folder);
    for (const one of folders) shared.make(one);
    for (const item of files) await writeFile(archive, item, folder, label);
    // Last, so that no file is written through a link.
    for (const [at, target] of links) {
      try {
        symlinkSync(Buffer.from(target, "latin1"), pathIn(folder, at));
      } catch (error) {
        throw refusedExisting(label, at, error as NodeJS.ErrnoException);
      }
    }
  } finally {
    archive.close();
  }
}

/** All folders of an archive, also those that have no entry of their own. */
function foldersOf(items: ArchiveItem[]): Set<string> {
  const folders = new Set<string>();
  for (const { path, kind } of items)
    for (
      let folder = kind === "folder" ? path : parentOf(path);
      folder !== "" && !folders.has(folder);
      folder = parentOf(folder)
    )
      folders.add(folder);
  return folders;
}

async function listing({ zip, comment }: OpenArchive, { label, liftTopFolder }: UnpackOptions): Promise<ArchiveItem[]> {
  const items = new ArchiveItems(comment);
  try {
    for await (const entry of zip.eachEntry()) items.add(entry);
    const listed = items.end();
    return liftTopFolder === true ? lifted(listed) : listed;
  } catch (error) {
    if (error instanceof UnusableArchive) throw badArchive(label, error.message);
    throw badArchive(label, `has a bad entry: ${(error as Error).message}`);
  }
}

/** The items of the single top folder with metadata, if there is one, with paths relative to it. */
function lifted(items: ArchiveItem[]): ArchiveItem[] {
  const folder = folderWithMetadata(items.flatMap(({ path, kind }) => (kind === "file" ? path : [])));
  if (folder === undefined) return items;
  const prefix = `${folder}/`;
  return items.flatMap((item) =>
    item.path.startsWith(prefix) ? { ...item, path: item.path.slice(prefix.length) } : [],
  );
}

/** The targets of all links by path. Throws BAD_ARCHIVE if one of them leads out of the archive and may not. */
function linksOf(
  archive: OpenArchive,
  items: ArchiveItem[],
  { label, strayLinks = false }: UnpackOptions,
): Map<string, string> {
  const links = new Map<string, string>();
  for (const { path, kind, entry } of items) {
    if (kind !== "link") continue;
    let target: Buffer;
    try {
      target = contentAtOnce(archive, entry);
    } catch (error) {
      throw damaged(label, path, error as Error);
    }
    if (target.length === 0 || target.includes(0))
      throw badArchive(label, `has a link without a valid target, "${shownPath(path)}"`);
    links.set(path, target.toString("latin1"));
  }
  for (const path of strayLinks ? [] : links.keys()) {
    const problem = linkProblem(path, links);
    if (problem !== undefined) throw badArchive(label, `has a symbolic link that ${problem}, "${shownPath(path)}"`);
  }
  return links;
}

async function writeFile(
  archive: OpenArchive,
  { path, entry, executable }: ArchiveItem,
  folder: string,
  label: string,
): Promise<void> {
  const file = createFile(pathIn(folder, path), label, path);
  try {
    fchmodSync(file, executable ? 0o777 : 0o666);
    if (isSmall(entry)) writeAll(file, contentAtOnce(archive, entry), 0);
    else await writePieces(archive, entry, file);
  } catch (error) {
    // Disk errors have a code of the operating system; all other errors are about the archive.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== undefined && /^E[A-Z]+$/.test(code)) throw error;
    throw damaged(label, path, error as Error);
  } finally {
    closeSync(file);
  }
}

/** Exclusive, so that an existing file or link is never written to. */
function createFile(path: Buffer, label: string, shown: string): number {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  } catch (error) {
    throw refusedExisting(label, shown, error as NodeJS.ErrnoException);
  }
}

const isSmall = ({ compressedSize, uncompressedSize }: Entry) =>
  compressedSize <= pieceBytes && uncompressedSize <= maxAtOnceBytes;

/** The content of a small entry. Throws if the archive is damaged. */
function contentAtOnce(archive: OpenArchive, entry: Entry): Buffer {
  if (!isSmall(entry)) throw new Error("it has too much data");
  const { uncompressedSize: size, compressionMethod } = entry;
  const data = archive.stored(entry);
  // The option must not be 0. More data than this are an error.
  const content = compressionMethod === stored ? data : inflateRawSync(data, { maxOutputLength: size + 1 });
  requireRight(entry, content.length, crc32(content));
  return content;
}

/** Writes a large content piece by piece. Zeros become holes, because they may have been holes before. */
async function writePieces(archive: OpenArchive, entry: Entry, file: number): Promise<void> {
  let size = 0;
  let checksum = 0;
  const write = async (pieces: AsyncIterable<Buffer> | Iterable<Buffer>) => {
    for await (const piece of pieces) {
      if (size + piece.length > entry.uncompressedSize) throw new Error("it has more data than its directory says");
      checksum = crc32(piece, checksum);
      if (!piece.equals(zeros.subarray(0, piece.length))) writeAll(file, piece, size);
      size += piece.length;
    }
  };
  if (entry.compressionMethod === stored) await write(archive.pieces(entry));
  else await pipeline(archive.pieces(entry), createInflateRaw({ chunkSize: pieceBytes }), write);
  requireRight(entry, size, checksum);
  ftruncateSync(file, size);
}

function requireRight(entry: Entry, size: number, checksum: number): void {
  if (size !== entry.uncompressedSize) throw new Error("its size is wrong");
  if (checksum !== entry.crc32) throw new Error("its checksum is wrong");
}

function refusedExisting(label: string, path: string, error: NodeJS.ErrnoException): Error {
  if (error.code !== "EEXIST") return error;
  return badArchive(label, `has "${shownPath(path)}", which another archive of the same folder has too`);
}

const damaged = (label: string, path: string, { message }: Error): StepFailure =>
  badArchive(label, `is damaged at "${shownPath(path)}": ${message}`);

const badArchive = (label: string, what: string): StepFailure =>
  new StepFailure("BAD_ARCHIVE", `The archive "${label}" ${what.replace(/\.$/, "")}.`);
