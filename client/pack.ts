/**
 * Zips a folder as a bundle or a submission. The folder's content is at the root of the zip.
 *
 *     node client/pack.ts examples/temperature-forecast/bundle /tmp/weather.zip
 */
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import type { Readable } from "node:stream";
import { ZipFile } from "yazl";

/** Files that operating systems, editors and Python create. */
const isLitter = (name: string): boolean => name.startsWith(".") || name === "__pycache__" || name === "__MACOSX";

/** The oldest date that a zip can hold, in every time zone. */
const mtime = new Date(1980, 0, 1);

/**
 * Zips the files and empty folders below a folder. The same content gives the same bytes. Leaves out hidden files and compiled Python
 * files, follows links, and keeps programs executable. `replacements` maps paths relative to the folder to other
 * content for these files.
 */
export async function zipFolder(folder: string, replacements: Record<string, string> = {}): Promise<Readable> {
  const zip = new ZipFile();
  for (const { path, executable } of await filesBelow(folder)) {
    if (path.endsWith("/")) {
      zip.addEmptyDirectory(path, { mtime, forceDosTimestamp: true, mode: 0o040755 });
      continue;
    }
    const options = { mtime, forceDosTimestamp: true, mode: executable ? 0o100755 : 0o100644 };
    const content = replacements[path];
    if (content === undefined) zip.addFile(join(folder, path), path, options);
    else zip.addBuffer(Buffer.from(content), path, options);
  }
  zip.end();
  const stream = zip.outputStream as Readable;
  // The zip reports unreadable files, its stream does not.
  zip.on("error", (error: Error) => stream.destroy(error));
  return stream;
}

/** Like `zipFolder`, but returns one buffer. */
export async function packFolder(folder: string, replacements: Record<string, string> = {}): Promise<Buffer> {
  return buffer(await zipFolder(folder, replacements));
}

async function filesBelow(folder: string, prefix = ""): Promise<{ path: string; executable: boolean }[]> {
  const names = (await readdir(join(folder, prefix))).filter((name) => !isLitter(name));
  const found = await Promise.all(
    names.map(async (name) => {
      const path = prefix + name;
      const info = await stat(join(folder, path));
      if (info.isDirectory()) return filesBelow(folder, `${path}/`);
      return info.isFile() ? [{ path, executable: (info.mode & 0o111) !== 0 }] : [];
    }),
  );
  if (names.length === 0 && prefix !== "") return [{ path: prefix, executable: false }];
  return found.flat().sort((one, other) => (one.path < other.path ? -1 : 1));
}

if (import.meta.main) {
  const [folder, target] = process.argv.slice(2);
  if (!folder || !target) {
    console.error("usage: node client/pack.ts FOLDER OUT.zip");
    process.exit(2);
  }
  await writeFile(target, await zipFolder(folder));
  console.log(`${target}: ${(await stat(target)).size} bytes`);
}
