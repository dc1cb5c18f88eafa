/** What the runner and the processes that run test files say to each other. */
import type { AssertionResult } from "@jest/test-result";

/** To a process: run this file. It runs one at a time. */
export interface FileOrder {
  path: string;
  /** Only tests whose full name matches run, if it is given. */
  testNamePattern: string | undefined;
  testTimeoutMs: number;
  /** How many tests of `it.concurrent` run at a time. */
  maxConcurrency: number;
  /** How long what the file started may take to end once its tests have. */
  graceMs: number;
}

/** From a process. */
export type FileNews =
  /** A test began or ended; these run now. */
  | { type: "running"; tests: string[] }
  /** The file is done, and nothing that it started is left. */
  | { type: "done"; outcome: FileOutcome };

export interface FileOutcome {
  tests: AssertionResult[];
  /** Failures of no single test. */
  errors: string[];
  startedAt: number;
  endedAt: number;
}
