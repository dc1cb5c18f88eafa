import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import type { UploadPolicy } from "../contract/job.ts";
import { StepFailure } from "./failure.ts";
import { HttpError, isWorthRetrying } from "./http.ts";
import { messageOf } from "../contract/log.ts";
import { postForm } from "./post-form.ts";
import type { FormFile } from "./post-form.ts";
import { retry, within } from "./retry.ts";

/** How long an upload is retried. */
const maxRetryMs = 120_000;
/** How long an upload may take, in seconds: a store that reads a few bytes now and then never breaks the connection. */
const maxSeconds = 3_600;

/** Uploads files of an attempt to the object store, with the signed policy of its manifest. */
export class Uploader {
  #policy: UploadPolicy;

  constructor(policy: UploadPolicy) {
    this.#policy = policy;
  }

  /** Replaces the policy, because it may expire during the attempt. */
  renew(policy: UploadPolicy): void {
    this.#policy = policy;
  }

  /** The largest object that the policy allows. */
  get maxBytes(): number {
    return this.#policy.maxBytes;
  }

  /**
   * Uploads a file, under the policy's prefix, that no program writes to any more. Returns its size in bytes. Throws
   * `StepFailure` STORAGE_ERROR.
   */
  async file(name: string, path: string, signal?: AbortSignal): Promise<number> {
    const bytes = (await stat(path)).size;
    // createReadStream cannot read 0 bytes.
    const open = () => (bytes === 0 ? Readable.from([]) : createReadStream(path, { end: bytes - 1 }));
    const inTime = within(maxSeconds, signal);
    try {
      await retry(() => this.#post(name, { bytes, open }, inTime), {
        forMs: maxRetryMs,
        again: isWorthRetrying,
        signal: inTime,
      });
    } catch (error) {
      signal?.throwIfAborted();
      const why = error instanceof HttpError ? `the object store answered HTTP ${error.status}` : messageOf(error);
      throw new StepFailure("STORAGE_ERROR", `The file "${name}" could not be stored: ${why}.`, { cause: error });
    }
    return bytes;
  }

  /** Uploads a few bytes without retries. Throws any error. */
  piece(name: string, bytes: Buffer, signal?: AbortSignal): Promise<void> {
    return this.#post(name, { bytes: bytes.length, open: () => Readable.from([bytes]) }, signal);
  }

  #post(name: string, file: FormFile, signal?: AbortSignal): Promise<void> {
    const fields = Object.entries(this.#policy.fields).filter(([field]) => field !== "key");
    return postForm(this.#policy.url, [["key", this.#policy.keyPrefix + name], ...fields], file, signal);
  }
}
