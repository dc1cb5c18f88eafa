import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import {
  isFinal,
  parentFailure,
  parentStatus,
  runFailure,
  statusesBefore,
  statusOfClaim,
  statusOfProgress,
  submissionStatuses,
  tellingContainer,
} from "../../../lambdas/competitions/rules/submission-status.ts";
import type { SubmissionStatus } from "../../../lambdas/competitions/rules/submission-status.ts";

const may = (from: SubmissionStatus, to: SubmissionStatus) => statusesBefore(to).includes(from);
const active = ["Submitting", "Submitted", "Preparing", "Running", "Scoring"] as const;
const finals = ["Finished", "Failed", "Cancelled"] as const;

describe("the order of statuses", () => {
  it("a participant sees Submitting, Submitted, Running, Preparing, Scoring, Running, Finished (R-10)", () => {
    const seen = ["Submitting", "Submitted", "Running", "Preparing", "Scoring", "Running", "Finished"] as const;
    seen.slice(1).forEach((to, i) => assert.ok(may(seen[i] ?? "None", to), `${seen[i]} to ${to}`));
  });

  for (const [from, to] of [
    ["Submitted", "Preparing"],
    ["Submitted", "Scoring"],
    ["Running", "Scoring"],
    ["Preparing", "Running"],
  ] as const) {
    it(`a status is skipped if reports arrive quickly: ${from} may become ${to}`, () => assert.ok(may(from, to)));
  }

  it("a parent changes from Submitting to Running with its first child", () => assert.ok(may("Submitting", "Running")));

  it("a new row has the status Submitting", () => assert.deepEqual(statusesBefore("Submitting"), ["None"]));

  for (const from of active) {
    for (const to of finals) {
      it(`${from} may become ${to}`, () => assert.ok(may(from, to)));
    }
  }

  for (const from of finals) {
    it(`nothing follows ${from}`, () => {
      for (const to of submissionStatuses) assert.ok(!may(from, to), to);
    });
  }

  it("only Finished, Failed and Cancelled are final", () => {
    assert.deepEqual(submissionStatuses.filter(isFinal), ["Cancelled", "Finished", "Failed"]);
  });

  it("if an attempt is given back, its submission becomes Submitted again", () => {
    for (const from of ["Running", "Preparing", "Scoring"] as const) assert.ok(may(from, "Submitted"));
  });

  it("scoring never returns to preparing, and no status returns to Submitting (R-12)", () => {
    assert.ok(!may("Scoring", "Preparing"));
    for (const from of active) assert.ok(!may(from, "Submitting"));
  });

  it("no status follows itself, so that an update tells whether anything changed", () => {
    for (const status of submissionStatuses) assert.ok(!may(status, status));
  });
});

describe("the status shown for an attempt", () => {
  it("claimed for prediction: Running on the ingestion host", () => {
    assert.deepEqual(statusOfClaim("prediction", "box-1"), { status: "Running", details: "ingestion_hostname-box-1" });
  });

  it("claimed for scoring only: Running on the scoring host", () => {
    assert.deepEqual(statusOfClaim("scoring", "box-1"), { status: "Running", details: "scoring_hostname-box-1" });
  });

  for (const [step, stage, status, details] of [
    ["prediction", "preparing", "Preparing", "ingestion_hostname-h"],
    ["prediction", "running", "Preparing", "ingestion_hostname-h"],
    ["prediction", "done", "Scoring", "ingestion_hostname-h"],
    ["scoring", "preparing", "Running", "scoring_hostname-h"],
    ["scoring", "running", "Running", "scoring_hostname-h"],
    ["scoring", "done", "Running", "scoring_hostname-h"],
  ] as const) {
    it(`${step} ${stage}: ${status}`, () => {
      assert.deepEqual(statusOfProgress({ step, stage }, "h"), { status, details });
    });
  }

  it("is never Finished, which requires stored scores", () => {
    const shown = (["prediction", "scoring"] as const).flatMap((step) =>
      (["preparing", "running", "done"] as const).map((stage) => statusOfProgress({ step, stage }, "h").status),
    );
    assert.ok(!shown.some(isFinal));
  });
});

describe("a parent", () => {
  for (const [children, expected] of [
    [["Finished", "Finished"], "Finished"],
    [["Failed", "Finished"], "Finished"],
    [["Cancelled", "Finished", "Failed"], "Finished"],
    [["Failed", "Failed"], "Failed"],
    [["Cancelled", "Failed"], "Failed"],
    [["Cancelled", "Cancelled"], "Cancelled"],
    [["Finished", "Running"], undefined],
    [["Failed", "Submitted"], undefined],
    [["Cancelled", "Submitting"], undefined],
    [[], undefined],
  ] as [SubmissionStatus[], SubmissionStatus | undefined][]) {
    it(`with children ${children.join(", ") || "none"} is ${expected ?? "not final"}`, () => {
      assert.equal(parentStatus(children), expected);
    });
  }

  it("is final exactly if all its children are, in any order (R-13)", () => {
    const children = fc.array(fc.constantFrom(...submissionStatuses), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(children, (statuses) => {
        assert.equal(parentStatus(statuses) !== undefined, statuses.every(isFinal));
        assert.equal(parentStatus([...statuses].reverse()), parentStatus(statuses));
      }),
    );
  });
});

