/** How far a run is: the stages above the log of a submission. */
import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { stagesOf, type StagedRun } from "../../../web/submissions/stages.ts";

const at = (second: number) => new Date(Date.UTC(2030, 0, 1, 0, 0, second)).toISOString();
const step = (name: string, from: number, to: number | null) => ({
  step: name,
  preparing_when: at(from),
  started_when: at(from),
  ended_when: to === null ? null : at(to),
});
const run = (status: StagedRun["status"], ...steps: StagedRun["steps"]): StagedRun => ({
  status,
  steps,
  started_when: steps[0]?.preparing_when ?? null,
  finished_when: null,
});
const statesOf = (shown: StagedRun, failedStep: string | null = null) =>
  stagesOf(at(0), shown, failedStep).map(({ name, state }) => `${name} ${state}`);

describe("the stages of a run", () => {
  it("follow one another", () => {
    assert.deepEqual(statesOf(run("Submitted")), ["queued now", "prediction next", "scoring next", "end next"]);
    assert.deepEqual(statesOf(run("Preparing", step("prediction", 1, null))), [
      ...["queued done", "prediction now", "scoring next", "end next"],
    ]);
    assert.deepEqual(statesOf(run("Finished", step("prediction", 1, 2), step("scoring", 2, 3))), [
      ...["queued done", "prediction done", "scoring done", "end done"],
    ]);
  });

  it("are without a prediction, if the run has none", () => {
    assert.deepEqual(statesOf(run("Finished", step("scoring", 2, 3))), ["queued done", "scoring done", "end done"]);
  });

  it("name the step that failed, which need not be the last", () => {
    const failed = run("Failed", step("prediction", 1, 2), step("scoring", 2, 3));
    assert.deepEqual(statesOf(failed, "prediction"), [
      ...["queued done", "prediction failed", "scoring done", "end failed"],
    ]);
    assert.deepEqual(statesOf(failed), ["queued done", "prediction done", "scoring failed", "end failed"]);
  });

  it("end where a run was cancelled", () => {
    assert.deepEqual(statesOf(run("Cancelled")), [
      "queued skipped",
      "prediction skipped",
      "scoring skipped",
      "end failed",
    ]);
  });
});
