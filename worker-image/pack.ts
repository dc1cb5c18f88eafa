import { closeSync, openSync } from "node:fs";
import type { Stats } from "node:fs";
import { linkProblem } from "../lambdas/jobs/rules/archives/links.ts";
import { archiveNames, encodedNames, shownPath } from "../lambdas/jobs/rules/archives/names.ts";
import { leftOut as matcherOf } from "../lambdas/jobs/rules/left-out.ts";
import { readableSize, StepFailure } from "./failure.ts";
import { listTree, pathIn, TooManyItems } from "./tree.ts";
import type { TreeItem } from "./tree.ts";
import type { EntryFacts } from "../lambdas/jobs/rules/archives/zip-records.ts";
import { ZipWriter } from "./zip-writer.ts";

/** The most files, folders and links. Other programs that read the archive need long for more. */
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
  /** Patterns of paths that are left out on purpose, and named nowhere. */
  leaveOut?: string[];
}

export interface Packed {
  bytes: number;
  /** How many files, empty folders and links of the folder it has. */
  entries: number;
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
export function pack(folder: string, target: string, options: PackOptions): Packed {
  const { label, maxBytes, extra, leaveOut = [] } = options;
  const isLeftOut = matcherOf(leaveOut);
  const { items, leftOut } = sorted(listing(folder, options).filter(({ path }) => !isLeftOut(shownPath(path))));
  const { encoded, nameOf } = archiveNames(items.map(({ path }) => path));
  const renamed: Packed["renamed"] = [];
  const zip = new ZipWriter(target, (bytes) => {
    if (bytes > maxBytes)
      throw tooLarge(label, `is larger than ${readableSize(maxBytes)} after compression, which is the limit`);
  });
  try {
    for (const item of items) {
      const { path, stats } = item;
      const name = nameOf(path);
      if (name !== shownPath(path)) renamed.push({ path: shownPath(path), name });
      const mtime = timeOf(stats);
      if (item.kind === "folder") zip.add({ name: `${name}/`, mtime, mode: 0o40775 }, Buffer.alloc(0));
      else if (item.kind === "link") zip.add({ name, mtime, mode: 0o120777 }, Buffer.from(item.target, "latin1"));
      else addFile(zip, { name, mtime, mode: 0o100644 | (stats.mode & 0o111) }, pathIn(folder, path), stats.size);
    }
    const mtime = new Date();
    for (const [name, text] of Object.entries(extra)) zip.add({ name, mtime, mode: 0o100664 }, Buffer.from(text));
    return { bytes: zip.end(encoded ? encodedNames : ""), entries: items.length, leftOut, renamed };
  } finally {
    zip.close();
  }
}

/** Does not open empty files, of which there may be many. */
function addFile(zip: ZipWriter, facts: EntryFacts, path: Buffer, size: number): void {
  if (size === 0) return zip.add(facts, Buffer.alloc(0));
  const file = openSync(path, "r");
  try {
    zip.addFile(facts, file, size);
  } finally {
    closeSync(file);
  }
}

/** Lists the folder, and judges it by its number of entries and by the sizes of its files. */
function listing(folder: string, { label, maxFileBytes }: PackOptions): TreeItem[] {
  let tree: TreeItem[];
  try {
    tree = listTree(folder, maxEntries);
  } catch (error) {
    if (error instanceof TooManyItems)
      throw tooLarge(label, `has more than ${maxEntries} files, folders and links, which is the limit`);
    if ((error as NodeJS.ErrnoException).code === "ENAMETOOLONG")
      throw tooLarge(label, "has folders in folders so deep that no path leads to the last one");
    throw error;
  }
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
