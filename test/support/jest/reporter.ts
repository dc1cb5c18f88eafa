/** Prints a line per file, the details of failures below it, and `N passed, N failed` as the last line. */
import { relative } from "node:path";
import { styleText } from "node:util";
import type { AggregatedResult, AssertionResult, Test, TestResult } from "@jest/test-result";
import { repository } from "../files.ts";
import { describeError } from "./errors.ts";

export default class Reporter {
  onTestFileResult(_test: Test, result: TestResult): void {
    const { passed, failed, skipped } = countsOf(result);
    const counts = [
      failed > 0 ? `${failed} failed` : "",
      passed > 0 ? `${passed} passed` : "",
      skipped > 0 ? `${skipped} skipped` : "",
    ].filter(Boolean);
    const verdict = failed > 0 ? styleText("red", "FAIL") : styleText("green", "ok  ");
    const seconds = (result.perfStats.runtime / 1000).toFixed(1);
    console.log(`${verdict}  ${nameOf(result).padEnd(60)} ${counts.join(", ")}  ${seconds} s`);
    if (failed === 0) return;

    const { testExecError, console: printed = [] } = result;
    if (testExecError) print(describeError(testExecError));
    // If the set-up of a suite fails, all its tests fail with the same message.
    const failures = Map.groupBy(failedIn(result), ({ failureMessages }) => failureMessages.join("\n\n"));
    for (const [message, tests] of failures) print(`${styleText("bold", tests.map(titleOf).join("\n"))}\n${message}`);
    const output = printed.map(({ message }) => message).join("");
    if (output.trim()) print(`It printed:\n${indented(output.trimEnd(), 2)}`);
    console.log();
  }

  onRunComplete(_contexts: unknown, { testResults }: AggregatedResult): void {
    const failing = testResults.filter((result) => countsOf(result).failed > 0);
    if (failing.length > 0) console.log("\nFailed:");
    for (const result of failing) {
      console.log(`  ${nameOf(result)}`);
      for (const test of failedIn(result)) console.log(`      ${titleOf(test)}`);
    }
    const sum = (count: "passed" | "failed" | "skipped") =>
      testResults.reduce((total, result) => total + countsOf(result)[count], 0);
    const skipped = sum("skipped");
    console.log(`\n${sum("passed")} passed, ${sum("failed")} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  }
}

/** A file that fails outside its tests counts as one failure. */
const countsOf = ({ numPassingTests, numFailingTests, numPendingTests, numTodoTests, testExecError }: TestResult) => ({
  passed: numPassingTests,
  failed: Math.max(numFailingTests, testExecError ? 1 : 0),
  skipped: numPendingTests + numTodoTests,
});

const failedIn = ({ testResults }: TestResult): AssertionResult[] =>
  testResults.filter(({ status }) => status === "failed");
const nameOf = ({ testFilePath }: TestResult): string => relative(repository, testFilePath);
const titleOf = ({ ancestorTitles, title }: AssertionResult): string => [...ancestorTitles, title].join(" > ");
const print = (text: string): void => console.log(`\n${indented(text, 6)}`);
const indented = (text: string, width: number): string => text.replace(/^(?=.)/gm, " ".repeat(width));
