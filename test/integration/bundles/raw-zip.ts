/** Writes zips field by field, with the errors that a test needs. */
import { crc32, deflateRawSync } from "node:zlib";

export interface Entry {
  name: string | Buffer;
  content: Buffer | string;
  stored?: boolean;
  /** Unix mode with the file type, for example 0o120777 for a symbolic link. */
  mode?: number;
  /** What the directory declares instead of the actual values. */
  claim?: Partial<Record<"method" | "flags" | "crc" | "packedSize" | "size" | "offset" | "time" | "date", number>>;
  /** Content of the directory's extra field. */
  extra?: Buffer;
}

const utf8 = 0x0800;

/** Writes a zip of entries in order. `count` is declared as the number of entries. */
export function rawZip(entries: Entry[], { count, comment = "" }: { count?: number; comment?: string } = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, stored = false, mode = 0o100644, claim = {}, extra = Buffer.alloc(0) } of entries) {
    const whole = Buffer.from(content as string);
    const packed = stored ? whole : deflateRawSync(whole);
    const nameBytes = Buffer.from(name as string);
    const fields = (said: typeof claim, extraBytes: number) => {
      const bytes = Buffer.alloc(26);
      bytes.writeUInt16LE(20, 0);
      bytes.writeUInt16LE(said.flags ?? utf8, 2);
      bytes.writeUInt16LE(said.method ?? (stored ? 0 : 8), 4);
      bytes.writeUInt16LE(said.time ?? 0, 6);
      bytes.writeUInt16LE(said.date ?? 0x21, 8);
      bytes.writeUInt32LE(said.crc ?? crc32(whole), 10);
      bytes.writeUInt32LE(said.packedSize ?? packed.length, 14);
      bytes.writeUInt32LE(said.size ?? whole.length, 18);
      bytes.writeUInt16LE(nameBytes.length, 22);
      bytes.writeUInt16LE(extraBytes, 24);
      return bytes;
    };
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((mode << 16) >>> 0, 6);
    tail.writeUInt32LE(claim.offset ?? offset, 10);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), fields({}, 0), nameBytes, packed]);
    parts.push(local);
    offset += local.length;
    directory.push(Buffer.from("PK\x01\x02\x14\x03", "latin1"), fields(claim, extra.length), tail, nameBytes, extra);
  }
  const directoryBytes = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06");
  end.writeUInt16LE(count ?? entries.length, 8);
  end.writeUInt16LE(count ?? entries.length, 10);
  end.writeUInt32LE(directoryBytes.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(Buffer.byteLength(comment), 20);
  return Buffer.concat([...parts, directoryBytes, end, Buffer.from(comment)]);
}
