import { createBucket, deleteObjects, listObjects } from "./bucket-operations.ts";
import { notImplemented } from "./errors.ts";
import {
  abortUpload,
  completeUpload,
  createUpload,
  deleteObject,
  getObject,
  listParts,
  putObject,
  putPart,
} from "./object-operations.ts";
import type { Handler, S3Request } from "./requests.ts";

/** An S3 operation, identified by its method, its level and its marker, a query parameter. */
interface Operation {
  method: string;
  on: "bucket" | "object";
  marker?: string;
  /** Allowed query parameters besides the marker and those of a signature. */
  parameters?: RegExp;
  run: Handler;
}

/** Checksums are not stored; SDKs request them, which is ignored. */
const readParameters =
  /^(response-(content-(type|disposition|language|encoding)|cache-control|expires)|x-amz-checksum-mode)$/;
const listParameters = /^(prefix|start-after|max-keys|continuation-token|delimiter|encoding-type|fetch-owner)$/;

/** All supported operations. The first match handles a request. */
const operations: Operation[] = [
  { method: "GET", on: "object", marker: "uploadId", parameters: /^(max-parts|part-number-marker)$/, run: listParts },
  { method: "GET", on: "object", parameters: readParameters, run: getObject },
  { method: "HEAD", on: "object", parameters: readParameters, run: getObject },
  { method: "PUT", on: "object", marker: "partNumber", parameters: /^uploadId$/, run: putPart },
  { method: "PUT", on: "object", run: putObject },
  { method: "DELETE", on: "object", marker: "uploadId", run: abortUpload },
  { method: "DELETE", on: "object", run: deleteObject },
  { method: "POST", on: "object", marker: "uploads", run: createUpload },
  { method: "POST", on: "object", marker: "uploadId", run: completeUpload },
  { method: "GET", on: "bucket", marker: "list-type", parameters: listParameters, run: listObjects },
  { method: "HEAD", on: "bucket", run: async () => ({ status: 200 }) },
  { method: "PUT", on: "bucket", run: createBucket },
  { method: "POST", on: "bucket", marker: "delete", run: deleteObjects },
];

/** Finds the operation of a request. Throws NotImplemented for unsupported ones. */
export function operationOf({ method, bucket, key, query }: S3Request): Handler {
  const level = key === "" ? "bucket" : "object";
  const found = operations.find(
    ({ method: m, on, marker }) => m === method && on === level && (marker === undefined || query.has(marker)),
  );
  if (!found || bucket === "") throw notImplemented(`${method} of this ${bucket === "" ? "service" : level}`);
  // An unknown parameter, for example ?acl, means that the request is another, unsupported operation.
  const known = /^(x-id|X-Amz-.*)$/;
  const unknown = [...query.keys()].find(
    (name) => name !== found.marker && !known.test(name) && !found.parameters?.test(name),
  );
  if (unknown !== undefined) throw notImplemented(`the query parameter ${unknown} of ${method}`);
  return found.run;
}
