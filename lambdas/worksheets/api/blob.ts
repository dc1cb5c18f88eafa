/**
 * The contents of bundles. They may be of any size, so they pass no Lambda function: this takes and answers streams, for any server of HTTP.
 */
import { createGzip } from "node:zlib";
import * as z from "zod";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import type { Actor, UserActor } from "../../policy/policy.ts";
import { acceptsGzip, disposition, guessedType, passiveType, rangeOf } from "../rules/contents/headers.ts";
import { summaryOfParts, summaryOfWhole, summaryRanges, type Summary } from "../rules/contents/summary.ts";
import { requireAccess } from "../service/access.ts";
import { requireNoSubmission, requireStreams } from "../service/contents/streaming.ts";
import { fileBytes, folderAsTarGz, refOf } from "../service/contents/read.ts";
import { part } from "../service/contents/stored-file.ts";
import { through } from "../service/contents/streams.ts";
import { findTarget, type Target } from "../service/contents/targets.ts";
import { uploadableBundle, uploadContents, type OpenUrl, type Upload } from "../service/contents/upload.ts";

export interface BlobRequest {
  method: string;
  uuid: string;
  /** In the contents; empty for all of them. */
  path: string;
  query: URLSearchParams;
  header: (name: string) => string | undefined;
  body: AsyncIterable<Buffer>;
}

export interface BlobAnswer {
  status: number;
  headers: Record<string, string>;
  body: AsyncIterable<Buffer> | null;
}

/** Larger files are fetched from the store itself by clients that follow redirects. */
const redirectedBytes = 16 * 1024 ** 2;
const linkSeconds = 3600;
/** What may be read for the first and last lines of a file. */
const maxSummaryBytes = 4 * 1024 ** 2;

const flag = (otherwise: boolean) =>
  z
    .string()
    .optional()
    .transform((text) => (text === undefined || text === "" ? otherwise : !["0", "false", "False"].includes(text)));
const count = (most: number, otherwise: number) => z.coerce.number().int().min(0).max(most).prefault(otherwise);

const reading = z.object({
  head: count(100_000, 0),
  tail: count(100_000, 0),
  max_line_length: count(100_000, 128),
  truncation_text: z.string().max(1000).prefault(""),
  support_redirect: flag(false),
});

const uploading = z.object({
  filename: z.string().max(1000).optional(),
  unpack: flag(true),
  git: flag(false),
  finalize_on_success: flag(true),
  finalize_on_failure: flag(false),
  state_on_success: z.enum(["ready", "failed"]).prefault("ready"),
});

function parsed<S extends z.ZodType>(schema: S, query: URLSearchParams): z.output<S> {
  const result = schema.safeParse(Object.fromEntries(query));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Refusal("invalid", "INVALID", `${issue!.path.join(".")}: ${issue!.message}`);
}

/** Answers a request for the contents of a bundle, or one that uploads them. */
export async function answerBlob(
  context: Context,
  actor: Actor,
  request: BlobRequest,
  openUrl: OpenUrl,
): Promise<BlobAnswer> {
  await requireAccess(context, actor);
  if (request.method === "GET" || request.method === "HEAD") return download(context, actor, request);
  if (request.method !== "PUT" || request.path !== "")
    throw new Refusal("method", "METHOD_NOT_ALLOWED", "Contents are read with GET, and uploaded as a whole with PUT.");
  if (actor.kind !== "user") throw new Refusal("unauthenticated", "NOT_LOGGED_IN", "User is not authenticated.");
  await upload(context, actor, request, openUrl);
  return { status: 200, headers: { "content-length": "0" }, body: null };
}

async function upload(context: Context, actor: UserActor, { uuid, query, body }: BlobRequest, openUrl: OpenUrl) {
  const bundle = await uploadableBundle(context, actor, uuid);
  const options = parsed(uploading, query);
  const urls = query.getAll("urls").filter((url) => url !== "");
  if (urls.length > 1) throw new Refusal("invalid", "INVALID", "Exactly one url must be provided.");
  const wanted: Upload = {
    fileName: options.filename || null,
    unpack: options.unpack,
    url: urls[0] ?? null,
    git: options.git,
    stateOnSuccess: options.finalize_on_success ? options.state_on_success : null,
    failsForGood: options.finalize_on_failure,
  };
  await uploadContents(context, bundle, wanted, body, openUrl);
}

