import { createReadStream, createWriteStream } from "node:fs";
import type { ReadStream, Stats } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";
import { linkProblem } from "../lambdas/jobs/rules/archives/links.ts";
import { archiveNames, encodedNames, shownPath } from "../lambdas/jobs/rules/archives/names.ts";
import { readableSize, StepFailure } from "./failure.ts";
import { listTree, pathIn, TooManyItems } from "./tree.ts";
import type { TreeItem } from "./tree.ts";

/** The fastest level: participants wait for packing, and the archive grows by only a few percent. */
const compressionLevel = 1;

/** The most files, folders and links. The library takes a minute for so many, and four times as long for twice as many. */
const maxEntries = 100_000;

/** The oldest time that a zip can tell. */
const minTime = new Date("1980-01-02T00:00:00Z");

export interface PackOptions {
  /** What the folder is, in messages: `output of prediction`. */
  label: string;
  /** The largest archive. */
  maxBytes: number;
  /** The most bytes that its files may say they have. A file with holes has more than it occupies on disk. */
  maxFileBytes: number;
  /** Additional files of the archive: text by name. */
  extra: Record<string, string>;
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
 * out. No program may write to the folder meanwhile. Throws `StepFailure` OUTPUT_TOO_LARGE: for too many entries or bytes of
 * files before it writes anything.
 */
export async function pack(folder: string, target: string, options: PackOptions): Promise<Packed> {
  const { label, maxBytes, extra } = options;
  const { items, leftOut } = sorted(await listing(folder, options));
  const { encoded, nameOf } = archiveNames(items.map(({ path }) => path));
  const zip = new ZipFile();
  let reading: ReadStream | undefined;
  const failed = new Promise<never>((_, reject) => zip.once("error", reject));
  const renamed: Packed["renamed"] = [];
  for (const item of items) {
    const { path, stats } = item;
    const name = nameOf(path);
    if (name !== shownPath(path)) renamed.push({ path: shownPath(path), name });
    const mtime = timeOf(stats);
    if (item.kind === "folder") zip.addEmptyDirectory(name, { mtime });
    else if (item.kind === "link") {
      // Not as a buffer: the library would begin to compress the targets of all links at once.
      const linked = Buffer.from(item.target, "latin1");
      const size = linked.length;
      zip.addReadStreamLazy(name, { mtime, mode: 0o120777, size, compressionLevel: 0 }, (use) =>
        use(null, Readable.from([linked])),
      );
    } else {
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
        if (bytes > maxBytes)
          throw tooLarge(label, `is larger than ${readableSize(maxBytes)} after compression, which is the limit`);
        yield chunk;
      }
    },
    createWriteStream(target, { mode: 0o600 }),
  );
  try {
    await Promise.race([written, failed]);
  } catch (error) {
    reading?.destroy();
    throw error;
  }
  return { bytes, leftOut, renamed };
}

/** Lists the folder, and judges it by its number of entries and by the sizes of its files. */
async function listing(folder: string, { label, maxFileBytes }: PackOptions): Promise<TreeItem[]> {
  const tree = await listTree(folder, maxEntries).catch((error: unknown) => {
    if (error instanceof TooManyItems)
      throw tooLarge(label, `has more than ${maxEntries} files, folders and links, which is the limit`);
    if ((error as NodeJS.ErrnoException).code === "ENAMETOOLONG")
      throw tooLarge(label, "has folders in folders so deep that no path leads to the last one");
    throw error;
  });
  const bytes = tree.reduce((sum, { kind, stats }) => sum + (kind === "file" ? stats.size : 0), 0);
  if (bytes > maxFileBytes)
    throw tooLarge(
      label,
      `has files of ${readableSize(bytes)} in total, which is more than the limit of ${readableSize(maxFileBytes)}. Files with holes count with their full size`,
    );
  return tree;
}

const tooLarge = (label: string, what: string): StepFailure =>
  new StepFailure("OUTPUT_TOO_LARGE", `The ${label} ${what}.`);

/** A program may give a file any time, also one before 1970 or one that no `Date` can tell. */
const timeOf = ({ mtime }: Stats): Date => (mtime > minTime ? mtime : minTime);

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
