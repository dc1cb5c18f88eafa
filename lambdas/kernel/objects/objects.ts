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
import { tellOutages } from "../outages/aws-clients.ts";
import { isNetworkError, Unavailable } from "../outages/unavailable.ts";
import { ObjectChanged, ObjectMissing, ObjectTooLarge } from "./errors.ts";
import { uploadParts } from "./multipart.ts";
import { copySourceOf, PartUploads } from "./part-uploads.ts";
import { type SignGetOptions, UrlSigner } from "./url-signer.ts";

export { ObjectChanged, ObjectMissing, ObjectTooLarge } from "./errors.ts";

export interface ObjectsOptions {
  /** Names of the deployment's buckets. */
  buckets: Record<ObjectRef["bucket"], string>;
  /** The default is AWS_REGION. */
  region?: string | undefined;
  /** The endpoint that this process uses. The default is AWS_ENDPOINT_URL_S3, or else AWS's own endpoint of the region. */
  endpoint?: string | undefined;
  /** The endpoint for browsers, scripts and workers, if it is a different one. Only signed URLs use it. */
  publicEndpoint?: string | undefined;
  /** Whether URLs have the bucket in the path instead of the host name. The default is true if an endpoint is given. */
  forcePathStyle?: boolean | undefined;
  /** The default is the SDK's own chain (environment, role). */
  credentials?: S3ClientConfig["credentials"] | undefined;
}

export interface ObjectInfo {
  /** In bytes. */
  size: number;
  /** Changes with the content; without quotes. The MD5 in hex, if one PUT wrote the object and KMS does not encrypt it. */
  etag: string;
}

export interface ListedObject extends ObjectInfo {
  ref: ObjectRef;
  modified: Date;
}

export interface Listing {
  /** Sorted by the bytes of their keys. */
  objects: ListedObject[];
  /** Whether more objects follow. */
  truncated: boolean;
}

/** S3's limit for a page of a listing and for a request that deletes objects. */
const pageSize = 1000;
/** S3 copies larger objects in one request as well, but at most 100 MB per second, and a Lambda function has half a minute. */
const maxWholeCopyBytes = 512 * 1024 ** 2;
const defaultContentType = "application/octet-stream";

/** Opens the objects of a deployment. Create one per process, because it keeps its connections. */
export const connectObjects = (options: ObjectsOptions): Objects => new Objects(options);

/**
 * The objects of a deployment. All methods except the signing ones call S3, with up to three tries. They throw `ObjectMissing`
 * if there is no such object, `Unavailable` if S3 cannot be reached, and the SDK's exception for every other refusal of S3.
 */
export class Objects {
  readonly #client: S3Client;
  readonly #buckets: ObjectsOptions["buckets"];
  readonly #signer: UrlSigner;
  /** Uploads in parts, and copies of ranges. */
  readonly parts: PartUploads;

