import { createHash } from "node:crypto";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";

/** The parts of a signed URL that differ each time it is signed. */
const signature = /X-Amz-(?:Content-Sha256|Credential|Date|Expires|Security-Token|Signature)=[^&"\s]*/g;
/** How long an answer with signed URLs counts as unchanged. All its URLs are valid for at least twice as long. */
const signaturesHoldMs = 30 * 60_000;

/**
 * Gives an answer to a GET its ETag, and answers 304 without the body if the client has an answer that says the same. The ETag
 * is of what the answer says (a weak one): URLs that are only signed anew change nothing until the old ones become too old.
 */
export function answeredOnce(
  event: APIGatewayProxyEventV2,
  result: APIGatewayProxyStructuredResultV2,
  now: Date,
): APIGatewayProxyStructuredResultV2 {
  const { body, headers = {}, ...rest } = result;
  const type = headers["content-type"];
  if (event.requestContext.http.method !== "GET" || result.statusCode !== 200 || type !== "application/json")
    return result;
  const etag = etagOf(body ?? "", now);
  const tagged = {
    ...headers,
    etag,
    // A browser may keep the answer, and asks each time whether it still holds.
    ...(headers["cache-control"] === "no-store" ? { "cache-control": "private, no-cache" } : {}),
    vary: "authorization, cookie",
  };
  if (!namesOne(event.headers["if-none-match"], etag)) return { ...result, headers: tagged };
  return { ...rest, statusCode: 304, headers: tagged };
}

function etagOf(body: string, now: Date): string {
  const said = body.replaceAll(signature, "");
  const hash = createHash("sha256").update(said);
  if (said.length < body.length) hash.update(String(Math.floor(now.getTime() / signaturesHoldMs)));
  return `W/"${hash.digest("base64url").slice(0, 27)}"`;
}

/** Whether a list of ETags has this one, as a weak comparison (RFC 9110, 8.8.3.2). */
const namesOne = (given: string | undefined, etag: string): boolean =>
  given !== undefined &&
  given
    .split(",")
    .map((one) => one.trim())
    .some((one) => one === "*" || `W/${one.replace(/^W\//, "")}` === etag);
