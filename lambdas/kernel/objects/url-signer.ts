import { GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { ObjectRef, UploadPolicy } from "../../../contract/job.ts";
import { attachment, inline } from "./file-name.ts";

export interface SignGetOptions {
  /** Validity, at most seven days. */
  seconds: number;
  /** From when it is valid; the default is now. URLs that are signed for the same moment are the same. */
  signedAt?: Date;
  /** For how many seconds browsers may keep the object without asking again. */
  keptFor?: number;
  /** Makes browsers save the object under this name instead of showing it. */
  downloadName?: string;
  /** Lets browsers show the object, and names it so. */
  shownName?: string;
  /** Replaces the content type of the object in the answer. */
  contentType?: string;
}

/** Signs URLs and forms for the objects of some buckets, without a request to S3. */
export class UrlSigner {
  readonly #client: S3Client;
  readonly #buckets: Record<ObjectRef["bucket"], string>;

  constructor(client: S3Client, buckets: Record<ObjectRef["bucket"], string>) {
    this.#client = client;
    this.#buckets = buckets;
  }

  get(
    ref: ObjectRef,
    { seconds, signedAt, keptFor, downloadName, shownName, contentType }: SignGetOptions,
  ): Promise<string> {
    const command = new GetObjectCommand({
      Bucket: this.#buckets[ref.bucket],
      Key: ref.key,
      ResponseContentType: contentType,
      ResponseCacheControl: keptFor === undefined ? undefined : `private, max-age=${keptFor}, immutable`,
      ResponseContentDisposition:
        downloadName === undefined ? shownName && inline(shownName) : attachment(downloadName),
    });
    return getSignedUrl(this.#client, command, {
      expiresIn: seconds,
      ...(signedAt === undefined ? {} : { signingDate: signedAt }),
    });
  }

  put(ref: ObjectRef, { seconds }: { seconds: number }): Promise<string> {
    const command = new PutObjectCommand({ Bucket: this.#buckets[ref.bucket], Key: ref.key });
    return getSignedUrl(this.#client, command, { expiresIn: seconds });
  }

  async post(
    prefix: string,
    { seconds, maxBytes, bucket }: { seconds: number; maxBytes: number; bucket: ObjectRef["bucket"] },
  ): Promise<UploadPolicy> {
    // Without it `jobs/1` would also allow `jobs/12/...`.
    if (!prefix.endsWith("/")) throw new Error(`The prefix "${prefix}" of an upload policy has to end in "/".`);
    const { url, fields } = await createPresignedPost(this.#client, {
      Bucket: this.#buckets[bucket],
      Key: `${prefix}\${filename}`,
      Conditions: [
        ["content-length-range", 0, maxBytes],
        ["starts-with", "$Content-Type", ""],
      ],
      Expires: seconds,
    });
    const { key: _, ...rest } = fields;
    return { url, fields: { ...rest, "Content-Type": "application/octet-stream" }, keyPrefix: prefix, maxBytes };
  }
}