  constructor(options: ObjectsOptions) {
    const endpoint = options.endpoint || process.env.AWS_ENDPOINT_URL_S3;
    const publicEndpoint = options.publicEndpoint || endpoint;
    const connect = (url: string | undefined) => {
      const client = new S3Client({
        forcePathStyle: options.forcePathStyle ?? publicEndpoint !== undefined,
        // The SDK's default adds the checksum of an empty body to signed URLs, which no real upload matches. Buffers
        // are signed with their SHA-256 anyway.
        requestChecksumCalculation: "WHEN_REQUIRED",
        responseChecksumValidation: "WHEN_REQUIRED",
        requestHandler: { connectionTimeout: 3_000, socketTimeout: 60_000 },
        ...(url === undefined ? {} : { endpoint: url }),
        ...(options.region === undefined ? {} : { region: options.region }),
        ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
      });
      return tellOutages(client, "object store");
    };
    this.#buckets = options.buckets;
    this.#client = connect(endpoint);
    const signing = publicEndpoint === endpoint ? this.#client : connect(publicEndpoint);
    this.#signer = new UrlSigner(signing, options.buckets);
    this.parts = new PartUploads(this.#client, signing, options.buckets);
  }

  #at = (ref: ObjectRef): { Bucket: string; Key: string } => ({ Bucket: this.#buckets[ref.bucket], Key: ref.key });

  /** The size and ETag of an object; undefined if it does not exist. */
  async head(ref: ObjectRef): Promise<ObjectInfo | undefined> {
    try {
      const { ContentLength, ETag } = await this.#client.send(new HeadObjectCommand(this.#at(ref)));
      return { size: ContentLength ?? 0, etag: unquoted(ETag) };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Reads a whole object. Throws `ObjectTooLarge` if it has more than `maxBytes`. */
  async get(ref: ObjectRef, maxBytes: number): Promise<Buffer> {
    const { stream, size } = await this.#open(ref);
    if (size <= maxBytes) return collect(stream);
    stream.destroy();
    throw new ObjectTooLarge(ref, maxBytes);
  }

  /**
   * Opens an object as a stream of Buffers, or its bytes from `start` to before `end`. The caller must read the stream to its
   * end or destroy it. If the connection breaks, the stream fails. Throws `ObjectChanged` if the ETag differs from the given one.
   */
  async getStream(ref: ObjectRef, range?: { start: number; end: number; etag?: string }): Promise<Readable> {
    return (await this.#open(ref, range)).stream;
  }

  /**
   * Reads the bytes of an object from `start` to before `endExclusive`. Returns fewer if the object is shorter, and none after
   * its end. To follow a growing log, call it again from the end of the last result.
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

  /** Writes or overwrites an object of known length. A stream can be read only once, so it is not retried. */
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
   * Writes an object of unknown length and returns its length in bytes. Holds a few parts of 8 MiB in memory. If the source
   * or S3 fails, throws the error and leaves an existing object unchanged.
   */
  upload(ref: ObjectRef, body: AsyncIterable<Buffer>, contentType: string = defaultContentType): Promise<number> {
    return uploadParts(this.#client, { ...this.#at(ref), ContentType: contentType }, body);
  }

  /**
   * Copies an object with its content type, within or between the buckets, inside S3. `info` is what `head` returned. Throws
   * `ObjectChanged` if the object was replaced since then, and copies nothing. `withSha256` asks S3 to compute the SHA-256 of the
   * copy, which is returned in hex. It is null of a large object, which is copied in parts: S3 knows only those of the parts.
   */
  async copy(
    from: ObjectRef,
    { size, etag }: ObjectInfo,
    to: ObjectRef,
    { withSha256 = false }: { withSha256?: boolean } = {},
  ): Promise<string | null> {
    try {
      if (size > maxWholeCopyBytes) {
        await this.#copyInParts(from, { size, etag }, to);
        return null;
      }
      const { CopyObjectResult } = await this.#client.send(
        new CopyObjectCommand({
          ...this.#at(to),
          CopySource: copySourceOf(this.#at(from)),
          CopySourceIfMatch: `"${etag}"`,
          ...(withSha256 ? { ChecksumAlgorithm: "SHA256" } : {}),
        }),
      );
      const { ChecksumSHA256: sha256, ChecksumType: type } = CopyObjectResult ?? {};
      return withSha256 && sha256 && type !== "COMPOSITE" ? Buffer.from(sha256, "base64").toString("hex") : null;
    } catch (error) {
      if (statusOf(error) === 412) throw new ObjectChanged(from);
      throw isMissing(error) ? new ObjectMissing(from) : error;
    }
  }

  async #copyInParts(from: ObjectRef, { size, etag }: ObjectInfo, to: ObjectRef): Promise<void> {
    const { ContentType: contentType = defaultContentType } = await this.#client.send(
      new HeadObjectCommand(this.#at(from)),
    );
    const moved = () => Promise.resolve();
    await this.parts.copyRange(from, { start: 0, end: size, etag }, to, { contentType, moved });
  }

  /** Deletes an object if it exists. */
  async delete(ref: ObjectRef): Promise<void> {
    await this.#client.send(new DeleteObjectCommand(this.#at(ref)));
  }

  /** Deletes any number of objects, and ignores missing ones. Throws if one could not be deleted; others may be deleted. */
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
   * Lists up to `limit` (1 to 1000, default 1000) objects whose key starts with `prefix.key` and follows `startAfter`.
   * For the next page, pass the key of the last object.
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

  /** Signs a URL to GET the object. It is valid for `seconds`, but no longer than the signing credentials. */
  signGet(ref: ObjectRef, options: SignGetOptions): Promise<string> {
    return this.#signer.get(ref, options);
  }

  /** Signs a URL to PUT the object, any number of times, with any content type and up to 5 GiB. */
  signPut(ref: ObjectRef, options: { seconds: number }): Promise<string> {
    return this.#signer.put(ref, options);
  }

  /**
   * Signs a form to POST objects whose key starts with `prefix`, which must end in `/`. The uploader sends all fields, then
   * `key`, and `file` last. It may change the value of the field `Content-Type`.
   */
  signPost(
    prefix: string,
    options: { seconds: number; maxBytes: number; bucket: ObjectRef["bucket"] },
  ): Promise<UploadPolicy> {
    return this.#signer.post(prefix, options);
  }

  /** Closes idle connections, so that the process can exit. Lambda functions need not call it. */
  close(): void {
    this.#client.destroy();
  }
}

const unquoted = (etag: string | undefined): string => (etag ?? "").replaceAll('"', "");

const statusOf = (error: unknown): number | undefined =>
  error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;

/** A missing bucket is an error of the deployment, not a missing object. */
const isMissing = (error: unknown): boolean => statusOf(error) === 404 && (error as Error).name !== "NoSuchBucket";

async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of stream) chunks.push(chunk as Buffer);
  } catch (error) {
    throw isNetworkError(error) ? new Unavailable("object store", error) : error;
  }
  return Buffer.concat(chunks);
}
