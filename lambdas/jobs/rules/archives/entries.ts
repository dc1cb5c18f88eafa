/** Judges the entries of a zip: which of them can be unpacked, and why not. The worker and uploads judge alike. */
import type { Entry } from "yauzl";
import { entryName, madeOnUnix, shownPath } from "./names.ts";

/** Half of Linux's limit, because the worker's own folders are part of the path. */
export const maxPathBytes = 2_048;
/** More than real data sets have. The central directory of so many entries already has about 100 MB. */
export const maxEntries = 1_000_000;
/** Linux allows no longer targets. */
export const maxLinkBytes = 4_096;
const localHeaderBytes = 30;

/** Something that an archive unpacks to. */
export interface ArchiveItem {
  /** A relative byte path (see `names.ts`) without `.`, `..` and empty steps. */
  path: string;
  kind: "file" | "folder" | "link";
  /** Whether its owner may execute it. */
  executable: boolean;
  entry: Entry;
}

/** The archive cannot be unpacked. The message continues the sentence "The archive …" and has no full stop. */
export class UnusableArchive extends Error {}

/** The items of an archive whose entries can all be unpacked. `comment` is that of the archive. */
export class ArchiveItems {
  readonly #comment: string;
  /** Of a file that occurs twice, the last counts. */
  readonly #items = new Map<string, ArchiveItem>();
  #entries = 0;

  constructor(comment: string) {
    this.#comment = comment;
  }

  /** Adds the next entry. Throws `UnusableArchive`. */
  add(entry: Entry): void {
    if (++this.#entries > maxEntries) throw new UnusableArchive(`has more than ${maxEntries} entries`);
    const item = archiveItem(entry, this.#comment);
    if (item) this.#items.set(item.path, item);
  }

  /** All items, folders only if they have entries of their own. Throws `UnusableArchive`. */
  end(): ArchiveItem[] {
    const items = [...this.#items.values()];
    this.#refuseFilesAsFolders(items);
    refuseOverlap(items);
    return items;
  }

  #refuseFilesAsFolders(items: ArchiveItem[]): void {
    const folders = new Set<string>();
    for (const { path } of items) {
      for (let end = path.lastIndexOf("/"); end !== -1; end = path.lastIndexOf("/", end - 1)) {
        const folder = path.slice(0, end);
        if (folders.has(folder)) break;
        folders.add(folder);
        const item = this.#items.get(folder);
        if (item && item.kind !== "folder")
          throw new UnusableArchive(`has "${shownPath(folder)}" as a ${item.kind} and as a folder`);
      }
    }
  }
}

const typeMask = 0o170000;
const linkType = 0o120000;
const regularType = 0o100000;
const folderType = 0o040000;

/** Compression methods that people meet, by number. */
const methods: Record<number, string> = { 9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ" };

/** Judges an entry of an archive with this comment. Null for the root folder. Throws `UnusableArchive`. */
export function archiveItem(entry: Entry, comment: string): ArchiveItem | null {
  const name = entryName(entry, comment);
  const shown = shownPath(name);
  const mode = madeOnUnix(entry) ? entry.externalFileAttributes >>> 16 : 0;
  const type = mode & typeMask;
  if (type !== 0 && type !== regularType && type !== folderType && type !== linkType)
    throw new UnusableArchive(`has a device or another special file, "${shown}"`);
  if (entry.isEncrypted()) throw new UnusableArchive(`is encrypted ("${shown}"); create it without a password`);
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) {
    const method = methods[entry.compressionMethod] ?? `method ${entry.compressionMethod}`;
    throw new UnusableArchive(
      `compresses "${shown}" with ${method}, but only Deflate is supported; create it with a standard zip program and its default settings`,
    );
  }
  if (name.includes("\0")) throw new UnusableArchive("has a NUL character in a name");
  // A slash at the start is removed, as other programs do.
  const steps = name.split("/").filter((step) => step !== "" && step !== ".");
  if (steps.includes("..")) throw new UnusableArchive(`has a path that leads out of it, "${shown}"`);
  const long = steps.find((step) => step.length > 255);
  if (long !== undefined)
    throw new UnusableArchive(`has a name longer than 255 bytes, "${shownPath(long.slice(0, 40))}…"`);
  if (steps.length === 0) return null;
  const path = steps.join("/");
  if (path.length > maxPathBytes)
    throw new UnusableArchive(`has a path that is too long, "${shownPath(path.slice(0, 80))}…"`);
  if (type === linkType) {
    if (entry.uncompressedSize > maxLinkBytes)
      throw new UnusableArchive(`has a link with too long a target, "${shown}"`);
    return { path, kind: "link", executable: false, entry };
  }
  return { path, kind: name.endsWith("/") ? "folder" : "file", executable: (mode & 0o111) !== 0, entry };
}

/** Refuses entries that share data, which zip bombs use to exceed deflate's maximum ratio of 1000. */
function refuseOverlap(items: ArchiveItem[]): void {
  const entries = items.map(({ entry }) => entry);
  entries.sort((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader);
  let end = 0;
  for (const { relativeOffsetOfLocalHeader: start, fileNameLength, compressedSize, fileNameRaw } of entries) {
    if (start < end) throw new UnusableArchive(`has entries that overlap ("${fileNameRaw.toString()}")`);
    end = start + localHeaderBytes + fileNameLength + compressedSize;
  }
}
