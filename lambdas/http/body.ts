import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { parse as parseSafely } from "secure-json-parse";
import { Refusal } from "../kernel/refusal.ts";
import { sizeOfJson } from "./json-size.ts";

/** The largest body that a request without credentials may have: enough to sign up, and too little to keep a server busy. */
const maxAnonymousBytes = 64 * 1024;
/** More than any real request has. Validation takes time for each value, and a call for each level. */
const [usualMaxValues, maxDepth] = [20_000, 64];

/** Refuses a body that is too large for somebody who has not logged in. Call it before anything reads the body. */
export function requireSmallBody(event: APIGatewayProxyEventV2): void {
  if ((event.body?.length ?? 0) > maxAnonymousBytes * (event.isBase64Encoded ? 4 / 3 : 1))
    throw new Refusal(
      "too-large",
      "BODY_TOO_LARGE",
      `Without a login, a request body may have at most ${maxAnonymousBytes / 1024} KiB.`,
    );
}

/**
 * Parses the body of a request: JSON, or a form (urlencoded or multipart) as an object in which a repeated field is a
 * list. An empty body is an empty object. Files in a form are refused unless `takesFiles` is set: clients upload files
 * to signed URLs instead. `maxValues` is how many values it may have.
 */
export async function readBody(
  event: APIGatewayProxyEventV2,
  { takesFiles, maxValues = usualMaxValues }: { takesFiles: boolean; maxValues?: number | undefined },
): Promise<unknown> {
  const bytes = bytesOf(event);
  if (bytes.length === 0) return {};
  const mediaType = mediaTypeOf(event);
  if (mediaType === "application/json" || mediaType.endsWith("+json")) return parseJson(bytes, maxValues);
  if (isForm(mediaType)) return formValues(await parseForm(event), takesFiles);
  throw new Refusal(
    "invalid",
    "UNSUPPORTED_MEDIA_TYPE",
    `Send application/json, application/x-www-form-urlencoded or multipart/form-data, not ${mediaType}.`,
  );
}

/** Reads a text field of a form; undefined when the body is not a form or lacks the field. */
export async function formField(event: APIGatewayProxyEventV2, name: string): Promise<string | undefined> {
  if (!isForm(mediaTypeOf(event))) return undefined;
  const value = (await parseForm(event)).get(name);
  return typeof value === "string" ? value : undefined;
}

const bytesOf = (event: APIGatewayProxyEventV2) =>
  Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8");

const contentTypeOf = (event: APIGatewayProxyEventV2) => event.headers["content-type"] ?? "application/json";

const mediaTypeOf = (event: APIGatewayProxyEventV2) => contentTypeOf(event).split(";")[0]!.trim().toLowerCase();

const isForm = (mediaType: string) =>
  mediaType === "application/x-www-form-urlencoded" || mediaType === "multipart/form-data";

function parseJson(bytes: Buffer, maxValues: number): unknown {
  const { values, depth } = sizeOfJson(bytes);
  if (values > maxValues || depth > maxDepth) throw tooComplex(maxValues);
  try {
    return parseSafely(bytes.toString("utf8"), { protoAction: "remove", constructorAction: "ignore" });
  } catch {
    throw new Refusal("invalid", "MALFORMED_BODY", "The body is not valid JSON.");
  }
}

const tooComplex = (maxValues: number) =>
  new Refusal(
    "too-large",
    "BODY_TOO_COMPLEX",
    `A request body may have at most ${maxValues} values, nested at most ${maxDepth} deep.`,
  );

function parseForm(event: APIGatewayProxyEventV2): Promise<FormData> {
  return new Response(new Uint8Array(bytesOf(event)), { headers: { "content-type": contentTypeOf(event) } })
    .formData()
    .catch(() => {
      throw new Refusal("invalid", "MALFORMED_BODY", "The body is not a valid form.");
    });
}

function formValues(form: FormData, takesFiles: boolean): Record<string, unknown> {
  const fields = new Map<string, unknown[]>();
  let values = 0;
  for (const [name, value] of form.entries()) {
    if (++values > usualMaxValues) throw tooComplex(usualMaxValues);
    if (typeof value !== "string" && !takesFiles)
      throw new Refusal("invalid", "FILE_IN_FORM", `Upload the file "${name}" to the signed URL of a dataset instead.`);
    const given = fields.get(name);
    if (given) given.push(value);
    else fields.set(name, [value]);
  }
  return Object.fromEntries([...fields].map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
}
