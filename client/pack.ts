/**
 * Zips a folder as a bundle or a submission. The folder's content is at the root of the zip.
 *
 *     node client/pack.ts examples/temperature-forecast/bundle /tmp/weather.zip
 */
import { createReadStream } from "node:fs";
import { readdir, stat, writeFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import type { Readable } from "node:stream";
import { ZipFile } from "yazl";
import { archiveNames, encodedNames, shownPath } from "../lambdas/jobs/rules/archives/names.ts";

/** Files that operating systems, editors and Python create. */
const isLitter = (name: string): boolean => name.startsWith(".") || name === "__pycache__" || name === "__MACOSX";

/** The oldest date that a zip can hold, in every time zone. */
const mtime = new Date(1980, 0, 1);

/**
 * Zips the files and empty folders below a folder. The same content gives the same bytes. Leaves out hidden files and
 * compiled Python files, follows links, and keeps programs executable. `replacements` maps paths relative to the folder to other
 * content for these files. Names that not every zip program supports are percent-encoded, as in outputs.
 */
export async function zipFolder(folder: string, replacements: Record<string, string> = {}): Promise<Readable> {
  const zip = new ZipFile();
  const files = await filesBelow(folder);
  const { encoded, nameOf } = archiveNames(files.map(({ path }) => path));
  for (const { path, kind, executable } of files) {
    if (kind === "folder") {
      zip.addEmptyDirectory(nameOf(path), { mtime, forceDosTimestamp: true, mode: 0o040755 });
      continue;
    }
    const options = { mtime, forceDosTimestamp: true, mode: executable ? 0o100755 : 0o100644 };
    const content = replacements[shownPath(path)];
    if (content !== undefined) zip.addBuffer(Buffer.from(content), nameOf(path), options);
    else
      zip.addReadStreamLazy(nameOf(path), options, (use) =>
        use(
          null,
          createReadStream(pathIn(folder, path)).once("error", (error) => zip.emit("error", error)),
        ),
      );
  }
  zip.end({ forceZip64Format: false, comment: encoded ? encodedNames : "" });
  const stream = zip.outputStream as Readable;
  // The zip reports unreadable files, its stream does not.
  zip.on("error", (error: Error) => stream.destroy(error));
  return stream;
}

/** Like `zipFolder`, but returns one buffer. */
export async function packFolder(folder: string, replacements: Record<string, string> = {}): Promise<Buffer> {
  return buffer(await zipFolder(folder, replacements));
}

/** The path of a file in a folder, from its relative byte path. */
const pathIn = (folder: string, path: string): Buffer =>
  Buffer.concat([Buffer.from(folder), Buffer.from(path === "" ? "" : `/${path}`, "latin1")]);

/** A file or an empty folder, with its relative byte path. */
interface Packed {
  path: string;
  kind: "file" | "folder";
  executable: boolean;
}

/** `above` has the identities of the folders that `prefix` is in, to notice links that lead in a circle. */
async function filesBelow(folder: string, prefix = "", above: readonly string[] = []): Promise<Packed[]> {
  const { dev, ino } = await stat(pathIn(folder, prefix), { bigint: true });
  const here = `${dev} ${ino}`;
  if (above.includes(here))
    throw Object.assign(new Error("a link leads in a circle"), {
      code: "ELOOP",
      path: pathIn(folder, prefix).toString(),
    });
  const names = (await readdir(pathIn(folder, prefix), { encoding: "latin1" })).filter((name) => !isLitter(name));
  const found = await Promise.all(
    names.map(async (name): Promise<Packed[]> => {
      const path = prefix === "" ? name : `${prefix}/${name}`;
      const info = await stat(pathIn(folder, path));
      if (info.isDirectory()) return filesBelow(folder, path, [...above, here]);
      return info.isFile() ? [{ path, kind: "file", executable: (info.mode & 0o111) !== 0 }] : [];
    }),
  );
  if (names.length === 0 && prefix !== "") return [{ path: prefix, kind: "folder", executable: false }];
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
