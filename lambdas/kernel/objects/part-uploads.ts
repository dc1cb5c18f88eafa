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

export interface ReceivedPart {
  number: number;
  /** In bytes. */
  size: number;
  /** Without quotes. */
  etag: string;
}

/** Parts copied within S3 are this large, and so many are copied at a time. The last one may be smaller. */
const copiedPartBytes = 128 * 1024 ** 2;
const copiesAtOnce = 4;

/** S3 copies no smaller range of an object into a part. */
export const smallestCopiedRange = 5 * 1024 ** 2;

function unlessGone(error: unknown): undefined {
  if ((error as Error).name !== "NoSuchUpload") throw error;
}

/**
 * Objects that others upload in parts, to signed URLs, over any time and in any order. An upload nobody completes is
 * removed by the bucket's lifecycle rule.
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

  /** Begins an upload and gives its id. */
  async begin(ref: ObjectRef, contentType: string): Promise<string> {
    const command = new CreateMultipartUploadCommand({ ...this.#at(ref), ContentType: contentType });
    return (await this.#client.send(command)).UploadId!;
  }

  /** A URL that anyone can PUT a part to, once or more often. Parts are numbered from 1 to 10000. */
  sign(ref: ObjectRef, uploadId: string, number: number, { seconds }: { seconds: number }): Promise<string> {
    const command = new UploadPartCommand({ ...this.#at(ref), UploadId: uploadId, PartNumber: number });
    return getSignedUrl(this.#signing, command, { expiresIn: seconds });
  }

  /** The parts that have arrived whole, by their numbers; undefined when there is no such upload any more. */
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

  /** Makes the object out of parts that were received. */
  async complete(ref: ObjectRef, uploadId: string, parts: ReceivedPart[]): Promise<void> {
    const Parts = parts.map(({ number, etag }) => ({ PartNumber: number, ETag: `"${etag}"` }));
    await this.#client.send(
      new CompleteMultipartUploadCommand({ ...this.#at(ref), UploadId: uploadId, MultipartUpload: { Parts } }),
    );
  }

  /** Gives an upload up and drops its parts; one that is over already stays as it is. */
  async abort(ref: ObjectRef, uploadId: string): Promise<void> {
    await this.#client
      .send(new AbortMultipartUploadCommand({ ...this.#at(ref), UploadId: uploadId }))
      .catch(unlessGone);
  }

  /**
   * Makes an object of a range of another, of `smallestCopiedRange` bytes or more, within S3: no byte comes through
   * here. `moved` is told of the bytes of each part. Fails when the source is not the one with the ETag.
   */
  async copyRange(
    from: ObjectRef,
    range: { start: number; end: number; etag: string },
    to: ObjectRef,
    options: { contentType: string; moved: (bytes: number) => Promise<void> },
  ): Promise<void> {
    const UploadId = await this.begin(to, options.contentType);
    const source = this.#at(from);
    const CopySource = `${source.Bucket}/${source.Key.split("/").map(encodeURIComponent).join("/")}`;
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
      // A part that arrives after the abort would stay, so all of them end first.
      for (const copy of await Promise.allSettled(copying)) if (copy.status === "rejected") throw copy.reason;
      const Parts = done.sort((one, other) => one.PartNumber! - other.PartNumber!);
      await this.#client.send(
        new CompleteMultipartUploadCommand({ ...this.#at(to), UploadId, MultipartUpload: { Parts } }),
      );
    } catch (error) {
      // The first error is the one to tell; what could not be aborted, the bucket's lifecycle rule removes.
      await this.abort(to, UploadId).catch(() => undefined);
      const { name } = error as Error;
      if (name === "PreconditionFailed") throw new ObjectChanged(from);
      throw name === "NoSuchKey" ? new ObjectMissing(from) : error;
    }
  }

  /** The parts of a range, the last one perhaps smaller than the others. */
  #cut({ start, end }: { start: number; end: number }): { number: number; start: number; end: number }[] {
    const count = Math.ceil((end - start) / copiedPartBytes);
    return Array.from({ length: count }, (_, i) => ({
      number: i + 1,
      start: start + i * copiedPartBytes,
      end: Math.min(start + (i + 1) * copiedPartBytes, end),
    }));
  }
}
