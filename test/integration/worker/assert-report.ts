import assert from "node:assert/strict";
import type { AttemptReport } from "../../../contract/job.ts";
import type { Finished } from "./lab.ts";

/** A report's failure in one line. */
export const describeFailure = ({ failure }: AttemptReport) => `${failure?.code} ${failure?.step}: ${failure?.message}`;

export function assertSucceeded({ report }: Finished): void {
  assert.equal(report.outcome, "succeeded", describeFailure(report));
}

export function assertFailed({ report }: Finished, code: string, step: string, message: RegExp): void {
  assert.equal(report.outcome, "failed");
  assert.equal(report.failure?.code, code, describeFailure(report));
  assert.equal(report.failure.step, step);
  assert.match(report.failure.message, message);
}
