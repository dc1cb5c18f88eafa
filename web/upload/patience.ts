/** Goes on when a connection breaks. */
import { ApiError, Unreachable } from "../api/client.ts";
import { LineBroken, StoreRefusal } from "./put.ts";

const firstPauseMs = 500;
const maxPauseMs = 15_000;
/** How often what answers with an error is asked again. A broken line has no such end: people see it, and can cancel. */
const maxRefusals = 5;

const isLine = (error: unknown) => error instanceof Unreachable || error instanceof LineBroken;
const isPassing = (error: unknown) =>
  // A signature that is too old is made anew.
  (error instanceof StoreRefusal && (error.status === 403 || error.status >= 500)) ||
  (error instanceof ApiError && (error.status === 429 || error.status >= 500));

/** Waits, but not longer than until the browser is online again. */
const pause = (milliseconds: number, signal: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", end);
      signal.removeEventListener("abort", end);
      if (signal.aborted) reject(signal.reason as Error);
      else resolve();
    };
    const timer = setTimeout(end, milliseconds);
    addEventListener("online", end);
    signal.addEventListener("abort", end);
  });

/** Tries something until it succeeds, is refused for good, or `signal` ends it. `onBreak` learns that it is interrupted, and that it goes on. */
export async function patiently<Result>(
  attempt: () => Promise<Result>,
  signal: AbortSignal,
  onBreak: (isBroken: boolean) => void,
): Promise<Result> {
  for (let tries = 0, refusals = 0; ; tries += 1) {
    signal.throwIfAborted();
    try {
      const result = await attempt();
      if (tries > 0) onBreak(false);
      return result;
    } catch (error) {
      if (isPassing(error)) refusals += 1;
      if (!(isLine(error) || isPassing(error)) || refusals >= maxRefusals) throw error;
      onBreak(true);
      await pause(Math.min(maxPauseMs, firstPauseMs * 2 ** Math.min(tries, 10)), signal);
    }
  }
}
