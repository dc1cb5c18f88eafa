import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createPatientServer } from "../../gateway/patient-server.ts";
import { processLog } from "../../lambdas/kernel/log.ts";
import { listen } from "../../gateway/listen.ts";
import { isBucketName, postForm } from "./bucket-operations.ts";
import { S3Error, fromFileSystem } from "./errors.ts";
import { MultipartUploads } from "./multipart-uploads.ts";
import { ObjectFiles } from "./object-files.ts";
import { operationOf } from "./operations.ts";
import { type Answer, type S3Request, type Store, requireBucket, requireKey, xmlAnswer } from "./requests.ts";
import { SignatureVerifier, uriDecode } from "./signature.ts";

/**
 * The object store of a platform on one machine. It supports the part of S3 that the platform, its users' scripts and
 * their browsers need, checks signatures as S3 does, and refuses everything else with NotImplemented. Buckets are
 * addressed by path.
 */
export interface ObjectStoreOptions {
  /** Folder of the objects, created if needed. Only one process may use it at a time. */
  directory: string;
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
  /** Buckets to create if needed. */
  buckets: string[];
  /** The host, with its port, that signed URLs name if requests may arrive with another one, for instance from a proxy. */
  signedHost?: string;
}

/** An object store that a server of HTTP passes requests to. */
export interface ObjectStore {
  /** Whether a request is for one of the buckets. */
  isFor: (request: IncomingMessage) => boolean;
  /** Answers a request. Also answers `checkContinue` requests, and asks for the body only if the signature is valid. */
  answer: (request: IncomingMessage, response: ServerResponse) => void;
  keepDeleted: ObjectFiles["keepDeleted"];
}

export async function openObjectStore(options: ObjectStoreOptions): Promise<ObjectStore> {
  const files = await ObjectFiles.open(options.directory);
  const store: Store = {
    files,
    uploads: await MultipartUploads.open(join(options.directory, "uploads"), files),
    verifier: new SignatureVerifier(options),
  };
  for (const bucket of options.buckets) {
    if (!isBucketName(bucket)) throw new Error(`"${bucket}" is not a valid bucket name of S3.`);
    await files.createBucket(bucket);
  }
  return {
    keepDeleted: () => files.keepDeleted(),
    isFor: ({ url = "" }) => files.hasBucket(/^\/([^/?]*)/.exec(url)?.[1] ?? ""),
    answer: (request, response) =>
      void handle(store, request, response).catch((error: unknown) => {
        processLog().error("store.failed", { error });
        response.destroy();
      }),
  };
}

export interface ObjectStoreServer {
  /** `http://host:port`, without a slash at its end. */
  endpoint: string;
  /** Accepts no more requests, and resolves when running ones have ended. */
  close: () => Promise<void>;
}

/** Starts a server of its own for an object store. */
export async function startObjectStore({
  host = "127.0.0.1",
  port: wantedPort = 0,
  ...options
}: ObjectStoreOptions & {
  /** By default `127.0.0.1`. */
  host?: string;
  /** By default, or with 0, a free port. */
  port?: number;
}): Promise<ObjectStoreServer> {
  const store = await openObjectStore(options);
  const server = createPatientServer(store.answer);
  const port = await listen(server, wantedPort, host);
  return {
    endpoint: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeIdleConnections();
      }),
  };
}

async function handle(store: Store, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // An unread rest of the body must not close the connection, because then the refusal could not be sent.
  const bytes: AsyncGenerator<Buffer> = request.iterator({ destroyOnReturn: false }) as AsyncGenerator<Buffer>;
  let answer: Answer | undefined;
  try {
    allowOtherOrigins(request, response);
    answer = await serve(store, request, response, bytes);
    await send(response, answer);
  } catch (error) {
    // When the headers were sent, the answer can only be aborted.
    if (response.headersSent) response.destroy();
    else await send(response, refusal(request, error)).catch(() => response.destroy());
  } finally {
    await answer?.done?.();
    // Reads and ignores the rest of a refused body, so that the sender reads the answer.
    await bytes.return(undefined);
    request.resume();
  }
}

async function serve(
  store: Store,
  request: IncomingMessage,
  response: ServerResponse,
  bytes: AsyncIterable<Buffer>,
): Promise<Answer> {
  const { method = "", headers } = request;
  if (method === "OPTIONS") return { status: 204 };
  const [rawPath = "", rawQuery = ""] = (request.url ?? "").split(/\?([^]*)/);
  const query = rawQuery
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair): [string, string] => {
      const [name = "", value = ""] = pair.split(/=([^]*)/);
      return [uriDecode(name), uriDecode(value)];
    });
  const [, bucket = "", key = ""] = /^\/([^/]*)\/?([^]*)$/.exec(uriDecode(rawPath)) ?? [];
  requireKey(key);
  const s3: S3Request = { method, bucket, key, query: new Map(query), headers, bytes };
  const isForm = method === "POST" && key === "" && /^multipart\/form-data/i.test(headers["content-type"] ?? "");
  if (isForm) {
    sendContinue(request, response);
    return postForm(store, s3);
  }
  const authorization = store.verifier.verifyRequest({ method, rawPath, query, headers: request.headersDistinct });
  const run = operationOf(s3);
  if (method !== "PUT" || key !== "") requireBucket(store.files, bucket);
  sendContinue(request, response);
  return run(store, { ...s3, authorization });
}

function sendContinue(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers.expect !== undefined) response.writeContinue();
}

/** Allows pages of other origins to upload and download, because requests use signed URLs and no cookies. */
function allowOtherOrigins(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers.origin === undefined) return;
  response.setHeader("access-control-allow-origin", "*");
  response.setHeader("access-control-expose-headers", "etag, content-length, content-range, content-disposition");
  if (request.method !== "OPTIONS") return;
  response.setHeader("access-control-allow-methods", "GET, HEAD, PUT, POST, DELETE");
  response.setHeader("access-control-allow-headers", request.headers["access-control-request-headers"] ?? "*");
  response.setHeader("access-control-max-age", "3600");
}

async function send(response: ServerResponse, { status, headers, body }: Answer): Promise<void> {
  if (body === undefined || typeof body === "string" || Buffer.isBuffer(body)) {
    const length = body === undefined ? undefined : { "content-length": Buffer.byteLength(body) };
    response.writeHead(status, { ...length, ...headers }).end(body);
    return;
  }
  response.writeHead(status, headers);
  await pipeline(body, response);
}

/** The answer for an error. Internal errors are only logged. */
function refusal(request: IncomingMessage, error: unknown): Answer {
  const known = fromFileSystem(error);
  if (!(known instanceof S3Error) && !request.destroyed) processLog().error("store.failed", { error });
  const { status, code, message } =
    known instanceof S3Error ? known : new S3Error(500, "InternalError", "The object store failed; see its log.");
  if (request.method === "HEAD") return { status };
  return xmlAnswer(
    "Error",
    [
      ["Code", code],
      ["Message", message],
      ["Resource", request.url?.split("?")[0]],
    ],
    status,
  );
}
