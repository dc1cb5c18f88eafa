import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import type { AttemptReport, StepReport } from "../../../contract/job.ts";
import { runWarnings, shownWarnings } from "../../../lambdas/competitions/rules/run-warnings.ts";

const log = { bytes: 1, truncated: false };
const step = (name: string, more: Partial<StepReport>): StepReport => ({
  name,
  containers: [],
  usage: {
    wallSeconds: 0,
    cpuSeconds: 0,
    peakMemoryBytes: 0,
    downloadedBytes: 0,
    uploadedBytes: 0,
    preparingSeconds: 0,
  },
  outputBytes: null,
  collected: [],
  md5: {},
  ...more,
});
const report: AttemptReport = {
  outcome: "succeeded",
  failure: null,
  steps: [
    step("prediction", {
      warnings: [
        { code: "SINGLE_FOLDER", message: "one folder" },
        { code: "OUTPUT_LEFT_OUT", message: "a link" },
      ],
      containers: [
        {
          ...{ name: "ingestion", ran: true, exitCode: 0, outOfMemory: false, elapsedSeconds: 1 },
          logs: { stdout: { bytes: 9, truncated: true }, stderr: log },
        },
      ],
    }),
    // A worker of an earlier release reports no warnings.
    step("scoring", {}),
  ],
};
const scores = [{ code: "SCORE_MISSING", message: "no score" }];

describe("the warnings of a run (R-78)", () => {
  it("are those of the worker, about cut logs and about scores, each with the step it is about", () => {
    assert.deepEqual(
      runWarnings(report, scores).map(({ code, step: about }) => [code, about]),
      [
        ["SINGLE_FOLDER", null],
        ["OUTPUT_LEFT_OUT", "prediction"],
        ["LOG_TRUNCATED", "prediction"],
        ["SCORE_MISSING", "scoring"],
      ],
    );
    assert.match(runWarnings(report)[2]!.message, /log prediction_ingestion_stdout was too long/);
    assert.deepEqual(runWarnings(null), []);
  });

  it("can be stored, whatever a program wrote", () => {
    const [warning] = runWarnings(null, [{ code: "SCORE_INVALID", message: "a\u0000b \ud83d c" }]);
    assert.equal(warning!.message, "a\uFFFDb \uFFFD c");
  });

  it("say nothing about hidden output to people who are not organizers", () => {
    const open = { hide_output: false, hide_prediction_output: false, hide_score_output: false };
    const seen = (hidden: Partial<typeof open>) =>
      shownWarnings(runWarnings(report, scores), { ...open, ...hidden }).map(({ code }) => code);
    assert.equal(seen({}).length, 4);
    assert.deepEqual(seen({ hide_output: true }), ["SINGLE_FOLDER"]);
    assert.deepEqual(seen({ hide_prediction_output: true }), ["SINGLE_FOLDER", "SCORE_MISSING"]);
    assert.deepEqual(seen({ hide_score_output: true }), ["SINGLE_FOLDER", "OUTPUT_LEFT_OUT", "LOG_TRUNCATED"]);
  });
});
