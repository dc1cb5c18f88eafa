import { S3Error, invalidArgument, missingLength, notImplemented } from "./errors.ts";
import { checkPolicy, readForm, withinRange } from "./form-upload.ts";
import type { ListEntry } from "./listing.ts";
import { keptHeaders } from "./object-headers.ts";
import {
  type Answer,
  type Handler,
  type S3Request,
  type Store,
  malformedXml,
  quoted,
  readXml,
  requireBucket,
  requireKey,
  xmlAnswer,
} from "./requests.ts";
import { uriEncode } from "./signature.ts";
import { type Element, innerXml, xmlText } from "./xml.ts";

const maxPageKeys = 1000;
/** Files that one listing opens at the same time. */
const maxOpenFiles = 32;

const nameOf = (entry: ListEntry): string => ("key" in entry ? entry.key : entry.commonPrefix);

export const isBucketName = (name: string): boolean => /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name);

export const deleteObjects: Handler = async ({ files }, request) => {
  const xml = await readXml(request);
  const keys = innerXml(xml, "Object").map((object) => xmlText(object, "Key") ?? "");
  if (keys.length === 0 || keys.length > maxPageKeys || keys.includes("")) throw malformedXml();
  for (const key of keys) await files.delete(request.bucket, key);
  const deleted = keys.map((key): Element => ["Deleted", [["Key", key]]]);
  const quiet = xmlText(xml, "Quiet") === "true";
  return xmlAnswer("DeleteResult", quiet ? [] : deleted);
};

export const listObjects: Handler = async ({ files }, { bucket, query }) => {
  const delimiter = query.get("delimiter") ?? "";
  if (delimiter !== "" && delimiter !== "/") throw notImplemented("a delimiter other than /");
  const limit = Number(query.get("max-keys") ?? maxPageKeys);
  if (!Number.isInteger(limit) || limit < 0) throw invalidArgument("max-keys must be a whole number.");
  const token = query.get("continuation-token");
  const after =
    token === undefined ? (query.get("start-after") ?? "") : Buffer.from(token, "base64url").toString("utf8");
  const prefix = query.get("prefix") ?? "";
  const encoding = query.get("encoding-type");
  const shown = (text: string) => (encoding === "url" ? uriEncode(text).replaceAll("%2F", "/") : text);

  const page: ListEntry[] = [];
  let truncated = false;
  for await (const entry of files.list(bucket, { prefix, after, grouped: delimiter !== "" })) {
    truncated = page.length >= Math.min(limit, maxPageKeys);
    if (truncated) break;
    page.push(entry);
  }
  const last = page.at(-1);
  const describe = async (entry: ListEntry): Promise<Element | undefined> => {
    if ("commonPrefix" in entry) return ["CommonPrefixes", [["Prefix", shown(entry.commonPrefix)]]];
    const info = await files.info(files.path(bucket, entry.key));
    if (!info) return undefined;
    const modified = info.modified.toISOString();
    const { etag, size } = info;
    return [
      "Contents",
      [
        ["Key", shown(entry.key)],
        ["LastModified", modified],
        ["ETag", quoted(etag)],
        ["Size", size],
      ],
    ];
  };
  const elements: Element[] = [];
  for (let at = 0; at < page.length; at += maxOpenFiles)
    for (const element of await Promise.all(page.slice(at, at + maxOpenFiles).map(describe)))
      if (element) elements.push(element);
  const result: Element[] = [
    ["Name", bucket],
    ["Prefix", shown(prefix)],
    ["Delimiter", delimiter === "" ? undefined : delimiter],
    ["StartAfter", query.has("start-after") ? shown(query.get("start-after")!) : undefined],
    ["EncodingType", encoding],
    ["MaxKeys", limit],
    ["KeyCount", elements.length],
    ["IsTruncated", truncated && last !== undefined],
    ["ContinuationToken", token],
    ["NextContinuationToken", truncated && last ? Buffer.from(nameOf(last)).toString("base64url") : undefined],
    ...elements,
  ];
  return xmlAnswer("ListBucketResult", result);
};

export const createBucket: Handler = async ({ files }, request) => {
  await readXml(request);
  if (!isBucketName(request.bucket)) throw new S3Error(400, "InvalidBucketName", "The specified bucket is not valid.");
  if (files.hasBucket(request.bucket))
    throw new S3Error(409, "BucketAlreadyOwnedByYou", "You already have a bucket of that name.");
  await files.createBucket(request.bucket);
  return { status: 200, headers: { location: `/${request.bucket}` } };
};

/** S3's POST Object: an upload by a form, which a signed policy in the form authorizes. */
export async function postForm({ files, verifier }: Store, { bucket, headers, bytes }: S3Request): Promise<Answer> {
  // S3 refuses forms of unknown length, so this store does too.
  if (headers["content-length"] === undefined) throw missingLength();
  const { fields, fileName, file } = await readForm(String(headers["content-type"]), bytes);
  verifier.verifyPolicy(fields);
  requireBucket(files, bucket);
  const key = fields.get("key")?.replaceAll("${filename}", fileName);
  if (!key) throw invalidArgument("Bucket POST must contain a field named 'key'.");
  requireKey(key);
  const range = checkPolicy(fields.get("policy")!, fields.set("key", key), bucket);
  const etag = await files.write(files.path(bucket, key), {
    chunks: withinRange(file, range),
    headers: keptHeaders(fields),
  });
  const status = Number(fields.get("success_action_status"));
  if (status === 201)
    return xmlAnswer(
      "PostResponse",
      [
        ["Bucket", bucket],
        ["Key", key],
        ["ETag", quoted(etag)],
      ],
      201,
    );
  return { status: status === 200 ? 200 : 204, headers: { etag: quoted(etag) } };
}
