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
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let problem: unknown;
    try {
      const value = await condition();
      if (value) return value as Exclude<T, null | undefined | false | 0 | "">;
    } catch (error) {
      problem = error;
    }
    if (performance.now() >= deadline) {
      throw new Error(`waited ${timeoutMs} ms in vain for ${what}`, { cause: problem });
    }
    await pause(20);
  }
}
