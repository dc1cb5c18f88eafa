import { createRequire } from "node:module";
import { relative } from "node:path";
import type { Test } from "@jest/test-result";
import type TestSequencer from "@jest/test-sequencer";
import { repository } from "../files.ts";

// The package's types describe its CommonJS form.
const require = createRequire(import.meta.url);
const { default: Sequencer } = require("@jest/test-sequencer") as typeof TestSequencer;

/** Estimated seconds of files without a recorded duration. The first matching pattern counts. */
const expected: [path: RegExp, seconds: number][] = [
  [/^test\/checks\//, 25],
  [/^test\/chaos\//, 100],
  [/^test\/integration\/worker\/ecs-/, 100],
  [/^test\/e2e\/(journey|external)/, 80],
  [/^test\/integration\/worker\/.*-(steps|networks)/, 60],
  [/^test\/e2e\//, 30],
  [/^test\/integration\//, 15],
  [/^test\/unit\/cdk\//, 5],
  [/^/, 1],
];

/** Runs the longest files first, so that no long file runs alone at the end. */
export default class LongestFirst extends Sequencer {
  override async sort(tests: Test[]): Promise<Test[]> {
    // This call loads the recorded durations.
    const sorted = await super.sort(tests);
    const duration = ({ duration, path }: Test) => duration ?? guess(path);
    return sorted.sort((a, b) => duration(b) - duration(a));
  }
}

function guess(path: string): number {
  const name = relative(repository, path);
  return 1000 * expected.find(([pattern]) => pattern.test(name))![1];
}
