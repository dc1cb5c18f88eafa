import { createReadStream, createWriteStream } from "node:fs";
import type { ReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";
import { linkProblem } from "../lambdas/jobs/rules/archives/links.ts";
import { archiveNames, encodedNames, shownPath } from "../lambdas/jobs/rules/archives/names.ts";
import { listTree, pathIn } from "./tree.ts";
import type { TreeItem } from "./tree.ts";

/** The fastest level: participants wait for packing, and the archive grows by only a few percent. */
const compressionLevel = 1;

/** The oldest time that a zip can tell. */
const minTime = new Date("1980-01-02T00:00:00Z");

/** The archive would be larger than `maxBytes`. */
export class TooLarge extends Error {}

export interface PackOptions {
  maxBytes: number;
  /** Additional files of the archive: text by name. */
  extra: Record<string, string>;
  signal?: AbortSignal;
}

export interface Packed {
  bytes: number;
  /** What was not archived, and why. */
  leftOut: { path: string; why: string }[];
  /** Files whose names are different in the archive, because not every zip program supports them. */
  renamed: { path: string; name: string }[];
}

type Archived = Exclude<TreeItem, { kind: "special" }>;

/**
 * Zips the files, empty folders and links of `folder` into a new file at `target`. Links that lead out of the folder are left
 * out. No program may write to the folder meanwhile. Throws `TooLarge`.
 */
export async function pack(folder: string, target: string, { maxBytes, extra, signal }: PackOptions): Promise<Packed> {
  const { items, leftOut } = sorted(await listTree(folder));
  const { encoded, nameOf } = archiveNames(items.map(({ path }) => path));
  const zip = new ZipFile();
  let reading: ReadStream | undefined;
  const failed = new Promise<never>((_, reject) => zip.once("error", reject));
  const renamed: Packed["renamed"] = [];
  for (const item of items) {
    const { path, stats } = item;
    const name = nameOf(path);
    if (name !== shownPath(path)) renamed.push({ path: shownPath(path), name });
    const mtime = stats.mtime < minTime ? minTime : stats.mtime;
    if (item.kind === "folder") zip.addEmptyDirectory(name, { mtime });
    else if (item.kind === "link") zip.addBuffer(Buffer.from(item.target, "latin1"), name, { mtime, mode: 0o120777 });
    else {
      const mode = 0o100644 | (stats.mode & 0o111);
      zip.addReadStreamLazy(name, { mtime, mode, size: stats.size, compressionLevel }, (use) => {
        reading = createReadStream(pathIn(folder, path));
        reading.once("error", (error) => zip.emit("error", error));
        use(null, reading);
      });
    }
  }
  for (const [name, text] of Object.entries(extra)) zip.addBuffer(Buffer.from(text), name);
  zip.end({ forceZip64Format: false, comment: encoded ? encodedNames : "" });

  let bytes = 0;
  const written = pipeline(
    zip.outputStream as Readable,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        if (bytes > maxBytes) throw new TooLarge(`more than ${maxBytes} bytes`);
        yield chunk;
      }
    },
    createWriteStream(target, { mode: 0o600 }),
    { signal },
  );
  try {
    await Promise.race([written, failed]);
  } catch (error) {
    reading?.destroy();
    throw error;
  }
  return { bytes, leftOut, renamed };
}

/** Divides the content of a folder into what is archived and what is not. */
function sorted(tree: TreeItem[]): { items: Archived[]; leftOut: Packed["leftOut"] } {
  const links = new Map(tree.flatMap((item) => (item.kind === "link" ? [[item.path, item.target] as const] : [])));
  const items: Archived[] = [];
  const leftOut: Packed["leftOut"] = [];
  for (const item of tree) {
    const path = shownPath(item.path);
    if (item.kind === "special") leftOut.push({ path, why: "is a pipe, socket or device" });
    else {
      const problem = item.kind === "link" ? linkProblem(item.path, links) : undefined;
      if (problem === undefined) items.push(item);
      else leftOut.push({ path, why: `is a link that ${problem}` });
    }
  }
  return { items, leftOut };
}
