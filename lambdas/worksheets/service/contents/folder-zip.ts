/** Writes a folder as the one zip that the store keeps of it, while its members arrive. */
import { dirname, relative } from "node:path/posix";
import { promisify } from "node:util";
import { crc32, deflateRaw, deflateRawSync } from "node:zlib";
import { maxEntries, maxLinkBytes, UnusableArchive } from "../../../jobs/rules/archives/entries.ts";
import {
  deflatedZeros,
  lastBlock,
  level,
  mayShrink,
  pieceBytes,
  pieceOptions,
  zeros,
} from "../../../jobs/rules/archives/zip-pieces.ts";
import {
  descriptor,
  directoryEnd,
  directoryRecord,
  localHeader,
  type EntryFacts,
  type Written,
} from "../../../jobs/rules/archives/zip-records.ts";
import type { FolderEntry, Stored } from "../../rules/contents/folder-entry.ts";
import type { Member } from "../../rules/contents/member.ts";
import { piecesOf } from "./pieces.ts";

/** Below this, compressing takes less time than waiting for another thread to do it. */
const maxAtOnceBytes = 16_384;
/** A file of so many bytes may need more than 32 bits for its size in the zip. */
const largeBytes = 0xf000_0000;
const [fileType, folderType, linkType] = [0o100000, 0o040000, 0o120000];
const recordsAtOnce = 1024;

/** What the writer of a folder needs of its surroundings. */
export interface FolderSink {
  /** Called before bytes of files are written. What it throws ends the writing. */
  take(bytes: number): Promise<void>;
  /** Keeps an entry of the index. Of two with one path the last counts, but a folder is not `implied` by its members if it has an entry. */
  index(entry: FolderEntry, options: { implied: boolean }): Promise<void>;
  /** The entry with a path, if there was one. */
  find(path: string): Promise<FolderEntry | undefined>;
}

const deflate = promisify<Buffer, object, Buffer>(deflateRaw);

/**
 * The bytes of a zip with these members. Large files are compressed in pieces of 1 MiB that can be read by themselves; the index says
 * where they begin. Needs a few pieces of memory, and about 100 bytes for each member until the directory is written.
 */
export async function* folderZip(members: AsyncIterable<Member>, sink: FolderSink): AsyncIterable<Buffer> {
  const directory = new Directory();
  const folders = new Set<string>();
  let at = 0;
  let entries = 0;
  /** Counts an entry. */
  const add = async (entry: FolderEntry, implied = false) => {
    if (++entries > maxEntries) throw new UnusableArchive(`has more than ${maxEntries} files and folders`);
    await sink.index(entry, { implied });
  };
  for await (const { path, mode, modified, entry } of members) {
    for (const folder of foldersAbove(path)) {
      if (folders.has(folder)) break;
      folders.add(folder);
      await add({ path: folder, type: "directory", mode: 0o755, modified, size: 0 }, true);
    }
    const start = at;
    const facts = (name: string, type: number): EntryFacts => ({ name, mtime: modified, mode: type | mode });
    if (entry.type === "file") {
      const file = facts(path, fileType);
      const writing = entry.size > pieceBytes ? large(file, entry, sink) : small(file, entry, sink);
      let step = await writing.next();
      for (; !step.done; step = await writing.next()) {
        at += step.value.length;
        yield step.value;
      }
      const { written, stored } = step.value;
      directory.add(directoryRecord(file, written, start));
      await add({
        path,
        type: "file",
        mode,
        modified,
        size: written.size,
        stored: { ...stored, start: start + stored.start },
      });
      continue;
    }
    const target =
      entry.type === "link" ? entry.target : entry.type === "same" ? relative(dirname(path), entry.as) : null;
    if (target === "" || target?.includes("\0"))
      throw new UnusableArchive(`has a link without a valid target, "${path}"`);
    if (target !== null && Buffer.byteLength(target) > maxLinkBytes)
      throw new UnusableArchive(`has a link with too long a target, "${path}"`);
    const content = Buffer.from(target ?? "");
    const written = { crc: crc32(content), size: content.length, compressedSize: content.length, deflated: false };
    const link = target === null ? facts(`${path}/`, folderType) : facts(path, linkType);
    const bytes = Buffer.concat([localHeader(link, written, false), content]);
    at += bytes.length;
    yield bytes;
    directory.add(directoryRecord(link, written, start));
    if (entry.type === "directory") {
      folders.add(path);
      await add({ path, type: "directory", mode, modified, size: 0 });
    } else if (entry.type === "link")
      await add({ path, type: "link", mode: 0o777, modified, size: content.length, target: entry.target });
    else {
      // Readers of the index find the content of the other file here; the zip has a link, because it stores content once.
      const same = await sink.find(entry.as);
      if (same?.type !== "file")
        throw new UnusableArchive(`has a hard link to a file that is not before it, "${path}"`);
      await add({ ...same, path });
    }
  }
  yield* directory.end(at);
}

