import { createReadStream } from "node:fs";
import { pipeline, Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { countBytes } from "./count-bytes.ts";

/** Sends a request to the API and returns its JSON answer. */
type SendRequest = <Answer>(method: string, path: string, body?: unknown) => Promise<Answer>;

/** Learns how many bytes have been sent, of how many. */
export type OnProgress = (done: number, total: number) => void;

interface Upload {
  file_size: number;
  part_size: number;
  part_count: number;
  received: number[];
}

const maxParallelParts = 4;
const maxUrlsPerRequest = 32;
const maxTries = 5;
const firstPauseMs = 500;

/**
 * Uploads the file of the dataset `key` in parts. Parts that an interrupted upload has sent already are not sent again.
 * Throws `ApiError` when the API refuses a request, and `Error` when a part cannot be uploaded. `signal` ends it.
 */
export async function uploadInParts(
  send: SendRequest,
  key: string,
  file: string,
  { onProgress, signal }: { onProgress: OnProgress; signal: AbortSignal | null },
): Promise<void> {
  const path = `/api/datasets/${key}/multipart/`;
  const upload = await send<Upload>("POST", path, {});
  const numbers = Array.from({ length: upload.part_count }, (_, i) => i + 1);
  const missing = numbers.filter((n) => !upload.received.includes(n));
  const startOf = (number: number) => (number - 1) * upload.part_size;
  const endOf = (number: number) => Math.min(number * upload.part_size, upload.file_size);
  const sent = new Map(upload.received.map((number) => [number, endOf(number) - startOf(number)]));
  const note = (number: number, bytes: number) => {
    sent.set(number, bytes);
    onProgress(
      [...sent.values()].reduce((sum, one) => sum + one, 0),
      upload.file_size,
    );
  };
  for (let at = 0; at < missing.length; at += maxUrlsPerRequest) {
    const parts = missing.slice(at, at + maxUrlsPerRequest);
    const { urls } = await send<{ urls: Record<string, string> }>("POST", `${path}parts/`, { parts });
    const work = async () => {
      for (let number = parts.shift(); number !== undefined; number = parts.shift()) {
        const part = number;
        await putPart({ url: urls[part]!, file, start: startOf(part), end: endOf(part) }, signal, (bytes) =>
          note(part, bytes),
        );
      }
    };
    await Promise.all(Array.from({ length: maxParallelParts }, work));
  }
  await send("POST", `${path}complete/`, {});
}

/** The bytes of a file from `start` up to, but not including, `end`. */
interface Part {
  url: string;
  file: string;
  start: number;
  end: number;
}

/** Uploads a part. Tries again when the connection or the store fails. */
async function putPart(
  { url, file, start, end }: Part,
  signal: AbortSignal | null,
  onBytes: (bytes: number) => void,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const body = pipeline(createReadStream(file, { start, end: end - 1 }), countBytes(onBytes), () => undefined);
    const reason = await fetch(url, {
      method: "PUT",
      headers: { "content-length": String(end - start) },
      body: Readable.toWeb(body) as ReadableStream,
      duplex: "half",
      signal,
    }).then(
      async (response) => (response.ok ? undefined : `${response.status} ${await response.text()}`),
      (error: unknown) => String((error as Error).cause ?? error),
    );
    if (reason === undefined) return;
    signal?.throwIfAborted();
    if (attempt === maxTries) throw new Error(`Bytes ${start} to ${end} of ${file} could not be uploaded: ${reason}`);
    await wait(firstPauseMs * 2 ** (attempt - 1), undefined, signal ? { signal } : {});
  }
}
