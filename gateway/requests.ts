import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { isForBlob, serveBlob } from "../lambdas/functions/blob-gateway.ts";
import type { OpenUrl } from "../lambdas/worksheets/service/contents/upload.ts";

/** Of a refused upload, so much more is read, because `cl` reads the refusal only when it has sent everything. */
const drainedBytes = 64 * 1024 ** 2;

/** Whether a request is for the contents of a worksheet bundle. */
export const isForContents = ({ url = "" }: IncomingMessage): boolean => isForBlob(url);

/** Answers a request for the contents of a worksheet bundle. */
export const answerContents = (request: IncomingMessage, response: ServerResponse, openUrl: OpenUrl): void =>
  // The client went away, or the store while it was read: an answer that breaks off says so.
  void handle(request, response, openUrl).catch(() => response.destroy());

async function handle(request: IncomingMessage, response: ServerResponse, openUrl: OpenUrl): Promise<void> {
  if (request.headers.expect !== undefined) response.writeContinue();
  // An unread rest of the body must not close the connection, because then the refusal could not be sent.
  const body = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(",") : (value ?? ""),
    ]),
  );
  const answer = await serveBlob(
    {
      method: request.method ?? "GET",
      target: request.url ?? "/",
      headers,
      address: request.socket.remoteAddress ?? "",
      body,
    },
    openUrl,
  );
  if (!request.complete) await drain(request);
  // What `cl` sends while it waits is no request, so the connection cannot be used again.
  response.writeHead(answer.status, {
    ...answer.headers,
    ...(request.method === "PUT" ? { connection: "close" } : {}),
  });
  if (answer.body === null || request.method === "HEAD") response.end();
  else await pipeline(answer.body, response);
}

async function drain(request: IncomingMessage): Promise<void> {
  let drained = 0;
  for await (const piece of request) {
    drained += (piece as Buffer).length;
    if (drained > drainedBytes) return;
  }
}
