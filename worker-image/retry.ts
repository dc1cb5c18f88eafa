import { setTimeout as pause } from "node:timers/promises";

export interface RetryOptions {
  /** No try starts later than so many milliseconds after the first. */
  forMs: number;
  /**
   * What to do about an error: `false` throws it, `true` tries again after a growing pause, a number tries again after
   * that many milliseconds at least (a server's Retry-After).
   */
  again: (error: unknown) => boolean | number;
  signal?: AbortSignal;
  /** Called before each pause. */
  onRetry?: (error: unknown, pauseMs: number) => void;
}

const firstPauseMs = 200;
/** Short enough that work goes on soon after an outage ends. */
const maxPauseMs = 5_000;

/** Runs `work` until it succeeds, with exponential backoff and jitter. Throws the last error, or the signal's reason. */
export async function retry<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const deadline = performance.now() + options.forMs;
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (error) {
      options.signal?.throwIfAborted();
      const verdict = options.again(error);
      if (verdict === false) throw error;
      const pauseMs = Math.max(backoffMs(tries), typeof verdict === "number" ? verdict : 0);
      if (performance.now() + pauseMs > deadline) throw error;
      options.onRetry?.(error, pauseMs);
      await pause(pauseMs, undefined, { signal: options.signal }).catch((aborted: unknown) => {
        options.signal?.throwIfAborted();
        throw aborted;
      });
    }
  }
}

/** The pause after try number `tries` (from 0): doubling up to 5 s, the last half of it random. */
export function backoffMs(tries: number, random: () => number = Math.random): number {
  const ceiling = Math.min(maxPauseMs, firstPauseMs * 2 ** Math.min(tries, 10));
  return ceiling / 2 + (ceiling / 2) * random();
}