/** The folders above a path, the innermost first. */
function* foldersAbove(path: string): Iterable<string> {
  for (let end = path.lastIndexOf("/"); end !== -1; end = path.lastIndexOf("/", end - 1)) yield path.slice(0, end);
}

interface WrittenFile {
  written: Written;
  /** `start` is relative to the header. */
  stored: Stored;
}

type File = { size: number; content: AsyncIterable<Buffer> };

/** A file whose sizes are known before it is written. */
async function* small(
  facts: EntryFacts,
  { size, content }: File,
  sink: FolderSink,
): AsyncGenerator<Buffer, WrittenFile> {
  await sink.take(size);
  const bytes = Buffer.alloc(size);
  let length = 0;
  for await (const piece of content) length += piece.copy(bytes, length);
  requireSize(facts, length, size);
  const smaller =
    size === 0 || !mayShrink(bytes)
      ? bytes
      : await (size > maxAtOnceBytes ? deflate : deflateRawSync)(bytes, { level });
  const deflated = smaller.length < size;
  const data = deflated ? smaller : bytes;
  const written = { crc: crc32(bytes), size, compressedSize: data.length, deflated };
  const header = localHeader(facts, written, false);
  yield Buffer.concat([header, data]);
  return { written, stored: { start: header.length, bytes: data.length, deflated, points: null } };
}

/** 16 TiB: more than the store takes. What an archive says must not decide how much memory is taken. */
const maxFileBytes = 2 ** 44;

/** A file in pieces, whose sizes follow it. */
async function* large(
  facts: EntryFacts,
  { size, content }: File,
  sink: FolderSink,
): AsyncGenerator<Buffer, WrittenFile> {
  if (size > maxFileBytes)
    throw new UnusableArchive(`has a file "${facts.name}" of ${size} bytes, which nothing can store`);
  const written: Written = { crc: 0, size: 0, compressedSize: 0, deflated: true, streamed: true };
  const isLarge = size >= largeBytes;
  const header = localHeader(facts, written, isLarge);
  yield header;
  const points = Buffer.alloc(8 * Math.ceil(size / pieceBytes));
  for await (const piece of piecesOf(content, pieceBytes)) {
    await sink.take(piece.length);
    requireSize(facts, Math.min(written.size + piece.length, size), written.size + piece.length);
    points.writeBigUInt64BE(BigInt(written.compressedSize), 8 * (written.size / pieceBytes));
    const data = piece.equals(zeros) ? deflatedZeros : await deflate(piece, pieceOptions(piece));
    written.crc = crc32(piece, written.crc);
    written.size += piece.length;
    written.compressedSize += data.length;
    yield data;
  }
  requireSize(facts, written.size, size);
  written.compressedSize += lastBlock.length;
  yield lastBlock;
  yield descriptor(written, isLarge);
  return { written, stored: { start: header.length, bytes: written.compressedSize, deflated: true, points } };
}

function requireSize({ name }: EntryFacts, is: number, should: number): void {
  if (is !== should) throw new UnusableArchive(`is damaged: "${name}" has another size than it says`);
}

/** The directory at the end of a zip. */
class Directory {
  #whole: Buffer[] = [];
  #last: Buffer[] = [];
  #entries = 0;

  add(record: Buffer): void {
    this.#entries += 1;
    if (this.#last.push(record) < recordsAtOnce) return;
    this.#whole.push(Buffer.concat(this.#last));
    this.#last = [];
  }

  *end(start: number): Iterable<Buffer> {
    let bytes = 0;
    for (const records of [...this.#whole, ...this.#last]) {
      bytes += records.length;
      yield records;
    }
    yield directoryEnd(this.#entries, start, bytes, Buffer.alloc(0));
  }
}
