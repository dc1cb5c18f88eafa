/** Messages between the runner and the processes that run test files. */
import type { AssertionResult } from "@jest/test-result";

/** Tells a process to run a file. A process runs one file at a time. */
export interface FileOrder {
  path: string;
  /** If given, only tests whose full name matches run. */
  testNamePattern: string | undefined;
  testTimeoutMs: number;
  /** How many `it.concurrent` tests run at once. */
  maxConcurrency: number;
  /** How long processes and timers of the file may take to end after its tests. */
  graceMs: number;
}

/** A message from a process. */
export type FileNews =
  /** A test or a hook began or ended. `parts` are running now. */
  | { type: "running"; parts: string[] }
  /** The file has ended, and so has everything that it started. */
  | { type: "done"; outcome: FileOutcome };

export interface FileOutcome {
  tests: AssertionResult[];
  /** Failures outside of tests. */
  errors: string[];
  startedAt: number;
  endedAt: number;
}
