import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import type { Readable } from "node:stream";
import type { ObjectRef, UploadPolicy } from "../../../contract/job.ts";
import { ObjectChanged, ObjectMissing, ObjectTooLarge } from "./errors.ts";
import { uploadParts } from "./multipart.ts";
import { PartUploads } from "./part-uploads.ts";
import { type SignGetOptions, UrlSigner } from "./url-signer.ts";

export { ObjectChanged, ObjectMissing, ObjectTooLarge } from "./errors.ts";

export interface ObjectsOptions {
  /** Names of the deployment's buckets. */
  buckets: Record<ObjectRef["bucket"], string>;
  /** AWS_REGION if absent. */
  region?: string | undefined;
  /** Another S3 than AWS's in that region, as this process reaches it; AWS_ENDPOINT_URL_S3 if absent. */
  endpoint?: string | undefined;
  /** The same S3 as browsers, scripts and workers reach it, when that differs; only signed URLs name it. */
  publicEndpoint?: string | undefined;
  /** Buckets in the path instead of the host name; if absent, only where an endpoint is given. */
  forcePathStyle?: boolean | undefined;
  /** Those of the SDK's own chain (environment, role) if absent. */
  credentials?: S3ClientConfig["credentials"] | undefined;
}

export interface ObjectInfo {
  /** In bytes. */
  size: number;
  /** Changes with the content; without quotes. The MD5 in hex, if the object was put whole and is not KMS-encrypted. */
  etag: string;
}

export interface ListedObject extends ObjectInfo {
  ref: ObjectRef;
  modified: Date;
}

export interface Listing {
  /** In the order of the bytes of their keys. */
  objects: ListedObject[];
  /** Whether there is more after the last of them. */
  truncated: boolean;
}

/** S3's own limit on one page of a listing and on one request of deletions. */
const pageSize = 1000;
const defaultContentType = "application/octet-stream";

/** The objects of a deployment; one a process, it keeps its connections. */
export const connectObjects = (options: ObjectsOptions): Objects => new Objects(options);

/**
 * The objects of a deployment. Every method but the signing ones is a call to S3, tried three times in all; what is
 * not there is `ObjectMissing`, anything else S3 refuses is the SDK's exception.
 */
export class Objects {
  readonly #client: S3Client;
  readonly #buckets: ObjectsOptions["buckets"];
  readonly #signer: UrlSigner;
  /** Objects that come in parts, from others or from ranges of objects. */
  readonly parts: PartUploads;

