import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { invalidArgument, notImplemented } from "./errors.ts";
import { isUnchanged, keptHeaders, objectHeaders, refuseUnsupported, requestedRange } from "./object-headers.ts";
import {
  type Answer,
  type Handler,
  bodyOf,
  malformedXml,
  noSuchKey,
  quoted,
  readXml,
  requireBucket,
  xmlAnswer,
} from "./requests.ts";
import type { ObjectFiles, ObjectInfo } from "./object-files.ts";
import { uriDecode } from "./signature.ts";
import { type Element, innerXml, xmlText } from "./xml.ts";

/** GET, and HEAD, which has no body. */
export const getObject: Handler = async ({ files }, { method, bucket, key, query, headers }) => {
  const object = await files.open(files.path(bucket, key));
  if (!object) throw noSuchKey();
  let answer: Answer | undefined;
  try {
    const { info } = object;
    const about = objectHeaders(info, query);
    if (isUnchanged(headers, info)) return { status: 304, headers: about };
    const range = requestedRange(headers, info);
    const { start, end } = range ?? { start: 0, end: info.size };
    about["content-length"] = end - start;
    if (range) about["content-range"] = `bytes ${start}-${end - 1}/${info.size}`;
    const status = range ? 206 : 200;
    if (method === "HEAD") return { status, headers: about };
    answer = { status, headers: about, body: object.read(start, end), done: object.close };
    return answer;
  } finally {
    if (!answer) await object.close();
  }
};

const put: Handler = async ({ files }, request) => {
  refuseUnsupported(request.headers);
  const { chunks } = bodyOf(request);
  const headers = keptHeaders(Object.entries(request.headers));
  const etag = await files.write(files.path(request.bucket, request.key), { chunks, headers });
  return { status: 200, headers: { etag: quoted(etag) } };
};

/** Path of the file of a copy's source. */
function copySource(files: ObjectFiles, headers: IncomingHttpHeaders): string {
  const source = /^\/?([^/]+)\/([^]+)$/.exec(uriDecode(String(headers["x-amz-copy-source"])));
  if (!source) throw invalidArgument("x-amz-copy-source must be BUCKET/KEY.");
  const [, bucket, key] = source as unknown as [string, string, string];
  requireBucket(files, bucket);
  return files.path(bucket, key);
}

async function sha256(content: Buffer | Readable): Promise<string> {
  const hash = createHash("sha256");
  for await (const bytes of Buffer.isBuffer(content) ? [content] : content) hash.update(bytes as Buffer);
  return hash.digest("base64");
}

const copy: Handler = async ({ files }, { bucket, key, headers }) => {
  const { "x-amz-copy-source-if-match": etag, ...others } = headers as Record<string, string>;
  refuseUnsupported(others);
  if ((headers["x-amz-metadata-directive"] ?? "COPY") !== "COPY") throw notImplemented("replacing headers in a copy");
  const path = files.path(bucket, key);
  const check = (copied: ObjectInfo) => void isUnchanged({ "if-match": etag }, copied);
  if (!(await files.copy(copySource(files, headers), path, check))) throw noSuchKey();
  const copied = await files.open(path);
  if (!copied) throw noSuchKey();
  try {
    const { info } = copied;
    const result: Element[] = [
      ["LastModified", info.modified.toISOString()],
      ["ETag", quoted(info.etag)],
    ];
    // Of other algorithms S3 would tell the checksum, too. The platform asks for none.
    if (headers["x-amz-checksum-algorithm"] === "SHA256")
      result.push(["ChecksumSHA256", await sha256(copied.read(0, info.size))], ["ChecksumType", "FULL_OBJECT"]);
    return xmlAnswer("CopyObjectResult", result);
  } finally {
    await copied.close();
  }
};

/** Stores an object: the body of the request, or a copy of another object. */
export const putObject: Handler = (store, request) =>
  ("x-amz-copy-source" in request.headers ? copy : put)(store, request);

export const deleteObject: Handler = async ({ files }, { bucket, key }) => {
  await files.delete(bucket, key);
  return { status: 204 };
};

