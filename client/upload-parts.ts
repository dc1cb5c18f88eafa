import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";

/** Sends a request to the API and returns its JSON answer. */
type SendRequest = <Answer>(method: string, path: string, body?: unknown) => Promise<Answer>;

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
 * Throws `ApiError` when the API refuses a request, and `Error` when a part cannot be uploaded.
 */
export async function uploadInParts(send: SendRequest, key: string, file: string): Promise<void> {
  const path = `/api/datasets/${key}/multipart/`;
  const upload = await send<Upload>("POST", path, {});
  const missing = Array.from({ length: upload.part_count }, (_, i) => i + 1).filter(
    (n) => !upload.received.includes(n),
  );
  for (let at = 0; at < missing.length; at += maxUrlsPerRequest) {
    const parts = missing.slice(at, at + maxUrlsPerRequest);
    const { urls } = await send<{ urls: Record<string, string> }>("POST", `${path}parts/`, { parts });
    const work = async () => {
      for (let number = parts.shift(); number !== undefined; number = parts.shift())
        await putPart(
          urls[number]!,
          file,
          (number - 1) * upload.part_size,
          Math.min(number * upload.part_size, upload.file_size),
        );
    };
    await Promise.all(Array.from({ length: maxParallelParts }, work));
  }
  await send("POST", `${path}complete/`, {});
}

/** Uploads the bytes from `start` up to, but not including, `end`. Tries again when the connection or the store fails. */
async function putPart(url: string, file: string, start: number, end: number): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const reason = await fetch(url, {
      method: "PUT",
      headers: { "content-length": String(end - start) },
      body: Readable.toWeb(createReadStream(file, { start, end: end - 1 })) as ReadableStream,
      duplex: "half",
    }).then(
      async (response) => (response.ok ? undefined : `${response.status} ${await response.text()}`),
      (error: unknown) => String((error as Error).cause ?? error),
    );
    if (reason === undefined) return;
    if (attempt === maxTries) throw new Error(`Bytes ${start} to ${end} of ${file} could not be uploaded: ${reason}`);
    await wait(firstPauseMs * 2 ** (attempt - 1));
  }
}
