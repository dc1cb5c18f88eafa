import { once } from "node:events";
import * as http from "node:http";
import * as https from "node:https";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { text } from "node:stream/consumers";
import { HttpError } from "../http.ts";

/** A server that neither takes nor gives a byte for so long is given up. */
const maxStallMs = 300_000;

/**
 * Sends a stream as fast as it is taken, so that little of it is in memory. `fetch` would not do: it gives up on an
 * answer that takes five minutes, the sending included. Throws `HttpError`, or the error of the stream or the network.
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
