import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { artifacts, type AttemptReport, type JobSpec } from "../../../contract/job.ts";
import { copiesOf, resultFiles } from "../../../lambdas/jobs/rules/kept-files.ts";
import { reportOf } from "../../../lambdas/jobs/rules/step-report.ts";

const spec = {
  steps: [
    { name: "prediction", collect: [], containers: [{ name: "program" }, { name: "ingestion" }] },
    { name: "scoring", collect: [{ as: "scores.json" }, { as: "scores.json" }], containers: [{ name: "program" }] },
  ],
} as unknown as JobSpec;

describe("the files that are kept of an attempt (R-148)", () => {
  it("are its outputs, collected files and whole logs, each once", () => {
    assert.deepEqual(resultFiles(spec), [
      "prediction/output.zip",
      "prediction/program.stdout.log",
      "prediction/program.stderr.log",
      "prediction/ingestion.stdout.log",
      "prediction/ingestion.stderr.log",
      "scoring/output.zip",
      "scoring/scores.json",
      "scoring/program.stdout.log",
      "scoring/program.stderr.log",
    ]);
  });

  it("have copies where no permission of a worker reaches", () => {
    assert.ok(!copiesOf("1").startsWith(artifacts.prefix("1")));
    assert.ok(!copiesOf("12").startsWith(copiesOf("1")));
  });

  it("are all that a report can name", () => {
    const steps = [
      { name: "scoring", collected: ["scores.json", "page.html"] },
      { name: "other", collected: ["scores.json"] },
    ];
    const report = { outcome: "succeeded", failure: null, steps } as unknown as AttemptReport;
    assert.deepEqual(reportOf(spec, report).steps, [{ name: "scoring", collected: ["scores.json"] }]);
  });
});
