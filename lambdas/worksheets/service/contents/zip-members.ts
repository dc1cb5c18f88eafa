import { crc32, createInflateRaw } from "node:zlib";
import * as yauzl from "yauzl";
import { archiveItem, maxEntries, UnusableArchive, type ArchiveItem } from "../../../jobs/rules/archives/entries.ts";
import { SourceReader, zipPart, type ByteSource } from "../../../competitions/service/bundle-import/byte-source.ts";
import { memberPath, sayableTime, textOfBytes, type Member, type MemberEntry } from "../../rules/contents/member.ts";
import { through } from "./streams.ts";

const localHeaderBytes = 30;

/** The members of a stored zip, in the order of its directory. Throws `UnusableArchive` if it cannot be unpacked. */
export async function* zipMembers(whole: ByteSource): AsyncIterable<Member> {
  const source = await zipPart(whole);
  const reader = new SourceReader(source);
  try {
    const options = { lazyEntries: true, autoClose: false, decodeStrings: false };
    const zip = await yauzl.fromRandomAccessReaderPromise(reader, source.size, options);
    if (zip.entryCount > maxEntries) throw new UnusableArchive(`has more than ${maxEntries} entries`);
    const comment = (zip.comment as unknown as Buffer).toString();
    for await (const entry of zip.eachEntry()) {
      const item = archiveItem(entry, comment);
      const path = item && memberPath(textOfBytes(item.path));
      if (path)
        yield {
          path,
          ...modeOf(item),
          modified: sayableTime(entry.getLastModDate()),
          entry: await entryOf(source, item),
        };
    }
  } catch (error) {
    if (reader.failure) throw reader.failure;
    if (error instanceof UnusableArchive || !isOfZip(error as Error)) throw error;
    throw new UnusableArchive(`is not a zip, or is damaged: ${(error as Error).message}`);
  }
}

/** Errors of yauzl and zlib have no code of a system or service. */
const isOfZip = (error: Error): boolean => {
  const { code } = error as NodeJS.ErrnoException;
  return error.constructor === Error && (code === undefined || code.startsWith("Z_"));
};

function modeOf({ kind, entry }: ArchiveItem): { mode: number } {
  const mode = (entry.externalFileAttributes >>> 16) & 0o777;
  return { mode: mode === 0 ? (kind === "folder" ? 0o755 : 0o644) : mode };
}

async function entryOf(source: ByteSource, { kind, entry }: ArchiveItem): Promise<MemberEntry> {
  if (kind === "folder") return { type: "directory" };
  const content = contentOf(source, entry);
  if (kind === "file") return { type: "file", size: entry.uncompressedSize, content };
  const pieces: Buffer[] = [];
  for await (const piece of content) pieces.push(piece);
  return { type: "link", target: Buffer.concat(pieces).toString() };
}

/** The content of an entry. Throws `UnusableArchive` if size or checksum are wrong. */
async function* contentOf(source: ByteSource, entry: yauzl.Entry): AsyncIterable<Buffer> {
  const header = await source.bytes(
    entry.relativeOffsetOfLocalHeader,
    entry.relativeOffsetOfLocalHeader + localHeaderBytes,
  );
  const start =
    entry.relativeOffsetOfLocalHeader + localHeaderBytes + header.readUInt16LE(26) + header.readUInt16LE(28);
  const end = start + entry.compressedSize;
  if (end > source.size) throw new UnusableArchive("is damaged: it is shorter than its directory says");
  const stored = source.pieces(start, end);
  let [size, checksum] = [0, 0];
  for await (const piece of entry.compressionMethod === 0 ? stored : through(stored, createInflateRaw())) {
    size += piece.length;
    if (size > entry.uncompressedSize) break;
    checksum = crc32(piece, checksum);
    yield piece;
  }
  if (size !== entry.uncompressedSize || checksum !== entry.crc32)
    throw new UnusableArchive(`is damaged at "${entry.fileNameRaw.toString()}"`);
}
