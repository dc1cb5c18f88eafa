/**
 * Replaces `@jest/globals` in the processes that run test files (process.ts). They have no virtual realm, so `jest` has only what
 * works without one: mock functions, spies and fake timers.
 */
import { jestExpect } from "@jest/expect";
import { ModernFakeTimers } from "@jest/fake-timers";
import type { jest as Jest } from "@jest/globals";
import type { Config } from "@jest/types";
import { ModuleMocker } from "jest-mock";

export { afterAll, afterEach, beforeAll, beforeEach, describe, it, test } from "jest-circus";
export const expect = jestExpect;

const mocker = new ModuleMocker(globalThis);
const timers = new ModernFakeTimers({
  // The fake timers read only these settings of a project's configuration.
  config: { fakeTimers: { enableGlobally: false } } as Config.ProjectConfig,
  global: globalThis,
});

export const jest = {
  fn: mocker.fn.bind(mocker),
  spyOn: mocker.spyOn.bind(mocker),
  clearAllMocks: () => (mocker.clearAllMocks(), jest),
  resetAllMocks: () => (mocker.resetAllMocks(), jest),
  restoreAllMocks: () => (mocker.restoreAllMocks(), jest),
  useFakeTimers: (config?: Config.FakeTimersConfig) => (timers.useFakeTimers(config), jest),
  useRealTimers: () => (timers.useRealTimers(), jest),
  setSystemTime: (now?: number | Date) => (timers.setSystemTime(now), jest),
  advanceTimersByTime: (ms: number) => (timers.advanceTimersByTime(ms), jest),
} as unknown as typeof Jest;
