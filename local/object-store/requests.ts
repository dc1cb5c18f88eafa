import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { readAll } from "./byte-reader.ts";
import { S3Error } from "./errors.ts";
import type { MultipartUploads } from "./multipart-uploads.ts";
import type { ObjectFiles } from "./object-files.ts";
import { type RequestBody, requestBody } from "./request-body.ts";
import type { Authorization, SignatureVerifier } from "./signature.ts";
import { type Element, xmlDocument } from "./xml.ts";

/** The stored objects, and the verifier of signatures. */
export interface Store {
  files: ObjectFiles;
  uploads: MultipartUploads;
  verifier: SignatureVerifier;
}

/** A request to a bucket, or with a non-empty key to an object. */
export interface S3Request {
  method: string;
  bucket: string;
  key: string;
  query: Map<string, string>;
  headers: IncomingHttpHeaders;
  /** The unchecked body. */
  bytes: AsyncIterable<Buffer>;
}

export type SignedRequest = S3Request & { authorization: Authorization };

export interface Answer {
  status: number;
  headers?: OutgoingHttpHeaders;
  body?: string | Buffer | Readable;
  /** Called when the body was sent or sending was aborted. */
  done?: () => Promise<void>;
}

/** Answers the requests of one operation. */
export type Handler = (store: Store, request: SignedRequest) => Promise<Answer>;

const maxXmlBytes = 2 * 1024 ** 2;

/** The body, verified against the signature and the headers. */
export const bodyOf = (request: SignedRequest): RequestBody =>
  requestBody(request.headers, request.bytes, request.authorization);

export const readXml = async (request: SignedRequest): Promise<string> =>
  (await readAll(bodyOf(request).chunks, maxXmlBytes)).toString("utf8");

export const xmlAnswer = (root: string, elements: Element[], status = 200): Answer => ({
  status,
  headers: { "content-type": "application/xml" },
  body: xmlDocument(root, elements),
});

/** An ETag in quotes, as in headers and XML. */
export const quoted = (etag: string): string => `"${etag}"`;

export const noSuchKey = () => new S3Error(404, "NoSuchKey", "The specified key does not exist.");

export const malformedXml = () =>
  new S3Error(400, "MalformedXML", "The XML you provided was not well-formed or not expected.");

export function requireBucket(files: ObjectFiles, bucket: string): void {
  if (!files.hasBucket(bucket)) throw new S3Error(404, "NoSuchBucket", "The specified bucket does not exist.");
}

export function requireKey(key: string): void {
  if (Buffer.byteLength(key) > 1024) throw new S3Error(400, "KeyTooLongError", "Your key is too long.");
}
