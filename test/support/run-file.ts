import { join } from "node:path";
import { run } from "node:test";
import type { EventData } from "node:test";
import type { TestEvent } from "node:test/reporters";
import { repository } from "./files.ts";

/** One reason why a file did not pass. */
export interface TestFailure {
  /** The suites around the test and its own name, outermost first; empty when the file itself failed. */
  name: string[];
  error: Error;
}

/** What running one test file, or one check of the source, gave. */
export interface Result {
  /** Path relative to the repository, or the name of the check. */
  name: string;
  passed: number;
  failed: number;
  skipped: number;
  milliseconds: number;
  failures: TestFailure[];
  /** What was printed, the last 20,000 characters of it. */
  output: string;
}

/**
 * Runs one test file in a process of its own. A file without a test fails, and so does one whose process is still there
 * after `timeLimitMs`, which then ends it.
 */
export async function runTestFile(file: string, timeLimitMs: number, cancelled: AbortSignal): Promise<Result> {
  const started = performance.now();
  const path = join(repository, file);
  const tests = new Map<number, { name: string; parentId: number | undefined }>();
  const failures: TestFailure[] = [];
  let output = "";
  let summary: EventData.TestSummary | undefined;
  let isEmpty = false;

  const overdue = new AbortController();
  const timer = setTimeout(() => overdue.abort(tooSlow(timeLimitMs)), timeLimitMs);
  const stream = run({ files: [path], signal: AbortSignal.any([overdue.signal, cancelled]) });
  for await (const { type, data } of stream as AsyncIterable<TestEvent>) {
    if (type === "test:enqueue") {
      if (data.name !== path) tests.set(data.testId, data);
    } else if (type === "test:pass") {
      // The runner reports a file without a test as a test that passed.
      if (data.name === path) isEmpty = true;
    } else if (type === "test:fail") {
      const name = data.name === path ? [] : namesOf(data.testId, tests);
      if (isItsOwn(data)) failures.push({ name, error: rootError(data.details.error) });
    } else if (type === "test:stdout" || type === "test:stderr") {
      output = (output + data.message).slice(-20_000);
    } else if (type === "test:summary") {
      // The last summary is the one of the whole run.
      summary = data;
    }
  }
  clearTimeout(timer);
  isEmpty ||= summary?.counts.tests === 0;
  if (isEmpty) failures.push({ name: [], error: new Error("The file has no test.") });

  const counts = summary?.counts ?? { tests: 0, passed: 0, skipped: 0, todo: 0 };
  const skipped = counts.skipped + counts.todo;
  const failed = counts.tests - counts.passed - skipped;
  return {
    name: file,
    passed: isEmpty ? 0 : counts.passed,
    // A hook that fails after its tests is counted by nobody else.
    failed: Math.max(failed, failures.length > 0 || !summary?.success ? 1 : 0),
    skipped,
    milliseconds: performance.now() - started,
    failures,
    output,
  };
}

const tooSlow = (milliseconds: number): Error =>
  new Error(
    `The file was still running after ${milliseconds / 1000} s: a test hangs, or something it started is never closed.`,
  );

/** Whether a failure is one in its own right, not the echo of another test's. */
function isItsOwn({ details }: EventData.TestFail): boolean {
  const { failureType } = details.error as Error & { failureType?: string };
  return failureType !== "subtestsFailed" && failureType !== "cancelledByParent";
}

/** The runner wraps what a test threw. */
const rootError = (error: Error): Error => (error.cause instanceof Error ? error.cause : error);

function namesOf(id: number, tests: Map<number, { name: string; parentId: number | undefined }>): string[] {
  const test = tests.get(id);
  if (!test) return [];
  return [...(test.parentId === undefined ? [] : namesOf(test.parentId, tests)), test.name];
}
