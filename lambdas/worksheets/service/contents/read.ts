/** Reads the contents of worksheet bundles from the store. */
import { posix } from "node:path";
import { createGzip } from "node:zlib";
import type { ObjectRef } from "../../../../contract/job.ts";
import type { Context } from "../../../kernel/context.ts";
import { linkedBytes, type LinkedPlace } from "../../../kernel/linked-folders.ts";
import { ObjectReader } from "../../../kernel/objects/object-reader.ts";
import { ObjectMissing } from "../../../kernel/objects/errors.ts";
import { filesUnder } from "../../db/files.ts";
import type { FolderEntry } from "../../rules/contents/folder-entry.ts";
import type { Member, MemberEntry } from "../../rules/contents/member.ts";
import { folderTar } from "./folder-tar.ts";
import { linkedFolder, maxLinkedDepth } from "./linked.ts";
import { liveBytes, liveEntries, liveItem } from "../runs/live.ts";
import type { SubmissionFile } from "../submission-bundles.ts";
import { storedFile, type OpenRange, type Range } from "./stored-file.ts";
import { through } from "./streams.ts";
import type { Target } from "./targets.ts";

export const refOf = (key: string): ObjectRef => ({ bucket: "uploads", key });

/** Opens ranges of an object, each with a GET of its own. */
const ranges = ({ objects }: Pick<Context, "objects">, key: string): OpenRange =>
  async function* (range) {
    if (range.end > range.start) yield* (await objects.getStream(refOf(key), range)) as AsyncIterable<Buffer>;
  };

/** The bytes of a file in the store, or a range of them. */
export function storedBytes(
  context: Pick<Context, "objects">,
  { key, entry, size }: Pick<Target, "key" | "entry" | "size">,
  range?: Range,
): AsyncIterable<Buffer> {
  const open = ranges(context, key);
  return entry ? storedFile(open, entry, range) : open(range ?? { start: 0, end: size });
}

/** The bytes of a file, or a range of them, wherever it is. */
export function fileBytes(context: Context, target: Target, range?: Range): AsyncIterable<Buffer> {
  const { isLive, files, linked, bundle, path, size } = target;
  if (linked) return linkedBytes(linked, range ?? { start: 0, end: size });
  if (files) return submissionBytes(context, files[0]!, range);
  return isLive
    ? liveBytes(context, bundle, path, range ?? { start: 0, end: size })
    : storedBytes(context, target, range);
}

/** The bytes of a file of a submission, or a range of them. */
export async function* submissionBytes(
  { objects }: Pick<Context, "objects">,
  { size, pieces }: SubmissionFile,
  { start, end }: Range = { start: 0, end: size },
): AsyncIterable<Buffer> {
  let at = 0;
  for (const { ref, size: bytes } of pieces) {
    const part = { start: Math.max(0, start - at), end: Math.min(bytes, end - at) };
    if (part.end > part.start) yield* (await objects.getStream(ref, part)) as AsyncIterable<Buffer>;
    at += bytes;
  }
}

/** Everything in a folder, with paths relative to it, and a way to read its files in the order in which they come. */
async function withFolder<Result>(
  context: Context,
  target: Target,
  use: (entries: AsyncIterable<FolderEntry>, contentOf: (file: FolderEntry) => AsyncIterable<Buffer>) => Result,
): Promise<{ result: Result; close: () => void }> {
  const { db, objects } = context;
  const { key, path, contentId } = target;
  if (target.isLive) return withLiveFolder(context, target, use);
  if (target.linked) return withLinked(target.linked, use);
  if (target.files) return withSubmission(context, target.bundle.created_when, target.files, use);
  const info = await objects.head(refOf(key));
  if (!info) throw new ObjectMissing(refOf(key));
  const reader = new ObjectReader(objects, refOf(key), info);
  const from = path === "" ? 0 : path.length + 1;
  async function* entries(): AsyncIterable<FolderEntry> {
    for await (const entry of filesUnder(db, contentId!, path)) yield { ...entry, path: entry.path.slice(from) };
  }
  const open: OpenRange = ({ start, end }) => reader.pieces(start, end);
  return { result: use(entries(), (file) => storedFile(open, file)), close: () => reader.close() };
}