  constructor(options: ObjectsOptions) {
    const endpoint = options.endpoint || process.env.AWS_ENDPOINT_URL_S3;
    const publicEndpoint = options.publicEndpoint || endpoint;
    const connect = (url: string | undefined) =>
      new S3Client({
        forcePathStyle: options.forcePathStyle ?? publicEndpoint !== undefined,
        // Buffers are signed with their SHA-256 anyway; the SDK's default would also add checksums to signed URLs,
        // and their uploaders would have to send a body that fits a checksum of nothing.
        requestChecksumCalculation: "WHEN_REQUIRED",
        responseChecksumValidation: "WHEN_REQUIRED",
        requestHandler: { connectionTimeout: 3_000, socketTimeout: 60_000 },
        ...(url === undefined ? {} : { endpoint: url }),
        ...(options.region === undefined ? {} : { region: options.region }),
        ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
      });
    this.#buckets = options.buckets;
    this.#client = connect(endpoint);
    const signing = publicEndpoint === endpoint ? this.#client : connect(publicEndpoint);
    this.#signer = new UrlSigner(signing, options.buckets);
    this.parts = new PartUploads(this.#client, signing, options.buckets);
  }

  #at = (ref: ObjectRef): { Bucket: string; Key: string } => ({ Bucket: this.#buckets[ref.bucket], Key: ref.key });

  /** What is known of an object without its body; undefined when there is none. */
  async head(ref: ObjectRef): Promise<ObjectInfo | undefined> {
    try {
      const { ContentLength, ETag } = await this.#client.send(new HeadObjectCommand(this.#at(ref)));
      return { size: ContentLength ?? 0, etag: unquoted(ETag) };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** A small object whole; `ObjectTooLarge` when it has more than `maxBytes`. */
  async get(ref: ObjectRef, maxBytes: number): Promise<Buffer> {
    const { stream, size } = await this.#open(ref);
    if (size <= maxBytes) return collect(stream);
    stream.destroy();
    throw new ObjectTooLarge(ref, maxBytes);
  }

  /**
   * An object as a stream of Buffers, or its bytes from `start` up to, not with, `end`. The caller reads it to its end
   * or destroys it; a connection that breaks is an error of the stream. `ObjectChanged` when it has not the ETag given.
   */
  async getStream(ref: ObjectRef, range?: { start: number; end: number; etag?: string }): Promise<Readable> {
    return (await this.#open(ref, range)).stream;
  }

  /**
   * The bytes of an object from `start` up to, not with, `endExclusive`. Fewer when the object ends before; none at or
   * after its end, so that a growing log is read by asking again from where the last answer ended.
   */
  async getRange(ref: ObjectRef, start: number, endExclusive: number): Promise<Buffer> {
    if (endExclusive <= start) return Buffer.alloc(0);
    try {
      return await collect(await this.getStream(ref, { start, end: endExclusive }));
    } catch (error) {
      if (statusOf(error) === 416) return Buffer.alloc(0);
      throw error;
    }
  }

  async #open(
    ref: ObjectRef,
    range?: { start: number; end: number; etag?: string },
  ): Promise<{ stream: Readable; size: number }> {
    const Range = range && `bytes=${range.start}-${range.end - 1}`;
    const IfMatch = range?.etag === undefined ? undefined : `"${range.etag}"`;
    try {
      const { Body, ContentLength } = await this.#client.send(
        new GetObjectCommand({ ...this.#at(ref), Range, IfMatch }),
      );
      return { stream: Body as Readable, size: ContentLength ?? 0 };
    } catch (error) {
      if (statusOf(error) === 412) throw new ObjectChanged(ref);
      throw isMissing(error) ? new ObjectMissing(ref) : error;
    }
  }

  /** Writes an object of known length, replacing what was there. A stream is read once, so it is not tried again. */
  async put(
    ref: ObjectRef,
    body: Buffer | { stream: Readable; length: number },
    contentType: string = defaultContentType,
  ): Promise<void> {
    const Body = Buffer.isBuffer(body) ? body : body.stream;
    const command = { ...this.#at(ref), Body, ContentLength: body.length, ContentType: contentType };
    await this.#client.send(new PutObjectCommand(command));
  }

  /**
   * Writes an object whose length shows at its end, and gives that length in bytes. A few parts of 8 MiB are in memory
   * at a time. When the source or S3 fails, what was there before stays and the error is thrown.
   */
  upload(ref: ObjectRef, body: AsyncIterable<Buffer>, contentType: string = defaultContentType): Promise<number> {
    return uploadParts(this.#client, { ...this.#at(ref), ContentType: contentType }, body);
  }

  /** Copies an object of up to 5 GiB within or between the buckets, its content type with it. */
  async copy(from: ObjectRef, to: ObjectRef): Promise<void> {
    const source = this.#at(from);
    const CopySource = `${source.Bucket}/${source.Key.split("/").map(encodeURIComponent).join("/")}`;
    try {
      await this.#client.send(new CopyObjectCommand({ ...this.#at(to), CopySource }));
    } catch (error) {
      throw isMissing(error) ? new ObjectMissing(from) : error;
    }
  }

  /** Deletes an object if it is there. */
  async delete(ref: ObjectRef): Promise<void> {
    await this.#client.send(new DeleteObjectCommand(this.#at(ref)));
  }

  /** Deletes any number of objects, those that are there. Throws when one could not be deleted; others may have been. */
  async deleteMany(refs: ObjectRef[]): Promise<void> {
    for (const [bucket, Bucket] of Object.entries(this.#buckets)) {
      const keys = refs.filter((ref) => ref.bucket === bucket).map(({ key }) => ({ Key: key }));
      for (let at = 0; at < keys.length; at += pageSize) {
        const Delete = { Objects: keys.slice(at, at + pageSize), Quiet: true };
        const { Errors = [] } = await this.#client.send(new DeleteObjectsCommand({ Bucket, Delete }));
        const [first] = Errors;
        if (first)
          throw new Error(`${Errors.length} objects could not be deleted, ${first.Key} first: ${first.Message}`);
      }
    }
  }

  /**
   * Up to `limit` (1 to 1000, the default) objects whose key starts with `prefix.key`, after the key `startAfter`.
   * To page on, ask again with the key of the last.
   */
  async list(
    prefix: ObjectRef,
    { startAfter, limit = pageSize }: { startAfter?: string; limit?: number } = {},
  ): Promise<Listing> {
    const { Contents = [], IsTruncated = false } = await this.#client.send(
      new ListObjectsV2Command({
        Bucket: this.#buckets[prefix.bucket],
        Prefix: prefix.key,
        StartAfter: startAfter,
        MaxKeys: limit,
      }),
    );
    const objects = Contents.map(({ Key, Size, ETag, LastModified }) => ({
      ref: { bucket: prefix.bucket, key: Key! },
      size: Size!,
      etag: unquoted(ETag),
      modified: LastModified!,
    }));
    return { objects, truncated: IsTruncated };
  }

  /** A URL that anyone can GET the object with, for so many seconds and no longer than our own credentials last. */
  signGet(ref: ObjectRef, options: SignGetOptions): Promise<string> {
    return this.#signer.get(ref, options);
  }

  /** A URL that anyone can PUT the object with, once or more often, with any content type and any size up to 5 GiB. */
  signPut(ref: ObjectRef, options: { seconds: number }): Promise<string> {
    return this.#signer.put(ref, options);
  }

  /**
   * Fields of a form that anyone can POST objects with whose key starts with `prefix`, which has to end in `/`. The
   * uploader sends all fields, `key` and, last, `file`; it may put another value in the field `Content-Type`.
   */
  signPost(
    prefix: string,
    options: { seconds: number; maxBytes: number; bucket: ObjectRef["bucket"] },
  ): Promise<UploadPolicy> {
    return this.#signer.post(prefix, options);
  }

  /** Ends idle connections. A Lambda never needs to; a process that wants to exit does. */
  close(): void {
    this.#client.destroy();
  }
}

const unquoted = (etag: string | undefined): string => (etag ?? "").replaceAll('"', "");

const statusOf = (error: unknown): number | undefined =>
  error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;

/** A missing bucket is a mistake of the deployment, not a missing object. */
const isMissing = (error: unknown): boolean => statusOf(error) === 404 && (error as Error).name !== "NoSuchBucket";

async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