export const createUpload: Handler = async ({ uploads }, { bucket, key, headers }) => {
  refuseUnsupported(headers);
  const id = await uploads.create({ bucket, key, headers: keptHeaders(Object.entries(headers)) });
  const result: Element[] = [
    ["Bucket", bucket],
    ["Key", key],
    ["UploadId", id],
  ];
  return xmlAnswer("InitiateMultipartUploadResult", result);
};

/** Stores a part: the body of the request, or a range of an object. */
export const putPart: Handler = async (store, request) => {
  const { bucket, key, query, headers } = request;
  const put = (chunks: AsyncIterable<Buffer>) =>
    store.uploads.putPart(bucket, key, query.get("uploadId") ?? "", Number(query.get("partNumber")), chunks);
  if (!("x-amz-copy-source" in headers)) {
    const etag = await put(bodyOf(request).chunks);
    return { status: 200, headers: { etag: quoted(etag) } };
  }
  const object = await store.files.open(copySource(store.files, headers));
  if (!object) throw noSuchKey();
  try {
    const {
      "x-amz-copy-source": _,
      "x-amz-copy-source-range": range,
      "x-amz-copy-source-if-match": etag,
      ...others
    } = headers as Record<string, string>;
    refuseUnsupported(others);
    isUnchanged({ "if-match": etag }, object.info);
    const part = requestedRange({ range }, object.info);
    if (range !== undefined && !part) throw invalidArgument("x-amz-copy-source-range must be bytes=FIRST-LAST.");
    const { start, end } = part ?? { start: 0, end: object.info.size };
    const content = object.read(start, end);
    const copied = await put(Buffer.isBuffer(content) ? Readable.from([content]) : content);
    return xmlAnswer("CopyPartResult", [
      ["LastModified", new Date().toISOString()],
      ["ETag", quoted(copied)],
    ]);
  } finally {
    await object.close();
  }
};

/** The maximum of S3. */
const maxPageParts = 1000;

export const listParts: Handler = async ({ uploads }, { bucket, key, query }) => {
  const id = query.get("uploadId")!;
  const after = Number(query.get("part-number-marker") ?? 0);
  const limit = Math.min(Number(query.get("max-parts") ?? maxPageParts), maxPageParts);
  if (!Number.isInteger(after) || !Number.isInteger(limit) || limit < 1)
    throw invalidArgument("max-parts must be a whole number.");
  const all = (await uploads.parts(bucket, key, id)).filter(({ number }) => number > after);
  const page = all.slice(0, limit);
  return xmlAnswer("ListPartsResult", [
    ["Bucket", bucket],
    ["Key", key],
    ["UploadId", id],
    ["PartNumberMarker", after],
    ["NextPartNumberMarker", page.at(-1)?.number],
    ["MaxParts", limit],
    ["IsTruncated", all.length > page.length],
    ...page.map(({ number, etag, size, modified }): Element => [
      "Part",
      [
        ["PartNumber", number],
        ["LastModified", modified.toISOString()],
        ["ETag", quoted(etag)],
        ["Size", size],
      ],
    ]),
  ]);
};

export const completeUpload: Handler = async ({ uploads }, request) => {
  const { bucket, key, query } = request;
  refuseUnsupported(request.headers);
  const parts = innerXml(await readXml(request), "Part").map((part) => ({
    number: Number(xmlText(part, "PartNumber")),
    etag: (xmlText(part, "ETag") ?? "").replaceAll('"', ""),
  }));
  if (parts.length === 0 || parts.some(({ number }) => !Number.isInteger(number))) throw malformedXml();
  const etag = await uploads.complete(bucket, key, query.get("uploadId")!, parts);
  const result: Element[] = [
    ["Bucket", bucket],
    ["Key", key],
    ["ETag", quoted(etag)],
  ];
  return xmlAnswer("CompleteMultipartUploadResult", result);
};

export const abortUpload: Handler = async ({ uploads }, { bucket, key, query }) => {
  await uploads.abort(bucket, key, query.get("uploadId")!);
  return { status: 204 };
};
