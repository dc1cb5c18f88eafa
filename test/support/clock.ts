import { jest } from "@jest/globals";

/** Stops the clock at a time. Timers run as usual. */
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
