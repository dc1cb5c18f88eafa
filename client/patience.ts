import { setTimeout as wait } from "node:timers/promises";
import { ApiError } from "./api-error.ts";

/** Longer than a database takes to restart or fail over, or a platform to be updated. */
const maxOutageMs = 5 * 60_000;
const pauseMs = 1000;

/**
 * Repeats a question about something that goes on by itself, while the platform is not available for a short time. Throws the
 * error when that has lasted for minutes. `signal` ends it.
 */
export async function patiently<Answer>(ask: () => Promise<Answer>, signal: AbortSignal | null): Promise<Answer> {
  for (const giveUpAt = performance.now() + maxOutageMs; ;) {
    try {
      return await ask();
    } catch (error) {
      if (signal?.aborted || !isOutage(error) || performance.now() > giveUpAt) throw error;
      await wait(pauseMs, undefined, signal ? { signal } : {});
    }
  }
}

/** 502 and 504 are of gateways. Fetch reports a connection that was refused or broke as a TypeError. */
const isOutage = (error: unknown): boolean =>
  error instanceof ApiError
    ? [502, 503, 504].includes(error.status) && error.code !== "MAINTENANCE"
    : error instanceof TypeError && error.message === "fetch failed";
