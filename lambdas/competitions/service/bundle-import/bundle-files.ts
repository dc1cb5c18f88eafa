import type { Hash } from "node:crypto";
import { extname } from "node:path";
import { validateFileName } from "yauzl";
import type { ObjectRef } from "../../../../contract/job.ts";
import type { Objects } from "../../../kernel/objects/objects.ts";
import { smallestCopiedRange } from "../../../kernel/objects/part-uploads.ts";
import type { BundleArchive } from "./bundle-archive.ts";
import { unreadable } from "./bundle-entry.ts";
import { zipOfEntries } from "./bundle-folder-zip.ts";

const isFile = (archive: BundleArchive, path: string) => archive.listing.kind(path) === "file";

/** What a file or folder of a bundle is called once it is a dataset of its own. */
export function fileNameOf(archive: BundleArchive, path: string): string {
  const base = path.slice(path.lastIndexOf("/") + 1).replace(/\p{Cc}/gu, "_");
  return isFile(archive, path) ? base : `${base}.zip`;
}

/** How many bytes a file, or a folder as a zip, has once it is copied out. */
export function copiedSize(archive: BundleArchive, path: string): number {
  return isFile(archive, path)
    ? archive.listing.size(path)
    : zipOfEntries(archive.filesUnder(path), (entry) => archive.raw(entry)).size;
}

/** Why a file, or a file of a folder, cannot be copied out; undefined when all can. */
export function whyNotCopied(archive: BundleArchive, path: string): string | undefined {
  for (const { name, entry } of archive.filesUnder(path)) {
    const reason = unreadable(entry);
    if (reason) return reason;
    // Below another root a name can look as if it led elsewhere: `data/c:x` is `c:x`.
    if (validateFileName(name)) return `no program takes "${name}" as the name of a file`;
  }
  return undefined;
}

/**
 * Copies a file of a bundle as it is, or a folder as a zip of its content, to the bucket. `moved` is told of bytes as
 * they go, `digest` of the bytes themselves; with a digest nothing is copied within the storage, where nobody sees
 * them. Returns the size in bytes. Throws `BadArchive` when content is damaged, and leaves no object then.
 */
export async function copyOut(
  objects: Objects,
  archive: BundleArchive,
  path: string,
  ref: ObjectRef,
  moved: (bytes: number) => Promise<void> = () => Promise.resolve(),
  digest?: Hash,
): Promise<number> {
  if (!isFile(archive, path)) {
    const zip = zipOfEntries(archive.filesUnder(path), (entry) => archive.raw(entry));
    return objects.upload(ref, watched(zip.pieces(), moved, digest), "application/zip");
  }
  const { entry } = archive.filesUnder(path)[0]!;
  const { object } = archive.source;
  if (object && !digest && entry.method === 0 && !entry.encrypted && entry.size >= smallestCopiedRange) {
    const start = await archive.contentStart(entry);
    const range = { start, end: start + entry.size, etag: object.etag };
    await objects.parts.copyRange(object.ref, range, ref, { contentType: contentType(path), moved });
    return entry.size;
  }
  return objects.upload(ref, watched(archive.content(entry), moved, digest), contentType(path));
}

async function* watched(
  pieces: AsyncIterable<Buffer>,
  moved: (bytes: number) => Promise<void>,
  digest: Hash | undefined,
): AsyncIterable<Buffer> {
  for await (const piece of pieces) {
    digest?.update(piece);
    await moved(piece.length);
    yield piece;
  }
}

const contentTypes: Record<string, string> = {
  ".zip": "application/zip",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
};
const contentType = (fileName: string) => contentTypes[extname(fileName).toLowerCase()] ?? "application/octet-stream";