describe("which container tells why a run has failed (A-204)", () => {
  const stream = (bytes: number) => ({ bytes, truncated: false });
  const end = (name: "program" | "ingestion", exitCode: number | null, printed: [number, number], elapsedSeconds = 1) =>
    ({
      ...{ name, ran: true, exitCode, outOfMemory: false, elapsedSeconds },
      logs: { stdout: stream(printed[0]), stderr: stream(printed[1]) },
    }) as const;
  const usage = {
    ...{ wallSeconds: 0, cpuSeconds: 0, peakMemoryBytes: 0, downloadedBytes: 0, uploadedBytes: 0, preparingSeconds: 0 },
  };
  const telling = (steps: Record<string, ReturnType<typeof end>[]>, step: string | null = "scoring") =>
    tellingContainer(
      { step },
      {
        outcome: "failed",
        failure: null,
        steps: Object.entries(steps).map(([name, containers]) => ({
          ...{ name, containers, usage, outputBytes: null, collected: [], md5: {} },
        })),
      },
    );

  it("is the first that failed, and its errors rather than its output", () =>
    assert.deepEqual(telling({ prediction: [end("ingestion", 3, [9, 5])], scoring: [end("program", 1, [1, 1])] }), {
      ...{ step: "prediction", container: "ingestion", exitCode: 3, stream: "stderr" },
    }));

  it("is the program of the step that failed, if none failed by itself", () => {
    const steps = {
      prediction: [end("program", 0, [9, 9])],
      scoring: [end("ingestion", 0, [1, 1]), end("program", null, [7, 0])],
    };
    assert.deepEqual(telling(steps), { step: "scoring", container: "program", exitCode: null, stream: "stdout" });
    assert.equal(telling({ scoring: [end("program", 1, [0, 0])] })!.stream, null);
  });

  it("is none, if none ran", () => {
    assert.equal(telling({}, null), undefined);
    assert.equal(tellingContainer({ step: "scoring" }, null), undefined);
  });
});

describe("why a run has failed (R-63)", () => {
  const logs = { stdout: { bytes: 0, truncated: false }, stderr: { bytes: 0, truncated: false } };
  const end = (name: "program" | "ingestion", exitCode: number, elapsedSeconds = 1) =>
    ({ name, ran: true, exitCode, outOfMemory: false, elapsedSeconds, logs }) as const;
  const usage = {
    ...{ wallSeconds: 0, cpuSeconds: 0, peakMemoryBytes: 0, downloadedBytes: 0, uploadedBytes: 0, preparingSeconds: 0 },
  };
  const failed = (code: string, prediction: ReturnType<typeof end>[], scoring: ReturnType<typeof end>[]) => {
    const steps = Object.entries({ prediction, scoring }).map(([name, containers]) => ({
      ...{ name, containers, usage, outputBytes: null, collected: [], md5: {} },
    }));
    return runFailure({ code, message: "It broke.", step: "scoring" }, { outcome: "failed", failure: null, steps });
  };

  it("is said of the program that failed first", () => {
    const broken = "The ingestion program of the prediction step failed first: it exited with code 3. Then: It broke.";
    assert.equal(failed("NO_SCORES", [end("program", 0), end("ingestion", 3)], [end("program", 0)]), broken);
    assert.equal(failed("PROGRAM_EXIT", [end("program", 1, 5), end("ingestion", 3, 2)], [end("program", 1)]), broken);
    assert.match(
      failed("TIME_LIMIT", [], [end("program", 0, 9), end("ingestion", 2)]),
      /^The ingestion program of the scoring step failed first: it exited with code 2\./,
    );
    assert.match(failed("PROGRAM_EXIT", [end("program", 1)], [end("program", 1)]), /^The submission's program failed/);
  });

  it("is said of the program alone that failed alone, and of no program if none is at fault", () => {
    assert.equal(failed("PROGRAM_EXIT", [end("program", 0)], [end("program", 1)]), "It broke.");
    assert.equal(failed("NO_SCORES", [], [end("program", 0)]), "It broke.");
    assert.equal(failed("IMAGE_NOT_FOUND", [end("ingestion", 1)], []), "It broke.");
    assert.equal(runFailure({ code: "TIME_LIMIT", message: "It broke.", step: null }, null), "It broke.");
  });
});

describe("why a parent has failed (R-13)", () => {
  const child = (task: string, details: string | null, status: SubmissionStatus = "Failed") => ({
    status,
    details,
    failureCode: details === null ? null : "PROGRAM_EXIT",
    task,
  });

  it("is said once if all children failed alike", () => {
    assert.deepEqual(parentFailure([child("A", "It is blue."), child("B", "It is blue.")]), {
      details: "All tasks failed: It is blue.",
      failureCode: "PROGRAM_EXIT",
    });
  });

  it("names the tasks of each reason, and leaves out cancelled ones", () => {
    const children = [child("A", "One."), child("B", "Two."), child("C", "One."), child("D", null, "Cancelled")];
    assert.equal(parentFailure(children).details, '"A" and "C" failed: One. "B" failed: Two.');
  });

  it("is not longer than a few reasons", () => {
    const children = Array.from({ length: 9 }, (_, i) => child(`T${i}`, `Reason ${i}.`));
    assert.match(parentFailure(children).details, /"T4" failed: Reason 4\. 4 more reasons are shown with the tasks\.$/);
  });
});
