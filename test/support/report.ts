import { styleText } from "node:util";
import type { Result, TestFailure } from "./run-file.ts";

/** Prints a line for a file or a check, and below it all one needs to know of what failed. */
export function report(result: Result): void {
  const { name, passed, failed, skipped, milliseconds } = result;
  const counts = [
    failed > 0 ? `${failed} failed` : "",
    passed > 0 ? `${passed} passed` : "",
    skipped > 0 ? `${skipped} skipped` : "",
  ].filter(Boolean);
  const verdict = failed > 0 ? styleText("red", "FAIL") : styleText("green", "ok  ");
  console.log(`${verdict}  ${name.padEnd(60)} ${counts.join(", ")}  ${(milliseconds / 1000).toFixed(1)} s`);
  if (failed === 0) return;

  for (const failure of result.failures) console.log(`\n${indented(describe(failure), 6)}`);
  if (result.output.trim()) console.log(`\n${indented(`It printed:\n${indented(result.output.trimEnd(), 2)}`, 6)}`);
  console.log();
}

/** The last lines of a run: what failed, and as the very last one `N passed, N failed`. */
export function reportTotals(results: Result[]): { failed: number } {
  const failing = results.filter((result) => result.failed > 0);
  if (failing.length > 0) {
    console.log(`\nFailed:`);
    for (const { name, failures } of failing) {
      console.log(`  ${name}`);
      for (const failure of failures.filter(({ name }) => name.length > 0)) console.log(`      ${title(failure)}`);
    }
  }
  const sum = (count: "passed" | "failed" | "skipped") => results.reduce((total, result) => total + result[count], 0);
  const failed = sum("failed");
  const skipped = sum("skipped");
  console.log(`\n${sum("passed")} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  return { failed };
}

const title = ({ name }: TestFailure): string => name.join(" > ");

function describe(failure: TestFailure): string {
  const heading = title(failure);
  return `${heading ? `${styleText("bold", heading)}\n` : ""}${describeError(failure.error)}`;
}

/** Message (with the difference, for assertions) and the lines of the stack that lie in this project. */
function describeError(error: Error): string {
  const lines = (error.stack ?? error.message).split("\n");
  const own = lines.filter((line) => !/^\s+at /.test(line) || !/node:|node_modules/.test(line));
  const cause = error.cause instanceof Error ? `\nbecause of ${describeError(error.cause)}` : "";
  return (
    own
      .join("\n")
      .replace(/\n{3,}/g, "\n\n")
      .trimEnd() + cause
  );
}

const indented = (text: string, width: number): string => text.replace(/^(?=.)/gm, " ".repeat(width));
