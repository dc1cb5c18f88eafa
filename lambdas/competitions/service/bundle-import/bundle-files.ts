import type { Hash } from "node:crypto";
import type { ObjectRef } from "../../../../contract/job.ts";
import type { Objects } from "../../../kernel/objects/objects.ts";
import { imageFormat, signatureBytes } from "../../../kernel/objects/image-format.ts";
import { smallestCopiedRange } from "../../../kernel/objects/part-uploads.ts";
import type { BundleArchive } from "./bundle-archive.ts";
import { contentFault, type ArchiveEntry } from "./bundle-entry.ts";
import { zipOfEntries } from "./bundle-folder-zip.ts";

/** A file or folder of a bundle that becomes an object. A folder becomes a zip, and so does a file that is `zipped`. */
export interface Copied {
  path: string;
  zipped?: boolean;
}

const becomesZip = (archive: BundleArchive, { path, zipped }: Copied) =>
  zipped === true || archive.listing.kind(path) !== "file";

/** The file name of a file or folder when it becomes a dataset. */
export function fileNameOf(archive: BundleArchive, copied: Copied): string {
  const base = copied.path.slice(copied.path.lastIndexOf("/") + 1).replace(/\p{Cc}/gu, "_");
  return becomesZip(archive, copied) ? `${base}.zip` : base;
}

const zipOf = (archive: BundleArchive, { path }: Copied) =>
  zipOfEntries(archive.filesUnder(path), (entry) => archive.raw(entry));

/** Size in bytes of the object that a file or folder becomes. */
export const copiedSize = (archive: BundleArchive, copied: Copied): number =>
  becomesZip(archive, copied) ? zipOf(archive, copied).size : archive.listing.size(copied.path);

/** Returns why a file, or a file in a folder, cannot be copied. Null if all can. */
export function copyObstacle(archive: BundleArchive, path: string): string | null {
  for (const { entry } of archive.filesUnder(path)) {
    const fault = contentFault(entry);
    if (fault !== null) return fault;
  }
  return null;
}

/**
 * Copies a file of a bundle, or the zip that it becomes, to the bucket. `moved` is called with the number of
 * bytes copied; `digest` receives the bytes. With a digest, the bytes are always read and never copied within the
 * object store. Returns the size in bytes. Throws `BadArchive` if the content is damaged, and then leaves no object.
 */
export async function copyOut(
  objects: Objects,
  archive: BundleArchive,
  copied: Copied,
  ref: ObjectRef,
  moved: (bytes: number) => Promise<void> = () => Promise.resolve(),
  digest?: Hash,
): Promise<number> {
  if (becomesZip(archive, copied))
    return objects.upload(ref, watched(zipOf(archive, copied).pieces(), moved, digest), "application/zip");
  const { entry } = archive.filesUnder(copied.path)[0]!;
  const type = await contentType(archive, entry);
  const { object } = archive.source;
  if (object && !digest && entry.method === 0 && !entry.encrypted && entry.size >= smallestCopiedRange) {
    const start = await archive.contentStart(entry);
    const range = { start, end: start + entry.size, etag: object.etag };
    await objects.parts.copyRange(object.ref, range, ref, { contentType: type, moved });
    return entry.size;
  }
  return objects.upload(ref, watched(archive.content(entry), moved, digest), type);
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

/** The content type of a file: that of an image by its content, because pages show it. */
async function contentType(archive: BundleArchive, entry: ArchiveEntry): Promise<string> {
  if (entry.path.toLowerCase().endsWith(".zip")) return "application/zip";
  const format = imageFormat(await archive.head(entry, signatureBytes));
  return format ? `image/${format}` : "application/octet-stream";
}
