/**
 * A process that runs test files for runner.ts, with Jest's test framework (jest-circus) and Node.js modules. It has no virtual
 * realm and transforms nothing.
 */
import { flushCompileCache, registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import { takeCoverage } from "node:v8";
import type { AssertionResult } from "@jest/test-result";
import type { Circus } from "@jest/types";
import { addEventHandler, getState, resetState, run, setState } from "jest-circus";
import { describeError } from "./errors.ts";
import { keepEnvironment } from "../process-environment.ts";
import { jest } from "./globals.ts";
import type { FileNews, FileOrder, FileOutcome } from "./messages.ts";

// The real package throws if it is imported outside Jest's virtual realm.
const globals = new URL("./globals.ts", import.meta.url).href;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "@jest/globals" ? { url: globals, shortCircuit: true } : next(specifier, context),
});

/** The tests and hooks that run now. */
const running = new Set<string>();
addEventHandler((event) => {
  if (event.name === "test_started") running.add(fullName(event.test));
  else if (event.name === "test_done") running.delete(fullName(event.test));
  else if (event.name === "hook_start") running.add(hookName(event.hook));
  else if (event.name === "hook_success" || event.name === "hook_failure") running.delete(hookName(event.hook));
  else return;
  tell({ type: "running", parts: [...running] });
});

// Uncaught errors fail the running test, or the file if no test runs.
let uncaught: unknown[] = [];
for (const event of ["uncaughtException", "unhandledRejection"] as const)
  process.on(event, (error: unknown) => (getState().currentlyRunningTest?.errors ?? uncaught).push(error));

process.on("message", (order: FileOrder) => void runFile(order).then((outcome) => tell({ type: "done", outcome })));
// The runner has disconnected or ended, so this process must end what tests have started.
process.on("disconnect", () => {
  takeCoverage();
  flushCompileCache();
  process.kill(-process.pid, "SIGKILL");
});

async function runFile({
  path,
  testNamePattern,
  testTimeoutMs,
  maxConcurrency,
  graceMs,
}: FileOrder): Promise<FileOutcome> {
  const startedAt = Date.now();
  uncaught = [];
  const restoreEnvironment = keepEnvironment();
  resetState();
  setState({
    ...getState(),
    testTimeout: testTimeoutMs,
    maxConcurrency,
    testNamePattern: testNamePattern ? new RegExp(testNamePattern, "i") : null,
  });
  const tests: AssertionResult[] = [];
  let errors: unknown[] = [];
  try {
    await import(pathToFileURL(path).href);
    const { testResults, unhandledErrorsDetailed } = await run();
    tests.push(...testResults.map(assertionResult));
    errors = unhandledErrorsDetailed;
  } catch (error) {
    errors.push(error);
  }
  jest.useRealTimers();
  jest.restoreAllMocks();
  restoreEnvironment();
  // A failed file need not end what it started.
  if (errors.length === 0 && tests.every(({ status }) => status !== "failed") && !(await nothingIsLeft(graceMs)))
    errors.push(new Error(`Something that the file started was still open ${graceMs / 1000} s after its tests.`));
  // Writes what this file has covered, if NODE_V8_COVERAGE says where, and counts anew for the next one.
  takeCoverage();
  return { tests, errors: [...errors, ...uncaught].map(describeError), startedAt, endedAt: Date.now() };
}

/** Whether the process could end by itself, except for its connection to the runner. */
async function nothingIsLeft(graceMs: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const ends = () => resolve(true);
  const timer = setTimeout(() => resolve(false), graceMs).unref();
  process.once("beforeExit", ends);
  process.channel?.unref();
  const left = await promise;
  process.channel?.ref();
  process.off("beforeExit", ends);
  clearTimeout(timer);
  return left;
}

function assertionResult({ testPath, status, duration, errorsDetailed, ...rest }: Circus.TestResult): AssertionResult {
  const names = testPath.slice(1).map(String);
  return {
    ancestorTitles: names.slice(0, -1),
    title: names.at(-1) ?? "",
    fullName: names.join(" "),
    status:
      errorsDetailed.length > 0 ? "failed" : status === "skip" ? "pending" : status === "todo" ? "todo" : "passed",
    duration: duration ?? null,
    failureMessages: errorsDetailed.map(describeError),
    failureDetails: [],
    invocations: rest.invocations,
    numPassingAsserts: rest.numPassingAsserts,
  };
}

function fullName(part: { name: string; parent: Circus.DescribeBlock }): string {
  const names = [part.name];
  for (let suite = part.parent; suite.parent; suite = suite.parent) names.unshift(suite.name);
  return names.join(" > ");
}

function hookName({ type, parent }: Circus.Hook): string {
  return fullName({ name: type, parent });
}

function tell(news: FileNews): void {
  process.send?.(news);
}
