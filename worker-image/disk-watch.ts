import type { Dirent } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

const shortestPauseMs = 500;
/** However long measuring takes on a busy machine, so that a program cannot write for long in between. */
const maxPauseMs = 3000;
/** Of one core, at most so much goes into measuring, as long as that takes no more than a moment. */
const dutyCycle = 0.1;
const blockBytes = 512;

/** Bytes that everything below a folder takes on disk. Links are not followed; what disappears meanwhile is left out. */
export async function diskUsage(root: string): Promise<number> {
  let bytes = 0;
  const pending = [root];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const entries: Dirent[] = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) pending.push(path);
      // Blocks rather than length: a file with holes takes less than it seems.
      else bytes += ((await lstat(path).catch(() => null))?.blocks ?? 0) * blockBytes;
    }
  }
  return bytes;
}

/** Calls `measure` again and again, the more rarely the longer it takes (within `longestPauseMs`), and `onFull` once when it gives too much. */
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
    this.#schedule(shortestPauseMs);
  }

  /** Measures no more, and returns when the last measurement has ended. */
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
    else this.#schedule(Math.min(maxPauseMs, Math.max(shortestPauseMs, (performance.now() - startedAt) / dutyCycle)));
  }
}
