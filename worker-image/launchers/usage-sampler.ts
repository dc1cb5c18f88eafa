const firstSampleMs = 100;
const maxPauseMs = 5_000;

/** What a container has used so far. */
export interface UsageSample {
  cpuSeconds: number;
  /** Now, without file cache that the kernel would give up. */
  memoryBytes: number;
}

/**
 * Measures what a container uses while it runs. Samples grow apart from 0.1 s to 5 s: a peak between two is not seen,
 * and nothing at all of a container that ends before the first unless its launcher can still measure it.
 */
export class UsageSampler {
  readonly #measure: () => Promise<UsageSample>;
  #timer: NodeJS.Timeout;
  #pauseMs = firstSampleMs;
  #stopped = false;
  #cpuSeconds = 0;
  #peakMemoryBytes = 0;

  /** `measure` may throw, as when the container is ending. */
  constructor(measure: () => Promise<UsageSample>) {
    this.#measure = measure;
    this.#timer = this.#schedule();
  }

  used(): { cpuSeconds: number; peakMemoryBytes: number } {
    return { cpuSeconds: this.#cpuSeconds, peakMemoryBytes: this.#peakMemoryBytes };
  }

  /** Takes a sample now. */
  async sample(): Promise<void> {
    try {
      const { cpuSeconds, memoryBytes } = await this.#measure();
      this.#cpuSeconds = Math.max(this.#cpuSeconds, cpuSeconds);
      this.#peakMemoryBytes = Math.max(this.#peakMemoryBytes, memoryBytes);
    } catch {
      // It is ending; what was measured before stands.
    }
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(): NodeJS.Timeout {
    return setTimeout(() => {
      void this.sample().then(() => {
        if (this.#stopped) return;
        this.#pauseMs = Math.min(maxPauseMs, this.#pauseMs * 1.5);
        this.#timer = this.#schedule();
      });
    }, this.#pauseMs);
  }
}
