import { setTimeout as wait } from "node:timers/promises";

const pollMs = 5_000;

/** Waits until something is true. Throws a sentence when it takes longer than `patienceMs`. */
export async function until(what: string, patienceMs: number, isTrue: () => Promise<boolean>): Promise<void> {
  const overdue = performance.now() + patienceMs;
  while (!(await isTrue())) {
    if (performance.now() > overdue) throw new Error(`Waited ${Math.round(patienceMs / 1000)} s for ${what}.`);
    await wait(pollMs);
  }
}
