import { randomUUID } from "node:crypto";
import http from "node:http";
import type { IncomingMessage } from "node:http";
import https from "node:https";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { HttpError } from "./http.ts";

/** A connection without traffic for this time is closed. */
const maxIdleMs = 60_000;

/** The file to upload. */
export interface FormFile {
  bytes: number;
  /** Opens a stream of exactly `bytes` bytes. */
  open: () => Readable;
}

/**
 * Posts a form with one file, which comes last as S3 requires, in constant memory. Throws `HttpError`, an error of the
 * connection, or the signal's reason.
 *
 * Does not use `fetch`, because Node's `fetch` ends the process when the upload of a form is aborted.
 */
export async function postForm(
  url: string,
  fields: [name: string, value: string][],
  file: FormFile,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  const boundary = randomUUID();
  const part = (name: string) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"`;
  const values = fields.map(([name, value]) => `${part(name)}\r\n\r\n${value}\r\n`);
  const head = Buffer.from(
    `${values.join("")}${part("file")}; filename="file"\r\nContent-Type: application/octet-stream\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const request = (url.startsWith("https:") ? https : http).request(url, {
    method: "POST",
    headers: {
      "content-type": `multipart/form-data; boundary=${boundary}`,
      "content-length": head.length + file.bytes + tail.length,
    },
    timeout: maxIdleMs,
    signal,
  });
  request.on("timeout", () => request.destroy(new Error("the object store did not answer in time")));
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    // This error listener is never removed, because the connection may break after the answer.
    request.on("response", resolve).on("error", reject);
  });
  const body = Readable.from(bodyOf(head, file, tail), { objectMode: false });
  body.on("error", (error) => request.destroy(error));
  request.on("close", () => body.destroy());
  body.pipe(request);
  try {
    const answer = await answered;
    const said = await text(answer);
    const status = answer.statusCode ?? 0;
    if (status < 200 || status > 299) throw new HttpError(status, said, answer.headers["retry-after"] ?? null);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    // The store may refuse before it has read the whole body.
    if (!request.writableFinished) request.destroy();
  }
}

async function* bodyOf(head: Buffer, file: FormFile, tail: Buffer): AsyncGenerator<Buffer> {
  yield head;
  let sent = 0;
  for await (const chunk of file.open() as AsyncIterable<Buffer>) {
    sent += chunk.length;
    yield chunk;
  }
  // The store would wait for the rest of the announced length.
  if (sent !== file.bytes) throw new Error("the file changed while it was sent");
  yield tail;
}
