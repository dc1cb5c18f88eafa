const firstSampleMs = 100;
const maxPauseMs = 5_000;

/** What a container has used so far. */
export interface UsageSample {
  cpuSeconds: number;
  /** Current memory, without file cache that the kernel can reclaim. */
  memoryBytes: number;
}

/**
 * Measures a running container, at first every 0.1 s and later every 5 s. It misses peaks between two samples, and
 * containers that end before the first one, unless the launcher can measure those afterwards.
 */
export class UsageSampler {
  readonly #measure: () => Promise<UsageSample>;
  #timer: NodeJS.Timeout;
  #pauseMs = firstSampleMs;
  #stopped = false;
  #cpuSeconds = 0;
  #peakMemoryBytes = 0;

  /** `measure` may throw, for example when the container is ending. */
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
      // The container is ending; earlier samples remain valid.
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