/** How deep the folders of a run are shown while it runs. */
const maxLiveDepth = 100;

/** The same for a folder that a run is writing. */
async function withLiveFolder<Result>(
  context: Context,
  { bundle, path }: Target,
  use: (entries: AsyncIterable<FolderEntry>, contentOf: (file: FolderEntry) => AsyncIterable<Buffer>) => Result,
): Promise<{ result: Result; close: () => void }> {
  const item = await liveItem(context, bundle, path, maxLiveDepth);
  async function* entries(): AsyncIterable<FolderEntry> {
    if (item) yield* liveEntries(item, context.now());
    await Promise.resolve();
  }
  const contentOf = ({ path: name, size }: FolderEntry) =>
    filled(liveBytes(context, bundle, posix.join(path, name), { start: 0, end: size }), size);
  return { result: use(entries(), contentOf), close: () => {} };
}

/** The same for a folder of this machine. */
function withLinked<Result>(
  place: LinkedPlace,
  use: (entries: AsyncIterable<FolderEntry>, contentOf: (file: FolderEntry) => AsyncIterable<Buffer>) => Result,
): { result: Result; close: () => void } {
  const contentOf = ({ path, size }: FolderEntry) => {
    const file = { folder: place.folder, steps: [...place.steps, ...path.split("/")] };
    return filled(linkedBytes(file, { start: 0, end: size }), size);
  };
  return { result: use(linkedFolder(place, maxLinkedDepth), contentOf), close: () => {} };
}

/** The same for the files of a submission. */
function withSubmission<Result>(
  context: Context,
  modified: Date,
  files: readonly SubmissionFile[],
  use: (entries: AsyncIterable<FolderEntry>, contentOf: (file: FolderEntry) => AsyncIterable<Buffer>) => Result,
): { result: Result; close: () => void } {
  const byName = new Map(files.map((file) => [file.name, file]));
  async function* entries(): AsyncIterable<FolderEntry> {
    for (const { name, size } of files) yield { path: name, type: "file", mode: 0o644, size, modified };
    await Promise.resolve();
  }
  return { result: use(entries(), ({ path }) => submissionBytes(context, byName.get(path)!)), close: () => {} };
}

/** Exactly so many bytes, of a file that may have become shorter: an archive has told its size before. */
async function* filled(source: AsyncIterable<Buffer>, size: number): AsyncIterable<Buffer> {
  let left = size;
  for await (const piece of source) {
    left -= piece.length;
    yield piece;
  }
  for (; left > 0; left -= fillBytes) yield Buffer.alloc(Math.min(left, fillBytes));
}

const fillBytes = 65_536;

/** A folder as a compressed tar. */
export async function* folderAsTarGz(context: Context, target: Target): AsyncIterable<Buffer> {
  const { result, close } = await withFolder(context, target, folderTar);
  try {
    // The fastest level: much of it has been compressed before, and people wait.
    yield* through(result, createGzip({ level: 1 }));
  } finally {
    close();
  }
}

/** What a target has, as members of another folder, in which it is called `name`. An empty name puts the members of a folder at the top. */
export async function* membersOf(context: Context, target: Target, name: string): AsyncIterable<Member> {
  const { mode, size } = target;
  const modified = target.entry?.modified ?? target.bundle.created_when;
  if (target.type === "file")
    return void (yield {
      path: name,
      mode,
      modified,
      entry: { type: "file", size, content: fileBytes(context, target) },
    });
  if (target.type === "link")
    return void (yield { path: name, mode, modified, entry: { type: "link", target: target.link! } });
  if (name !== "") yield { path: name, mode, modified, entry: { type: "directory" } };
  const { result, close } = await withFolder(context, target, (entries, contentOf) => ({ entries, contentOf }));
  const entryOf = (file: FolderEntry): MemberEntry => {
    if (file.type === "file") return { type: "file", size: file.size, content: result.contentOf(file) };
    return file.type === "link" ? { type: "link", target: file.target! } : { type: "directory" };
  };
  try {
    for await (const file of result.entries)
      yield { path: posix.join(name, file.path), mode: file.mode, modified: file.modified, entry: entryOf(file) };
  } finally {
    close();
  }
}
