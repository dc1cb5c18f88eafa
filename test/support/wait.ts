import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";

/**
 * Waits until `condition` returns a truthy value, and returns it. A condition that throws is tried again. After `timeoutMs`
 * (default a minute, which is ten times as long as anything takes on a busy machine), throws an error that names `what` and says why the last try failed.
 */
export async function waitFor<T>(
  what: string,
  condition: () => T | Promise<T>,
  timeoutMs = 60_000,
): Promise<Exclude<T, null | undefined | false | 0 | "">> {
  const end = AbortSignal.timeout(timeoutMs);
  // A condition that never settles must not keep the test from saying what it waited for.
  const over = once(end, "abort").then(() => undefined);
  for (;;) {
    let problem: unknown;
    try {
      const value = await Promise.race([condition(), over]);
      if (value) return value as Exclude<T, null | undefined | false | 0 | "">;
    } catch (error) {
      problem = error;
    }
    if (end.aborted) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`, { cause: problem });
    await pause(20);
  }
}
