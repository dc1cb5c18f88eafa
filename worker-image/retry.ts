import { setTimeout as pause } from "node:timers/promises";

export interface RetryOptions {
  /** No try starts later than this many milliseconds after the first. */
  forMs: number;
  /**
   * Decides about an error: `false` throws it, `true` tries again after a growing pause, and a number tries again after
   * at least that many milliseconds (a server's Retry-After).
   */
  again: (error: unknown) => boolean | number;
  signal?: AbortSignal;
  /** Called before each pause. */
  onRetry?: (error: unknown, pauseMs: number) => void;
}

const firstPauseMs = 200;
/** Short, so that work continues soon after an outage. */
const maxPauseMs = 5_000;

/** Runs `work` until it succeeds, with exponential backoff and jitter. Throws the last error, or the signal's reason. */
export async function retry<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const deadline = performance.now() + options.forMs;
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (error) {
      options.signal?.throwIfAborted();
      const decision = options.again(error);
      if (decision === false) throw error;
      const pauseMs = Math.max(backoffMs(tries), typeof decision === "number" ? decision : 0);
      if (performance.now() + pauseMs > deadline) throw error;
      options.onRetry?.(error, pauseMs);
      await pause(pauseMs, undefined, { signal: options.signal }).catch((aborted: unknown) => {
        options.signal?.throwIfAborted();
        throw aborted;
      });
    }
  }
}

/** The pause in milliseconds after try number `tries` (from 0): doubles up to 5 s, and its last half is random. */
export function backoffMs(tries: number, random: () => number = Math.random): number {
  const ceiling = Math.min(maxPauseMs, firstPauseMs * 2 ** Math.min(tries, 10));
  return ceiling / 2 + (ceiling / 2) * random();
}

/** A signal that is aborted after so many seconds, or before by `signal`. */
export function within(seconds: number, signal?: AbortSignal): AbortSignal {
  const late = new AbortController();
  const reason = new Error(`it took longer than ${seconds} s`);
  setTimeout(() => late.abort(reason), seconds * 1000).unref();
  return signal ? AbortSignal.any([signal, late.signal]) : late.signal;
}
