import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import type { UploadPolicy } from "../contract/job.ts";
import { StepFailure } from "./failure.ts";
import { HttpError, isWorthRetrying } from "./http.ts";
import { messageOf } from "../contract/log.ts";
import { postForm } from "./post-form.ts";
import type { FormFile } from "./post-form.ts";
import { retry } from "./retry.ts";

/** How long a store that does not answer is asked again. */
const patienceMs = 120_000;

/** Puts what an attempt leaves behind into the store, by the signed policy of its manifest. */
export class Uploader {
  #policy: UploadPolicy;

  constructor(policy: UploadPolicy) {
    this.#policy = policy;
  }

  /** Uploads with another policy from now on: a policy ends, and an attempt may outlive it. */
  renew(policy: UploadPolicy): void {
    this.#policy = policy;
  }

  /** Largest object the policy lets through, in bytes. */
  get maxBytes(): number {
    return this.#policy.maxBytes;
  }

  /**
   * Uploads a file that nobody writes to, under the policy's prefix; returns its size. Throws `StepFailure`
   * STORAGE_ERROR when the store does not take it.
   */
  async file(name: string, path: string, signal?: AbortSignal): Promise<number> {
    const bytes = (await stat(path)).size;
    // Even an empty stream needs an end that is not before its start.
    const open = () => (bytes === 0 ? Readable.from([]) : createReadStream(path, { end: bytes - 1 }));
    try {
      await retry(() => this.#post(name, { bytes, open }, signal), {
        forMs: patienceMs,
        again: isWorthRetrying,
        signal,
      });
    } catch (error) {
      signal?.throwIfAborted();
      const why = error instanceof HttpError ? `the store answered HTTP ${error.status}` : messageOf(error);
      throw new StepFailure("STORAGE_ERROR", `The file "${name}" could not be stored: ${why}.`, { cause: error });
    }
    return bytes;
  }

  /** One try at uploading a few bytes. Throws what went wrong. */
  piece(name: string, bytes: Buffer, signal?: AbortSignal): Promise<void> {
    return this.#post(name, { bytes: bytes.length, open: () => Readable.from([bytes]) }, signal);
  }

  #post(name: string, file: FormFile, signal?: AbortSignal): Promise<void> {
    const fields = Object.entries(this.#policy.fields).filter(([field]) => field !== "key");
    return postForm(this.#policy.url, [["key", this.#policy.keyPrefix + name], ...fields], file, signal);
  }
}
