import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { readableSize, StepFailure } from "./failure.ts";
import { httpError, HttpError, isWorthRetrying } from "./http.ts";
import { messageOf } from "../contract/log.ts";
import { retry, within } from "./retry.ts";

/** How long a download is retried. */
const maxRetryMs = 60_000;
/** How long a download may take, in seconds: a store that sends a few bytes now and then never breaks the connection. */
const maxSeconds = 3_600;

export interface Downloaded {
  bytes: number;
  /** Hexadecimal. */
  md5: string;
}

export interface DownloadOptions {
  /** Name of the object in messages. */
  label: string;
  maxBytes: number;
  signal?: AbortSignal;
}

/**
 * Downloads an object into a new file at `path`. Throws `StepFailure` STORAGE_ERROR, or DISK_LIMIT when it is larger
 * than `maxBytes`.
 */
export async function download(url: string, path: string, options: DownloadOptions): Promise<Downloaded> {
  const signal = within(maxSeconds, options.signal);
  try {
    return await retry(() => fetchInto(url, path, { ...options, signal }), {
      forMs: maxRetryMs,
      again: (error) => !(error instanceof StepFailure) && isWorthRetrying(error),
      signal,
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof StepFailure) throw error;
    const why = error instanceof HttpError ? `the object store answered HTTP ${error.status}` : messageOf(error);
    throw new StepFailure("STORAGE_ERROR", `The archive "${options.label}" could not be downloaded: ${why}.`, {
      cause: error,
    });
  }
}

async function fetchInto(url: string, path: string, { label, maxBytes, signal }: DownloadOptions): Promise<Downloaded> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw await httpError(response);
  const announced = response.headers.get("content-length");
  const hash = createHash("md5");
  let bytes = 0;
  const file = await open(path, "w", 0o600);
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        const message = `The archive "${label}" alone is larger than the disk limit of this step, ${readableSize(maxBytes)}.`;
        throw new StepFailure("DISK_LIMIT", message);
      }
      hash.update(chunk);
      await file.writeFile(chunk);
    }
  } finally {
    await file.close();
  }
  if (announced !== null && bytes !== Number(announced)) throw new Error("the download ended early");
  return { bytes, md5: hash.digest("hex") };
}
