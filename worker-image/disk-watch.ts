import type { DiskUse } from "./disk-use.ts";
import { asStepFailure, DiskFailure, readableSize } from "./failure.ts";
import type { StepFailure } from "./failure.ts";

const minPauseMs = 500;
/** Limits how long a program can write unnoticed on a busy machine. */
const maxPauseMs = 3000;
/** Largest share of time spent on measuring, unless `maxPauseMs` is reached. */
const dutyCycle = 0.1;

/**
 * The limit on files and folders follows from that on bytes: one for each block of a usual file system. Files that are not
 * empty reach the limit on bytes first.
 */
const bytesOfEntry = 4096;
/** However small the limit on bytes is. */
const minEntries = 1_000;

/** How many files and folders a step may have whose disk limit is so many bytes. */
export const maxEntriesOf = (maxBytes: number): number => Math.max(minEntries, Math.floor(maxBytes / bytesOfEntry));

/** Why a step may not go on; null when it keeps its disk limit. */
export function exceeded({ bytes, entries, pathTooLong }: DiskUse, maxBytes: number): StepFailure | null {
  const limit = readableSize(maxBytes);
  const maxEntries = maxEntriesOf(maxBytes);
  if (pathTooLong)
    return new DiskFailure(
      "DISK_LIMIT",
      "The program made a path that is longer than 4096 bytes, which cannot be read, and was stopped. Use shorter names, or fewer folders in each other.",
    );
  if (bytes > maxBytes)
    return new DiskFailure("DISK_LIMIT", `The program used more than its disk limit of ${limit} and was stopped.`);
  if (entries > maxEntries)
    return new DiskFailure(
      "DISK_LIMIT",
      `The program made more than ${maxEntries} files and folders, which is the limit that belongs to its disk limit of ${limit}, and was stopped.`,
    );
  return null;
}

/**
 * Measures repeatedly, less often the longer a measurement takes, and calls `onFailure` once, when the limit is exceeded or
 * measuring fails.
 */
export class DiskWatch {
  readonly #maxBytes: number;
  readonly #measure: (signal: AbortSignal) => Promise<DiskUse>;
  readonly #onFailure: (failure: StepFailure) => void;
  readonly #stopped = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #measuring: Promise<void> = Promise.resolve();

  constructor(
    maxBytes: number,
    measure: (signal: AbortSignal) => Promise<DiskUse>,
    onFailure: (failure: StepFailure) => void,
  ) {
    this.#maxBytes = maxBytes;
    this.#measure = measure;
    this.#onFailure = onFailure;
    this.#schedule(minPauseMs);
  }

  /** Stops, and returns when the last measurement has ended. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    clearTimeout(this.#timer);
    await this.#measuring;
  }

  #schedule(pauseMs: number): void {
    this.#timer = setTimeout(() => {
      this.#measuring = this.#look();
    }, pauseMs);
  }

  async #look(): Promise<void> {
    const startedAt = performance.now();
    const failure = await this.#measure(this.#stopped.signal).then(
      (use) => exceeded(use, this.#maxBytes),
      (error: unknown) => asStepFailure(error),
    );
    if (this.#stopped.signal.aborted) return;
    if (failure !== null) this.#onFailure(failure);
    else this.#schedule(Math.min(maxPauseMs, Math.max(minPauseMs, (performance.now() - startedAt) / dutyCycle)));
  }
}
