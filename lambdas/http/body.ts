import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { Refusal } from "../kernel/refusal.ts";

/**
 * Parses the body of a request: JSON, or a form (urlencoded or multipart) as an object in which a repeated field is a
 * list. An empty body is an empty object. Files in a form are refused unless `takesFiles` is set: clients upload files
 * to signed URLs instead.
 */
export async function readBody(
  event: APIGatewayProxyEventV2,
  { takesFiles }: { takesFiles: boolean },
): Promise<unknown> {
  const bytes = bytesOf(event);
  if (bytes.length === 0) return {};
  const mediaType = mediaTypeOf(event);
  if (mediaType === "application/json" || mediaType.endsWith("+json")) return parseJson(bytes);
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

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"), (key, value: unknown) => (key === "__proto__" ? undefined : value));
  } catch {
    throw new Refusal("invalid", "MALFORMED_BODY", "The body is not valid JSON.");
  }
}

function parseForm(event: APIGatewayProxyEventV2): Promise<FormData> {
  return new Response(new Uint8Array(bytesOf(event)), { headers: { "content-type": contentTypeOf(event) } })
    .formData()
    .catch(() => {
      throw new Refusal("invalid", "MALFORMED_BODY", "The body is not a valid form.");
    });
}

function formValues(form: FormData, takesFiles: boolean): Record<string, unknown> {
  const fields = new Map<string, unknown[]>();
  for (const [name, value] of form.entries()) {
    if (typeof value !== "string" && !takesFiles)
      throw new Refusal("invalid", "FILE_IN_FORM", `Upload the file "${name}" to the signed URL of a dataset instead.`);
    fields.set(name, [...(fields.get(name) ?? []), value]);
  }
  return Object.fromEntries([...fields].map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
}
