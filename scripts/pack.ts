/**
 * Zips a folder as a bundle or a submission, its content at the root of the zip:
 *
 *     node scripts/pack.ts examples/temperature-forecast/bundle /tmp/weather.zip
 */
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import type { Readable } from "node:stream";
import { ZipFile } from "yazl";

/** What operating systems, editors and Python leave behind. */
const isLitter = (name: string): boolean => name.startsWith(".") || name === "__pycache__" || name === "__MACOSX";

/** The oldest date that a zip can hold, in whatever time zone this runs. */
const mtime = new Date(1980, 0, 1);

/**
 * A zip of the files below a folder, the same bytes for the same content. Hidden files and what Python compiled are left
 * out. `replacements` gives files other content than they have in the folder, by path relative to it.
 */
export async function packFolder(folder: string, replacements: Record<string, string> = {}): Promise<Buffer> {
  const zip = new ZipFile();
  for (const path of await filesBelow(folder)) {
    const content = replacements[path] ?? (await readFile(join(folder, path)));
    zip.addBuffer(Buffer.from(content), path, { mtime, forceDosTimestamp: true, mode: 0o100644 });
  }
  zip.end();
  return buffer(zip.outputStream as Readable);
}

async function filesBelow(folder: string, prefix = ""): Promise<string[]> {
  const entries = await readdir(join(folder, prefix), { withFileTypes: true });
  const found = await Promise.all(
    entries
      .filter(({ name }) => !isLitter(name))
      .map((entry) => (entry.isDirectory() ? filesBelow(folder, `${prefix}${entry.name}/`) : [prefix + entry.name])),
  );
  return found.flat().sort();
}

if (import.meta.main) {
  const [folder, target] = process.argv.slice(2);
  if (!folder || !target) {
    console.error("usage: node scripts/pack.ts FOLDER OUT.zip");
    process.exit(2);
  }
  const zip = await packFolder(folder);
  await writeFile(target, zip);
  console.log(`${target}: ${zip.length} bytes`);
}
