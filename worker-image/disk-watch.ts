import type { Dirent } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

const minPauseMs = 500;
/** Limits how long a program can write unnoticed on a busy machine. */
const maxPauseMs = 3000;
/** Largest share of time spent on measuring, unless `maxPauseMs` is reached. */
const dutyCycle = 0.1;
const blockBytes = 512;

/**
 * Bytes that all files below a folder occupy on disk. Does not follow links, and ignores files that disappear
 * meanwhile.
 */
export async function diskUsage(root: string): Promise<number> {
  let bytes = 0;
  const pending = [root];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const entries: Dirent[] = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) pending.push(path);
      // Counts blocks, because a sparse file occupies less than its length.
      else bytes += ((await lstat(path).catch(() => null))?.blocks ?? 0) * blockBytes;
    }
  }
  return bytes;
}

/**
 * Measures repeatedly, less often the longer a measurement takes, and calls `onFull` once when there are more than
 * `maxBytes`.
 */
export class DiskWatch {
  readonly #maxBytes: number;
  readonly #measure: () => Promise<number>;
  readonly #onFull: () => void;
  #timer: NodeJS.Timeout | undefined;
  #measuring: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(maxBytes: number, measure: () => Promise<number>, onFull: () => void) {
    this.#maxBytes = maxBytes;
    this.#measure = measure;
    this.#onFull = onFull;
    this.#schedule(minPauseMs);
  }

  /** Stops, and returns when the last measurement has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
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
    const bytes = await this.#measure();
    if (this.#stopped) return;
    if (bytes > this.#maxBytes) this.#onFull();
    else this.#schedule(Math.min(maxPauseMs, Math.max(minPauseMs, (performance.now() - startedAt) / dutyCycle)));
  }
}
