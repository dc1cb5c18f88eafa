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

/** The file name of a file or folder when it becomes a dataset. */
export function fileNameOf(archive: BundleArchive, path: string): string {
  const base = path.slice(path.lastIndexOf("/") + 1).replace(/\p{Cc}/gu, "_");
  return isFile(archive, path) ? base : `${base}.zip`;
}

/** Size in bytes of a file, or of a folder as a zip. */
export function copiedSize(archive: BundleArchive, path: string): number {
  return isFile(archive, path)
    ? archive.listing.size(path)
    : zipOfEntries(archive.filesUnder(path), (entry) => archive.raw(entry)).size;
}

/** Returns why a file, or a file in a folder, cannot be copied. Undefined if all can. */
export function copyObstacle(archive: BundleArchive, path: string): string | undefined {
  for (const { name, entry } of archive.filesUnder(path)) {
    const reason = unreadable(entry);
    if (reason) return reason;
    // A path can become unsafe when it is relative to a folder: `data/c:x` becomes `c:x`.
    if (validateFileName(name)) return `"${name}" is not a valid file name`;
  }
  return undefined;
}

/**
 * Copies a file of a bundle, or a folder as a zip of its content, to the bucket. `moved` is called with the number of
 * bytes copied; `digest` receives the bytes. With a digest, the bytes are always read and never copied within the
 * object store. Returns the size in bytes. Throws `BadArchive` if the content is damaged, and then leaves no object.
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
