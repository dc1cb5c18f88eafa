/**
 * Runs test files for Jest in Node.js processes (docs/decisions/0002). `testEnvironmentOptions` of a project set the time limit
 * of a file, and whether files share processes.
 */
import { dirname, join } from "node:path";
import { buildFailureTestResult } from "@jest/test-result";
import type { Test, TestResult } from "@jest/test-result";
import type { Config } from "@jest/types";
import type { CallbackTestRunnerInterface, OnTestFailure, OnTestStart, OnTestSuccess, TestWatcher } from "jest-runner";
import { repository, temporaryFolder } from "../files.ts";
import { takeCoverageOf } from "./coverage.ts";
import type { FileOutcome } from "./messages.ts";
import { TestProcess } from "./test-process.ts";

export interface ProjectOptions {
  limitMinutes: number;
  sharesProcess: boolean;
}

const graceMs = 10_000;

export default class Runner implements CallbackTestRunnerInterface {
  readonly #config: Config.GlobalConfig;

  constructor(config: Config.GlobalConfig) {
    this.#config = config;
    // Platforms and workers are processes too. They share a cache of compiled code.
    process.env.NODE_COMPILE_CACHE ??= join(repository, "node_modules/.cache/benchstack");
  }

  async runTests(
    tests: Test[],
    watcher: TestWatcher,
    onStart: OnTestStart,
    onResult: OnTestSuccess,
    onFailure: OnTestFailure,
  ): Promise<void> {
    // Files of a folder load the same modules, so one process runs them. At the end, the other processes help.
    const groups = [...Map.groupBy(tests, (test) => (sharesProcess(test) ? dirname(test.path) : test.path)).values()];
    const fresh = [...groups];
    const lane = async () => {
      const covered = this.#config.collectCoverage ? await temporaryFolder() : null;
      const environment = covered ? { ...process.env, NODE_V8_COVERAGE: covered.path } : process.env;
      let shared: TestProcess | null = null;
      let group: Test[] = [];
      const next = () => {
        if (group.length === 0) group = fresh.shift() ?? groups.reduce((a, b) => (b.length > a.length ? b : a), []);
        return group.shift();
      };
      for (let test = next(); test && !watcher.isInterrupted(); test = next()) {
        await onStart(test);
        const inside: TestProcess = (sharesProcess(test) ? shared : null) ?? new TestProcess(environment);
        const result = await this.#run(test, inside);
        // Leftovers of a failed file must not affect the next one.
        if (sharesProcess(test) && result.numFailingTests === 0 && !result.testExecError) shared = inside;
        else {
          await inside.end();
          if (inside === shared) shared = null;
        }
        if (covered) result.v8Coverage = await takeCoverageOf(covered.path);
        // Jest would report that a file which cannot be loaded has no tests.
        if (result.testExecError && result.testResults.length === 0) await onFailure(test, result.testExecError);
        else await onResult(test, result);
      }
      await shared?.end();
      await covered?.remove();
    };
    await Promise.all(Array.from({ length: this.#config.maxWorkers }, lane));
  }

  async #run(test: Test, inside: TestProcess): Promise<TestResult> {
    const { testNamePattern, maxConcurrency, testTimeout } = this.#config;
    const limitMs = optionsOf(test).limitMinutes * 60_000;
    // A test or a hook that hangs is named, and what its file started is ended, before the file's time is over.
    const testTimeoutMs = testTimeout ?? limitMs / 2;
    const order = { path: test.path, testNamePattern, testTimeoutMs, maxConcurrency, graceMs };
    try {
      return resultOf(test, await inside.run(order, limitMs), inside.output);
    } catch (error) {
      await inside.end();
      const { message } = error as Error;
      return resultOf(test, { tests: [], errors: [message], startedAt: 0, endedAt: 0 }, inside.output);
    }
  }
}

const optionsOf = ({ context }: Test) => context.config.testEnvironmentOptions as unknown as ProjectOptions;
const sharesProcess = (test: Test): boolean => optionsOf(test).sharesProcess;

function resultOf(test: Test, { tests, errors, startedAt, endedAt }: FileOutcome, output: string): TestResult {
  const failures = tests.flatMap(({ ancestorTitles, title, failureMessages }) =>
    failureMessages.map((message) => `${[...ancestorTitles, title].join(" > ")}\n${message}`),
  );
  const count = (status: string) => tests.filter((one) => one.status === status).length;
  const printed = tests.length === 0 && output ? [`It printed:\n${output}`] : [];
  const result = buildFailureTestResult(test.path, { message: "", stack: [...errors, ...printed].join("\n\n") });
  return {
    ...result,
    testExecError: errors.length > 0 ? result.testExecError : undefined,
    displayName: test.context.config.displayName,
    failureMessage: [...errors, ...failures].join("\n\n") || null,
    console: output ? [{ message: output, origin: "", type: "log" }] : undefined,
    numFailingTests: count("failed"),
    numPassingTests: count("passed"),
    numPendingTests: count("pending"),
    numTodoTests: count("todo"),
    perfStats: { ...result.perfStats, start: startedAt, end: endedAt, runtime: endedAt - startedAt },
    testResults: tests,
  };
}
