import { setTimeout as pause } from "node:timers/promises";

/**
 * Waits until `condition` gives something truthy and returns that. A condition that throws counts as not met yet. After
 * `timeoutMs` (10 s unless given) it throws an error that names `what` and says why the last try failed.
 */
export async function waitFor<T>(
  what: string,
  condition: () => T | Promise<T>,
  timeoutMs = 10_000,
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
