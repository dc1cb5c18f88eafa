import { buffer } from "node:stream/consumers";
import { crc32, deflateRawSync } from "node:zlib";
import * as yauzl from "yauzl";
import { ZipFile } from "yazl";

/** Files by path; a path that ends in "/" is an empty folder. */
export type Files = Record<string, string | Buffer>;

/** The same for all files, so that the same files make the same archive. */
const mtime = new Date("2026-01-01T00:00:00Z");

/** An ordinary zip archive. */
export async function zip(files: Files): Promise<Buffer> {
  const archive = new ZipFile();
  for (const [path, content] of Object.entries(files)) {
    if (path.endsWith("/")) archive.addEmptyDirectory(path, { mtime });
    else archive.addBuffer(Buffer.from(content as string), path, { mtime });
  }
  archive.end();
  return buffer(archive.outputStream);
}

/** The files of an archive, as text. */
export async function unzip(archive: Buffer): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const reader = await yauzl.fromBufferPromise(archive, { lazyEntries: true });
  for await (const entry of reader.eachEntry()) {
    files[entry.fileName] = entry.fileName.endsWith("/")
      ? ""
      : (await buffer(await reader.openReadStreamPromise(entry))).toString();
  }
  return files;
}

/** One entry of an archive that no ordinary program writes. */
export interface RawEntry {
  name: string;
  content?: string;
  /** Unix mode with file type, such as 0o120777 for a link. */
  mode?: number;
  /** What the archive says instead of the truth. */
  claim?: { size?: number; crc?: number; method?: number; flags?: number };
  /** Points at the data of the entry so many places before instead of having its own. */
  shares?: number;
}

/** A zip archive made byte by byte, with whatever is asked for in it. */
export function rawZip(entries: RawEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  const offsets: number[] = [];
  let offset = 0;
  for (const { name, content = "", mode = 0o100644, claim = {}, shares } of entries) {
    const data = deflateRawSync(content);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(0x800 | (claim.flags ?? 0), 2);
    fields.writeUInt16LE(claim.method ?? 8, 4);
    fields.writeUInt32LE(claim.crc ?? crc32(content), 10);
    fields.writeUInt32LE(data.length, 14);
    fields.writeUInt32LE(claim.size ?? Buffer.byteLength(content), 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const start = shares === undefined ? offset : (offsets[offsets.length - shares] as number);
    offsets.push(start);
    if (shares === undefined) {
      const local = Buffer.concat([Buffer.from("PK\x03\x04"), fields, Buffer.from(name), data]);
      parts.push(local);
      offset += local.length;
    }
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((mode << 16) >>> 0, 6);
    tail.writeUInt32LE(start, 10);
    directory.push(Buffer.from("PK\x01\x02"), Buffer.from([20, 3]), fields, tail, Buffer.from(name));
  }
  const directoryBytes = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06");
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directoryBytes.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, directoryBytes, end]);
}
