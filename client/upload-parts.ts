import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";

/** Sends requests to the API. */
interface Api {
  request<Answer>(method: string, path: string, body?: unknown): Promise<Answer>;
}

interface Upload {
  file_size: number;
  part_size: number;
  part_count: number;
  received: number[];
}

/** Parts that are sent at a time, and that URLs are asked for at a time. */
const lanes = 4;
const signedAtOnce = 32;
const tries = 5;
const firstPauseMs = 500;

/**
 * Uploads the file of a dataset in parts. What arrived before, of an upload that broke off, is not sent again: call it
 * once more with the same key.
 */
export async function uploadInParts(client: Api, key: string, file: string): Promise<void> {
  const path = `/api/datasets/${key}/multipart/`;
  const upload = await client.request<Upload>("POST", path, {});
  const missing = Array.from({ length: upload.part_count }, (_, i) => i + 1).filter(
    (n) => !upload.received.includes(n),
  );
  for (let at = 0; at < missing.length; at += signedAtOnce) {
    const parts = missing.slice(at, at + signedAtOnce);
    const { urls } = await client.request<{ urls: Record<string, string> }>("POST", `${path}parts/`, { parts });
    const work = async () => {
      for (let number = parts.shift(); number !== undefined; number = parts.shift())
        await putPart(
          urls[number]!,
          file,
          (number - 1) * upload.part_size,
          Math.min(number * upload.part_size, upload.file_size),
        );
    };
    await Promise.all(Array.from({ length: lanes }, work));
  }
  await client.request("POST", `${path}complete/`, {});
}

/** PUTs a piece of a file; again, with pauses, when the line breaks or the store is busy. */
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
    if (attempt === tries) throw new Error(`Bytes ${start} to ${end} of ${file} could not be uploaded: ${reason}`);
    await wait(firstPauseMs * 2 ** (attempt - 1));
  }
}
