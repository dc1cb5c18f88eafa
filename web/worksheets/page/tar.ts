/** Packs a folder for an upload, without reading its files into memory: browsers keep large parts of a packed file on the disk. */

/** A file of a folder, under the path that it has there. */
export interface FolderFile {
  path: string;
  file: File;
}

const blockBytes = 512;
const text = new TextEncoder();

/** A folder as a compressed archive. */
export async function packed(files: readonly FolderFile[]): Promise<Blob> {
  const parts = files.flatMap(({ path, file }) => [...headersOf(path, file), file, new Uint8Array(padding(file.size))]);
  const archive = new Blob([...parts, new Uint8Array(2 * blockBytes)]);
  return new Response(archive.stream().pipeThrough(new CompressionStream("gzip"))).blob();
}

const padding = (size: number) => (blockBytes - (size % blockBytes)) % blockBytes;

/** The headers of a file. A path or size that has no room in the usual one stands in one of its own before it (pax). */
function headersOf(path: string, { size, lastModified }: File): Uint8Array<ArrayBuffer>[] {
  const seconds = Math.floor(lastModified / 1000);
  const more = text.encode(record("path", path) + record("size", String(size)));
  return [
    header({ name: "pax", size: more.length, seconds, type: "x" }),
    more,
    new Uint8Array(padding(more.length)),
    header({ name: "file", size: size < 8 ** 11 ? size : 0, seconds, type: "0" }),
  ];
}

/** `LENGTH key=value`, of which the length counts itself. */
function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = text.encode(rest).length;
  let length = bytes + String(bytes).length;
  if (String(length).length + bytes > length) length++;
  return `${length}${rest}`;
}

function header(entry: { name: string; size: number; seconds: number; type: string }): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(blockBytes);
  const put = (at: number, value: string) => block.set(text.encode(value), at);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  put(0, entry.name);
  put(100, octal(0o644, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(entry.size, 11));
  put(136, octal(entry.seconds, 11));
  // The sum is computed with spaces in its own place.
  put(148, " ".repeat(8));
  put(156, entry.type);
  put(257, "ustar");
  put(263, "00");
  put(
    148,
    `${octal(
      block.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\0 `,
  );
  return block;
}
