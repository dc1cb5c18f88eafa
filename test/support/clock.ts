import { jest } from "@jest/globals";

/** Stops the clock at a time, and leaves every timer alone. */
export function stopClock(now: number): void {
  jest.useFakeTimers({
    now,
    doNotFake: [
      "hrtime",
      "nextTick",
      "performance",
      "queueMicrotask",
      "setImmediate",
      "clearImmediate",
      "setInterval",
      "clearInterval",
      "setTimeout",
      "clearTimeout",
    ],
  });
}

export const startClock = (): void => void jest.useRealTimers();
