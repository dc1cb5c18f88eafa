import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";

/** Files by their path in an archive. */
export type Files = Record<string, string | Buffer>;

export async function zip(files: Files, { compress } = { compress: true }): Promise<Buffer> {
  const archive = new ZipFile();
  for (const [path, content] of Object.entries(files))
    archive.addBuffer(Buffer.from(content as string), path, { compress });
  archive.end();
  return buffer(archive.outputStream);
}
