import { once } from "node:events";
import * as http from "node:http";
import * as https from "node:https";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { text } from "node:stream/consumers";
import { HttpError } from "../http.ts";

/** A connection without traffic for this time is closed. */
const maxStallMs = 300_000;

/**
 * Sends a stream in constant memory. Does not use `fetch`, which fails when sending takes longer than five minutes.
 * Throws `HttpError`, or an error of the stream or the network.
 */
export async function send(
  url: URL,
  { method, headers, signal }: { method: string; headers: Record<string, string>; signal: AbortSignal },
  content: AsyncIterable<Uint8Array>,
): Promise<{ location: string | undefined }> {
  const request = (url.protocol === "https:" ? https : http).request(url, { method, headers, signal });
  request.setTimeout(maxStallMs, () => request.destroy(new Error("the registry takes no more bytes")));
  const answered = (async () => {
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    const body = await text(response);
    const { statusCode = 0 } = response;
    if (statusCode < 200 || statusCode > 299)
      throw new HttpError(statusCode, body, response.headers["retry-after"] ?? null);
    return { location: response.headers.location };
  })();
  const [answer] = await Promise.all([answered, pipeline(Readable.from(content, { highWaterMark: 1 }), request)]);
  return answer;
}
