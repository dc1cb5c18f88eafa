/** Uploads of S3 objects in parts: by clients, and as copies inside S3. */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompletedPart,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { ObjectRef } from "../../../contract/job.ts";
import { ObjectChanged, ObjectMissing } from "./errors.ts";

/** Maximum size of an S3 object, in bytes. */
export const maxFileBytes = 5 * 1024 ** 4;

export interface ReceivedPart {
  number: number;
  /** In bytes. */
  size: number;
  /** Without quotes. */
  etag: string;
}

/** Size of the parts that are copied within S3, and how many are copied at once. The last part may be smaller. */
const copiedPartBytes = 128 * 1024 ** 2;
const copiesAtOnce = 10;

/** The smallest range of an object that S3 copies into a part. */
export const smallestCopiedRange = 5 * 1024 ** 2;

/** Names an object as the source of a copy. */
export const copySourceOf = ({ Bucket, Key }: { Bucket: string; Key: string }): string =>
  `${Bucket}/${Key.split("/").map(encodeURIComponent).join("/")}`;

function unlessGone(error: unknown): undefined {
  if ((error as Error).name !== "NoSuchUpload") throw error;
}

/**
 * Uploads in parts. Clients upload the parts to signed URLs, at any time and in any order. The bucket's lifecycle rule removes
 * uploads that are never completed.
 */
export class PartUploads {
  /** The client that calls S3. */
  readonly #client: S3Client;
  /** The client whose endpoint signed URLs name. */
  readonly #signing: S3Client;
  readonly #buckets: Record<ObjectRef["bucket"], string>;

  constructor(client: S3Client, signing: S3Client, buckets: Record<ObjectRef["bucket"], string>) {
    this.#client = client;
    this.#signing = signing;
    this.#buckets = buckets;
  }

  #at = (ref: ObjectRef): { Bucket: string; Key: string } => ({ Bucket: this.#buckets[ref.bucket], Key: ref.key });

  /** Begins an upload and returns its id. */
  async begin(ref: ObjectRef, contentType: string): Promise<string> {
    const command = new CreateMultipartUploadCommand({ ...this.#at(ref), ContentType: contentType });
    return (await this.#client.send(command)).UploadId!;
  }

  /** Signs a URL to PUT a part, any number of times. Parts have numbers from 1 to 10000. */
  sign(ref: ObjectRef, uploadId: string, number: number, { seconds }: { seconds: number }): Promise<string> {
    const command = new UploadPartCommand({ ...this.#at(ref), UploadId: uploadId, PartNumber: number });
    return getSignedUrl(this.#signing, command, { expiresIn: seconds });
  }

  /** The parts that are uploaded completely, ordered by number; undefined if the upload no longer exists. */
  async received(ref: ObjectRef, uploadId: string): Promise<ReceivedPart[] | undefined> {
    const parts: ReceivedPart[] = [];
    for (let marker: string | undefined; ;) {
      const command = new ListPartsCommand({ ...this.#at(ref), UploadId: uploadId, PartNumberMarker: marker });
      const page = await this.#client.send(command).catch(unlessGone);
      if (!page) return undefined;
      for (const { PartNumber, Size, ETag } of page.Parts ?? [])
        parts.push({ number: PartNumber!, size: Size!, etag: (ETag ?? "").replaceAll('"', "") });
      if (!page.IsTruncated) return parts;
      marker = page.NextPartNumberMarker;
    }
  }

  /** Creates the object from uploaded parts. */
  async complete(ref: ObjectRef, uploadId: string, parts: ReceivedPart[]): Promise<void> {
    const Parts = parts.map(({ number, etag }) => ({ PartNumber: number, ETag: `"${etag}"` }));
    await this.#client.send(
      new CompleteMultipartUploadCommand({ ...this.#at(ref), UploadId: uploadId, MultipartUpload: { Parts } }),
    );
  }

  /** Aborts an upload and deletes its parts. Does nothing if the upload has already ended. */
  async abort(ref: ObjectRef, uploadId: string): Promise<void> {
    await this.#client
      .send(new AbortMultipartUploadCommand({ ...this.#at(ref), UploadId: uploadId }))
      .catch(unlessGone);
  }

  /**
   * Copies a range of an object, of at least `smallestCopiedRange` bytes, to a new object inside S3, without downloading it.
   * Calls `moved` with the bytes of each part. Fails if the source no longer has the given ETag.
   */
  async copyRange(
    from: ObjectRef,
    range: { start: number; end: number; etag: string },
    to: ObjectRef,
    options: { contentType: string; moved: (bytes: number) => Promise<void> },
  ): Promise<void> {
    const UploadId = await this.begin(to, options.contentType);
    const CopySource = copySourceOf(this.#at(from));
    const done: CompletedPart[] = [];
    const ranges = this.#cut(range);
    const copyNext = async (): Promise<void> => {
      const part = ranges.shift();
      if (!part) return;
      const { CopyPartResult } = await this.#client.send(
        new UploadPartCopyCommand({
          ...this.#at(to),
          UploadId,
          PartNumber: part.number,
          CopySource,
          CopySourceRange: `bytes=${part.start}-${part.end - 1}`,
          CopySourceIfMatch: `"${range.etag}"`,
        }),
      );
      done.push({ PartNumber: part.number, ETag: CopyPartResult?.ETag });
      await options.moved(part.end - part.start);
      return copyNext();
    };
    try {
      const copying = Array.from({ length: copiesAtOnce }, () =>
        copyNext().catch((error: unknown) => {
          ranges.length = 0;
          throw error;
        }),
      );
      // A part that arrives after the abort would remain, so wait for all of them.
      for (const copy of await Promise.allSettled(copying)) if (copy.status === "rejected") throw copy.reason;
      const Parts = done.sort((one, other) => one.PartNumber! - other.PartNumber!);
      await this.#client.send(
        new CompleteMultipartUploadCommand({ ...this.#at(to), UploadId, MultipartUpload: { Parts } }),
      );
    } catch (error) {
      // Report the first error. If the abort fails, the bucket's lifecycle rule removes the parts.
      await this.abort(to, UploadId).catch(() => undefined);
      const { name } = error as Error;
      if (name === "PreconditionFailed") throw new ObjectChanged(from);
      throw name === "NoSuchKey" ? new ObjectMissing(from) : error;
    }
  }

  /** The parts of a range. The last may be smaller. */
  #cut({ start, end }: { start: number; end: number }): { number: number; start: number; end: number }[] {
    const count = Math.ceil((end - start) / copiedPartBytes);
    return Array.from({ length: count }, (_, i) => ({
      number: i + 1,
      start: start + i * copiedPartBytes,
      end: Math.min(start + (i + 1) * copiedPartBytes, end),
    }));
  }
}