async function download(
  context: Context,
  actor: Actor,
  { uuid, path, query, header }: BlobRequest,
): Promise<BlobAnswer> {
  const options = parsed(reading, query);
  await requireNoSubmission(context, uuid);
  const target = await findTarget(context, actor, uuid, path);
  const asksForPart = header("range") !== undefined;
  const asksForLines = options.head > 0 || options.tail > 0;
  const name = nameOf(target);
  if (target.type === "link")
    throw new Refusal("forbidden", "IS_LINK", `Cannot download files of this type (${target.type}).`);
  if (target.type === "directory") {
    if (asksForPart) throw new Refusal("invalid", "INVALID", "Range not supported for directory blobs.");
    if (asksForLines) throw new Refusal("invalid", "INVALID", "Head and tail not supported for directory blobs.");
    const size = target.path === "" ? target.bundle.data_size : 0;
    const headers = {
      ...headersOf(target, size),
      "content-type": "application/gzip",
      "content-encoding": "identity",
      "content-disposition": disposition("attachment", `${name}.tar.gz`),
    };
    return { status: 200, headers, body: folderAsTarGz(context, target) };
  }
  if (asksForPart && asksForLines)
    throw new Refusal("invalid", "INVALID", "Head and range not supported on the same request.");
  const type = guessedType(name);
  if (isRedirected(target, options, asksForPart) && target.size >= redirectedBytes)
    return redirect(context, target, name, type);
  const lines = asksForLines ? await linesOf(context, target, options) : null;
  const range = rangeOf(header("range"), target.size);
  const bytes = lines ? once(lines) : fileBytes(context, target, range ?? undefined);
  const zips = acceptsGzip(header("accept-encoding"));
  const length = lines ? lines.length : range ? range.end - range.start : target.size;
  const headers = {
    ...headersOf(target, target.size),
    "content-type": type,
    "content-encoding": zips ? "gzip" : "identity",
    "content-disposition": disposition("inline", name),
    vary: "accept-encoding",
    ...(zips ? {} : { "content-length": String(length) }),
  };
  return { status: 200, headers, body: zips ? through(bytes, createGzip({ level: 1 })) : bytes };
}

/** Whether the store itself can answer: with a whole bundle that is one file. A file of a submission is read by rules of its own. */
const isRedirected = (
  target: Target,
  { support_redirect: follows, head, tail }: z.output<typeof reading>,
  asksForPart: boolean,
): boolean =>
  follows &&
  target.type === "file" &&
  target.entry === null &&
  target.files === null &&
  target.linked === null &&
  !target.isLive &&
  !asksForPart &&
  head + tail === 0;

/**
 * Answers a request for contents where nothing streams: with a redirect to the store if that has the whole answer. Others are refused.
 */
export async function redirectOnly(
  context: Context,
  actor: Actor,
  { uuid, path, query, asksForPart }: { uuid: string; path: string; query: URLSearchParams; asksForPart: boolean },
): Promise<{ status: number; headers: Record<string, string> }> {
  await requireNoSubmission(context, uuid);
  const target = await findTarget(context, actor, uuid, path);
  if (!isRedirected(target, parsed(reading, query), asksForPart)) requireStreams(context);
  const name = nameOf(target);
  return redirect(context, target, name, guessedType(name));
}

/** The whole contents are called as the bundle. */
function nameOf({ bundle, path }: Target): string {
  const name = bundle.metadata["name"];
  if (path === "" && typeof name === "string" && name !== "") return name;
  return path === "" ? bundle.uuid : path.split("/").at(-1)!;
}

const headersOf = ({ type }: Target, size: number): Record<string, string> => ({
  "access-control-allow-origin": "*",
  "target-type": type,
  "x-codalab-target-size": String(size),
  // People uploaded it, and it comes from the origin of the API: nothing in it may act as a page of ours.
  "content-security-policy": "sandbox",
  "cache-control": "no-store",
});

async function redirect({ objects }: Context, { key }: Target, name: string, type: string): Promise<BlobAnswer> {
  const location = await objects.signGet(refOf(key), {
    seconds: linkSeconds,
    contentType: passiveType(type),
    shownName: name,
  });
  return {
    status: 303,
    headers: { location, "access-control-allow-origin": "*", "cache-control": "no-store" },
    body: null,
  };
}

async function linesOf(
  context: Context,
  target: Target,
  { head, tail, max_line_length: maxLineLength, truncation_text: truncationText }: z.output<typeof reading>,
): Promise<Buffer> {
  const summary: Summary = { head, tail, maxLineLength, truncationText };
  if ((head + tail) * maxLineLength > maxSummaryBytes)
    throw new Refusal(
      "invalid",
      "INVALID",
      `head, tail and max_line_length ask for more than ${maxSummaryBytes} bytes.`,
    );
  const read = async (range: { start: number; end: number }) => {
    const pieces: Buffer[] = [];
    for await (const piece of part(fileBytes(context, target, range), { start: 0, end: range.end - range.start }))
      pieces.push(piece);
    return Buffer.concat(pieces);
  };
  const ranges = summaryRanges(target.size, summary);
  if (ranges.whole) return Buffer.from(summaryOfWhole(await read(ranges.whole), summary));
  return Buffer.from(summaryOfParts(await read(ranges.head), await read(ranges.tail), summary));
}

async function* once(bytes: Buffer): AsyncIterable<Buffer> {
  yield bytes;
}
