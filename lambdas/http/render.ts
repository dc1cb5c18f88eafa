import { randomUUID } from "node:crypto";
import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import type { ObjectRef } from "../../contract/job.ts";
import type { Context } from "../kernel/context.ts";
import type { Answer } from "./route.ts";

/** A Lambda's answer may have 6 MB including headers. Base64 makes binary bodies a third larger. */
const maxTextBytes = 5_000_000;
const maxBinaryBytes = 4_000_000;
const largeAnswerSeconds = 3600;

/**
 * Converts an answer to the form that API Gateway expects. An answer that is too large for it is stored in the bucket,
 * and the client is redirected there.
 */
export async function render(
  context: Context,
  { status, body, headers, cookies }: Answer,
  requestId: string,
): Promise<APIGatewayProxyStructuredResultV2> {
  const type = headers?.["content-type"] ?? "application/json";
  const always = headersOfAll(requestId);
  const withCookies = cookies === undefined ? {} : { cookies };
  if (body === undefined) return { statusCode: status, headers: { ...always, ...headers }, ...withCookies };

  const content = Buffer.isBuffer(body) ? body : headers?.["content-type"] ? String(body) : asJson(body);
  if (Buffer.byteLength(content) > (Buffer.isBuffer(content) ? maxBinaryBytes : maxTextBytes)) {
    const location = await storeAnswer(context, Buffer.from(content), type);
    const warning = headers?.["warning"];
    return { statusCode: 303, headers: { ...always, location, ...(warning && { warning }) }, ...withCookies };
  }
  return {
    statusCode: status,
    headers: { "content-type": type, ...always, ...headers },
    ...withCookies,
    ...(Buffer.isBuffer(content) ? { body: content.toString("base64"), isBase64Encoded: true } : { body: content }),
  };
}

/** The headers that every answer of the API has. Browsers must not guess what a text is, because people wrote parts of it. */
export const headersOfAll = (requestId: string) => ({
  "x-request-id": requestId,
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
});

/** Writes dates as Django does: without a fraction when it is zero. */
export const asJson = (body: unknown): string =>
  JSON.stringify(body, function (this: Record<string, unknown>, key: string, written: unknown) {
    return this[key] instanceof Date ? String(written).replace(".000Z", "Z") : written;
  });

/** Stores an answer under the prefix `answers/`, whose objects the deployment lets expire. */
async function storeAnswer({ objects }: Context, content: Buffer, type: string): Promise<string> {
  const ref: ObjectRef = { bucket: "jobs", key: `answers/${randomUUID()}` };
  await objects.put(ref, content, type);
  return objects.signGet(ref, { seconds: largeAnswerSeconds });
}
