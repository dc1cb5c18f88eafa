import { readableSize, StepFailure } from "../failure.ts";
import { HttpError, isWorthRetrying } from "../http.ts";
import { retry } from "../retry.ts";
import { CorruptContent } from "./client.ts";
import { fromOurs, fromSource } from "./image-failures.ts";
import { configSchema, imageBytes, imageSchema, indexSchema, jsonOf, supportedPlatform } from "./manifest.ts";
import type { Descriptor, Manifest } from "./manifest.ts";
import type { Repository } from "./repository.ts";

/** Layers of an image that are copied at the same time. */
const maxConcurrentLayers = 3;
/** How long a blob is tried again when our registry fails or the source sends corrupt content. */
const maxRetryMs = 10 * 60_000;
const maxCorruptTries = 3;

export interface CopyOptions {
  /** Image name for messages, as the organizer wrote it. */
  image: string;
  source: Repository;
  ours: Repository;
  /** Largest compressed size of an image. */
  maxBytes: number;
  /** Called with the number of bytes of each chunk from the source. */
  onBytes: (bytes: number) => void;
  /**
   * For an image that is private: the digests of the blobs that its source has sent. Other blobs are read from the source
   * even if ours has them, because only that shows that who may pull this image may have them.
   */
  sent: Set<string> | null;
  signal: AbortSignal;
}

/**
 * Copies an image by its digest: first its blobs, streamed without using the disk, and last its manifest, so that an
 * image with a manifest is complete. Returns that manifest. Skips blobs that exist already, so an interrupted copy can
 * be resumed and two copies at the same time do no harm. Throws `StepFailure`, including `RateLimited`.
 */
export async function copyImage(digest: string, tag: string, options: CopyOptions): Promise<Manifest> {
  const { image, source, ours, maxBytes } = options;
  const manifest = await fromSource(image, imageManifest(digest, options));
  const parsed = imageSchema.parse(jsonOf(manifest.bytes));
  const bytes = imageBytes(parsed);
  if (bytes > maxBytes) {
    const message = `The image ${image} has ${readableSize(bytes)}, but this platform accepts at most ${readableSize(maxBytes)}. Make it smaller, or ask the administrator for a higher limit.`;
    throw new StepFailure("IMAGE_TOO_LARGE", message);
  }
  const config = configSchema.safeParse(jsonOf(await fromSource(image, source.document(parsed.config))));
  if (!config.success) throw unreadable(image);
  const { os, architecture } = config.data;
  if (os !== supportedPlatform.os || architecture !== supportedPlatform.architecture)
    throw otherPlatform(image, `${os}/${architecture}`);
  const blobs = new Map([...parsed.layers, parsed.config].map((blob) => [blob.digest, blob]));
  const copyBlobs = () => eachOf([...blobs.values()], (blob) => copyBlob(blob, options));
  await copyBlobs();
  const stored = ours.putManifest(tag, manifest).catch(async (error: unknown) => {
    // A registry may see a blob late that another worker stored at the same moment, and refuse the manifest for it.
    if (!(error instanceof HttpError && error.status === 400)) throw error;
    await copyBlobs();
    await ours.putManifest(tag, manifest);
  });
  await fromOurs(image, stored);
  return manifest;
}

/** Returns the manifest of an image; of an index, the manifest of its image for our platform. */
async function imageManifest(digest: string, { image, source }: CopyOptions): Promise<Manifest> {
  const manifest = await source.manifest(digest);
  const json = jsonOf(manifest.bytes);
  const index = indexSchema.safeParse(json);
  if (!index.success) return checked(image, manifest);
  const ofPlatform = ({ os, architecture }: typeof supportedPlatform) =>
    os === supportedPlatform.os && architecture === supportedPlatform.architecture;
  const match = index.data.manifests.find((one) => one.platform && ofPlatform(one.platform));
  if (match) return checked(image, await source.manifest(match.digest));
  const known = index.data.manifests.flatMap((one) =>
    one.platform ? `${one.platform.os}/${one.platform.architecture}` : [],
  );
  throw otherPlatform(image, [...new Set(known)].join(", ") || "no platform at all");
}

function checked(image: string, manifest: Manifest): Manifest {
  if (!imageSchema.safeParse(jsonOf(manifest.bytes)).success) throw unreadable(image);
  return manifest;
}

const otherPlatform = (image: string, its: string): StepFailure =>
  new StepFailure(
    "IMAGE_NOT_FOUND",
    `The image ${image} is made for ${its}, and programs run on ${supportedPlatform.os}/${supportedPlatform.architecture}. Build and push it for that (docker build --platform ${supportedPlatform.os}/${supportedPlatform.architecture}).`,
  );

const unreadable = (image: string): StepFailure =>
  new StepFailure(
    "IMAGE_NOT_FOUND",
    `What the name ${image} stands for is not an image that can be run, or of a form from before 2016. Push it again.`,
  );

/** What went wrong at the source while its bytes were on their way to us. */
class SourceError extends Error {}

async function copyBlob(blob: Descriptor, { image, source, ours, onBytes, sent, signal }: CopyOptions): Promise<void> {
  const copy = async () => {
    const content = marked(source.blob(blob), onBytes);
    if (!(await ours.hasBlob(blob.digest))) await ours.putBlob(blob.digest, content);
    else if (sent && !sent.has(blob.digest)) await finished(content);
    sent?.add(blob.digest);
  };
  let corrupt = 0;
  const again = (error: unknown) => {
    // The source goes on where it broke off by itself, so that other errors of it last.
    if (error instanceof SourceError) return error.cause instanceof CorruptContent && ++corrupt < maxCorruptTries;
    return isWorthRetrying(error);
  };
  await retry(copy, { forMs: maxRetryMs, again, signal }).catch((error: unknown) =>
    error instanceof SourceError
      ? fromSource(image, Promise.reject(error.cause as Error))
      : fromOurs(image, Promise.reject(error as Error)),
  );
}

async function* marked(
  content: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of content) {
      onBytes(chunk.length);
      yield chunk;
    }
  } catch (cause) {
    throw new SourceError("the source failed", { cause });
  }
}

/** Reads everything and keeps nothing. */
async function finished(content: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of content);
}

/** Works on some of many at a time, until the first fails. */
async function eachOf<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items[Symbol.iterator]();
  const worker = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(maxConcurrentLayers, items.length) }, worker));
}
