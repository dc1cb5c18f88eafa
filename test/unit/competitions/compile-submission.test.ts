import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import type { RunStep } from "../../../lambdas/competitions/rules/run-steps.ts";
import { substitutionsFor } from "../../../lambdas/competitions/rules/substitutions.ts";
import {
  compileSubmission,
  effectiveNetwork,
  effectiveTimeLimit,
} from "../../../lambdas/competitions/rules/compile-submission.ts";
import type { SubmissionInput } from "../../../lambdas/competitions/rules/compile-submission.ts";
import type { ContainerName, ContainerSpec, JobSpec, ObjectRef, Step, StepName } from "../../../contract/job.ts";

const object = (key: string): ObjectRef => ({ bucket: "uploads", key });

const limits = {
  cpus: 1,
  memoryBytes: 2 ** 31,
  pids: 500,
  diskBytes: 2 ** 33,
  logBytes: 10_000_000,
  outputBytes: 2 ** 30,
};

const full: SubmissionInput = {
  submission: object("submission.zip"),
  task: {
    scoringProgram: object("scoring.zip"),
    ingestionProgram: object("ingestion.zip"),
    inputData: object("input.zip"),
    referenceData: object("reference.zip"),
  },
  ingestionOnlyDuringScoring: false,
  image: "codalab/codalab-legacy:py37",
  timeLimitSeconds: 600,
  network: "none",
  limits,
  detailedResults: true,
};
const during: SubmissionInput = { ...full, ingestionOnlyDuringScoring: true };
const scoringOnly: SubmissionInput["task"] = {
  scoringProgram: object("scoring.zip"),
  ingestionProgram: null,
  inputData: null,
  referenceData: null,
};

function stepOf(job: JobSpec, name: StepName): Step<ObjectRef> {
  const step = job.steps.find((candidate) => candidate.name === name);
  assert.ok(step, `there is a ${name} step`);
  return step;
}

function containerOf(job: JobSpec, step: StepName, name: ContainerName): ContainerSpec {
  const container = stepOf(job, step).containers.find((candidate) => candidate.name === name);
  assert.ok(container, `${step} has a container ${name}`);
  return container;
}

const lifted = (job: JobSpec) =>
  job.steps.flatMap(({ folders }) =>
    folders.flatMap(({ name, contents }) => (contents.some(({ liftTopFolder }) => liftTopFolder) ? name : [])),
  );

it("programs and the submission are moved out of a single folder only if the competition says so (R-39)", () => {
  assert.deepEqual(lifted(compileSubmission(full)), []);
  const programs = ["submission", "ingestion_program", "scoring_program"];
  assert.deepEqual(lifted(compileSubmission({ ...full, liftTopFolders: true })), programs);
});

const containersOf = (job: JobSpec, step: StepName) => stepOf(job, step).containers.map(({ name }) => name);

/** What each mount contains: an object key, `step:prediction`, several of them, or nothing. */
function mountsOf(job: JobSpec, stepName: StepName, name: ContainerName): Record<string, string> {
  const step = stepOf(job, stepName);
  return Object.fromEntries(
    containerOf(job, stepName, name).mounts.map(({ folder, subfolder, path }) => {
      const contents = step.folders.find((candidate) => candidate.name === folder)?.contents;
      assert.ok(contents, `${folder} is a folder of the step`);
      const sources = contents
        .filter(({ at }) => subfolder === "" || at === subfolder)
        .map(({ at, archive }) => {
          const source = archive.from === "step" ? `step:${archive.step}` : archive.object.key;
          return at === "" || at === subfolder ? source : `${at}=${source}`;
        });
      return [path, sources.length > 0 ? sources.join(" ") : `empty ${folder}`];
    }),
  );
}

const archivesOf = (step: Step<ObjectRef>) =>
  step.folders.flatMap((folder) => folder.contents.map(({ archive }) => archive));

const objectsOf = (step: Step<ObjectRef>) => archivesOf(step).filter((archive) => archive.from === "object");

const keysOf = (step: Step<ObjectRef>) => objectsOf(step).map((archive) => archive.object.key);

describe("the two steps", () => {
  it("a job always has a prediction step and then a scoring step, even if the task has only a scoring program (R-20)", () => {
    for (const input of [full, during, { ...full, task: scoringOnly }]) {
      assert.deepEqual(
        compileSubmission(input).steps.map(({ name }) => name),
        ["prediction", "scoring"],
      );
    }
  });

  it("the submission runs in prediction and the scoring program in scoring (R-21)", () => {
    const job = compileSubmission(full);
    assert.equal(mountsOf(job, "prediction", "program")["/app/program"], "submission.zip");
    assert.equal(mountsOf(job, "scoring", "program")["/app/program"], "scoring.zip");
  });

  it("ingestion runs in prediction, and not in scoring (R-22)", () => {
    const job = compileSubmission(full);
    assert.deepEqual(containersOf(job, "prediction"), ["program", "ingestion"]);
    assert.deepEqual(containersOf(job, "scoring"), ["program"]);
    assert.ok(!keysOf(stepOf(job, "scoring")).includes("ingestion.zip"));
  });

  it("ingestion_only_during_scoring: ingestion runs in scoring, and not in prediction (R-22)", () => {
    const job = compileSubmission(during);
    assert.deepEqual(containersOf(job, "prediction"), ["program"]);
    assert.deepEqual(containersOf(job, "scoring"), ["program", "ingestion"]);
    assert.ok(!keysOf(stepOf(job, "prediction")).includes("ingestion.zip"));
  });

  it("prediction gets input data if the task has it; scoring only with ingestion_only_during_scoring (R-23)", () => {
    assert.ok(keysOf(stepOf(compileSubmission(full), "prediction")).includes("input.zip"));
    assert.ok(!keysOf(stepOf(compileSubmission(full), "scoring")).includes("input.zip"));
    assert.ok(keysOf(stepOf(compileSubmission(during), "prediction")).includes("input.zip"));
    assert.ok(keysOf(stepOf(compileSubmission(during), "scoring")).includes("input.zip"));
  });

  it("the output of prediction is mounted at input/res in scoring", () => {
    const input = stepOf(compileSubmission(full), "scoring").folders.find(({ name }) => name === "input");
    assert.deepEqual(
      input?.contents.map(({ at, archive }) => [at, archive.from === "step" ? archive.step : archive.object.key]),
      [
        ["ref", "reference.zip"],
        ["res", "prediction"],
      ],
    );
  });

  it("rescoring an earlier prediction result runs only the scoring step, on that result", () => {
    const job = compileSubmission({ ...full, predictionResult: { bucket: "jobs", key: "old/output.zip" } });
    assert.deepEqual(
      job.steps.map(({ name }) => name),
      ["scoring"],
    );
    assert.equal(mountsOf(job, "scoring", "program")["/app/input"], "ref=reference.zip res=old/output.zip");
    const result = objectsOf(stepOf(job, "scoring")).find((archive) => archive.object.key === "old/output.zip");
    assert.deepEqual([result?.label, result?.cache], ["prediction_result", false]);
  });
});

describe("mounts", () => {
  it("prediction program", () => {
    assert.deepEqual(mountsOf(compileSubmission(full), "prediction", "program"), {
      "/app/program": "submission.zip",
      "/app/output": "empty output",
      "/app/input_data": "input.zip",
      // `$input` in a submission's own command refers to this folder.
      "/app/input": "input.zip",
    });
  });

  it("prediction ingestion", () => {
    assert.deepEqual(mountsOf(compileSubmission(full), "prediction", "ingestion"), {
      "/app/program": "ingestion.zip",
      "/app/output": "empty output",
      "/app/input_data": "input.zip",
      "/app/ingested_program": "submission.zip",
      "/app/ingestion_program": "ingestion.zip",
    });
  });

  it("scoring program", () => {
    assert.deepEqual(mountsOf(compileSubmission(full), "scoring", "program"), {
      "/app/program": "scoring.zip",
      "/app/output": "empty output",
      "/app/input": "ref=reference.zip res=step:prediction",
      "/app/shared": "empty shared",
    });
  });

  it("scoring program with ingestion_only_during_scoring: $program is its own program", () => {
    assert.deepEqual(mountsOf(compileSubmission(during), "scoring", "program"), {
      "/app/program": "scoring.zip",
      "/app/output": "empty output",
      "/app/input": "ref=reference.zip res=step:prediction",
      "/app/shared": "empty shared",
      "/app/input_data": "input.zip",
      "/app/ingestion_program": "scoring.zip",
    });
  });

  it("scoring ingestion: the submission is the output of prediction", () => {
    assert.deepEqual(mountsOf(compileSubmission(during), "scoring", "ingestion"), {
      "/app/program": "ingestion.zip",
      "/app/output": "empty output",
      "/app/input": "ref=reference.zip res=step:prediction",
      "/app/shared": "empty shared",
      "/app/input_data": "input.zip",
      "/app/ingested_program": "step:prediction",
      "/app/ingestion_program": "ingestion.zip",
    });
  });

  it("parts that a task does not have are not mounted (R-40)", () => {
    const job = compileSubmission({ ...full, task: scoringOnly });
    assert.deepEqual(mountsOf(job, "prediction", "program"), {
      "/app/program": "submission.zip",
      "/app/output": "empty output",
    });
    assert.deepEqual(mountsOf(job, "scoring", "program"), {
      "/app/program": "scoring.zip",
      "/app/output": "empty output",
      "/app/input": "res=step:prediction",
      "/app/shared": "empty shared",
    });
  });

  it("programs may write to every folder", () => {
    for (const input of [full, during]) {
      const mounts = compileSubmission(input).steps.flatMap((step) =>
        step.containers.flatMap(({ mounts: all }) => all),
      );
      assert.ok(mounts.every(({ readOnly }) => !readOnly));
    }
  });

  it("both containers of a step share the output folder, and in scoring /app/shared", () => {
    const folderAt = (step: StepName, name: ContainerName, path: string) =>
      containerOf(compileSubmission(step === "scoring" ? during : full), step, name).mounts.find(
        (mount) => mount.path === path,
      )?.folder;
    for (const step of ["prediction", "scoring"] as const) {
      assert.equal(folderAt(step, "program", "/app/output"), folderAt(step, "ingestion", "/app/output"));
    }
    assert.equal(folderAt("scoring", "program", "/app/shared"), folderAt("scoring", "ingestion", "/app/shared"));
  });
});

describe("containers", () => {
  it("the working directory is /app/program, and tokens are replaced per container and step", () => {
    for (const input of [full, during]) {
      for (const step of compileSubmission(input).steps) {
        for (const container of step.containers) {
          assert.equal(container.workingDirectory, "/app/program");
          assert.deepEqual(
            container.substitutions,
            substitutionsFor(container.name, step.name as RunStep, input.ingestionOnlyDuringScoring),
          );
        }
      }
    }
  });

  it("only the scoring program must succeed: exit codes of prediction and ingestion are recorded (R-63)", () => {
    const mustSucceed = (input: SubmissionInput) =>
      compileSubmission(input).steps.flatMap((step) =>
        step.containers.filter((container) => container.mustSucceed).map(({ name }) => `${step.name} ${name}`),
      );
    assert.deepEqual(mustSucceed(full), ["scoring program"]);
    assert.deepEqual(mustSucceed(during), ["scoring program"]);
  });

  it("only a submission without metadata is copied to the output, because it consists of results", () => {
    for (const input of [full, during]) {
      for (const step of compileSubmission(input).steps) {
        for (const { name, withoutMetadata } of step.containers) {
          const copied = step.name === "prediction" && name === "program";
          assert.equal(withoutMetadata, copied ? "copy-to-output" : "error", `${step.name} ${name}`);
        }
      }
    }
  });
});

describe("outputs", () => {
  const collected = (input: SubmissionInput, step: StepName) => stepOf(compileSubmission(input), step).collect;

  it("scoring collects scores.json and scores.txt under their own names", () => {
    assert.deepEqual(collected({ ...full, detailedResults: false }, "scoring"), [
      { as: "scores.json", candidates: ["scores.json"], maxBytes: 1_048_576, live: false },
      { as: "scores.txt", candidates: ["scores.txt"], maxBytes: 1_048_576, live: false },
    ]);
  });

  it("detailed results are collected during scoring if enabled: detailed_results.html, otherwise any page (R-66)", () => {
    const page = collected(full, "scoring").find(({ as }) => as === "detailed_results.html");
    assert.deepEqual(page?.candidates, ["detailed_results.html", "*.html"]);
    assert.equal(page.live, true);
    assert.equal(page.maxBytes, 33_554_432);
  });

  it("prediction collects nothing", () => {
    assert.deepEqual(collected(full, "prediction"), []);
  });
});

describe("limits", () => {
  it("each step gets the time limit, image, network and limits of the submission (R-80)", () => {
    for (const step of compileSubmission({ ...full, network: "open", timeLimitSeconds: 77 }).steps) {
      assert.equal(step.timeLimitSeconds, 77);
      assert.equal(step.image, full.image);
      assert.equal(step.network, "open");
      assert.deepEqual(step.limits, limits);
    }
  });

  it("a job has a network if the organizer requests it and the platform allows it (R-50)", () => {
    const networks = [
      [true, true],
      [true, false],
      [false, true],
      [false, false],
    ].map(([wanted, allowed]) => effectiveNetwork(wanted!, allowed!));
    assert.deepEqual(networks, ["open", "none", "none", "none"]);
  });

  it("a queue's cap lowers the phase's limit; organizers' own queues have no cap (R-81)", () => {
    assert.equal(effectiveTimeLimit(3600, [600]), 600);
    assert.equal(effectiveTimeLimit(300, [600, 900]), 300);
    assert.equal(effectiveTimeLimit(3600, []), 3600);
  });
});

describe("for every task and competition", () => {
  const maybe = (key: string) => fc.option(fc.constant(object(key)));
  const input: fc.Arbitrary<SubmissionInput> = fc.record({
    submission: fc.constant(object("submission.zip")),
    task: fc.record({
      scoringProgram: fc.constant(object("scoring.zip")),
      ingestionProgram: maybe("ingestion.zip"),
      inputData: maybe("input.zip"),
      referenceData: maybe("reference.zip"),
    }),
    ingestionOnlyDuringScoring: fc.boolean(),
    image: fc.constant("image"),
    timeLimitSeconds: fc.integer({ min: 1, max: 10_000 }),
    network: fc.constantFrom("none" as const, "open" as const),
    limits: fc.constant(limits),
    detailedResults: fc.boolean(),
  });

  const everyStep = (check: (step: Step<ObjectRef>, input: SubmissionInput) => void) =>
    fc.assert(fc.property(input, (given) => compileSubmission(given).steps.forEach((step) => check(step, given))));

  it("reference data and the scoring program are never in the prediction step (R-24)", () =>
    everyStep((step) => {
      if (step.name !== "prediction") return;
      assert.ok(!keysOf(step).includes("reference.zip"));
      assert.ok(!keysOf(step).includes("scoring.zip"));
    }));

  it("the scoring step gets the output of prediction, never the submission itself", () =>
    everyStep((step) => {
      if (step.name === "scoring") assert.ok(!keysOf(step).includes("submission.zip"));
    }));

  it("workers cache every archive except the submission", () =>
    everyStep((step) => {
      for (const archive of objectsOf(step)) assert.equal(archive.cache, archive.object.key !== "submission.zip");
    }));

  it("archives are labelled by their role, which messages and checksums use", () =>
    everyStep((step) => {
      const labels: Record<string, string> = {
        "submission.zip": "submission",
        "scoring.zip": "scoring_program",
        "ingestion.zip": "ingestion_program",
        "input.zip": "input_data",
        "reference.zip": "reference_data",
      };
      for (const { label, object: archive } of objectsOf(step)) assert.equal(label, labels[archive.key]);
    }));

  it("folder names are unique, every mount and program refers to a folder, and no path is mounted twice", () =>
    everyStep((step) => {
      const folders = step.folders.map(({ name }) => name);
      assert.equal(new Set(folders).size, folders.length);
      assert.ok(folders.includes(step.output));
      for (const container of step.containers) {
        assert.ok(folders.includes(container.program));
        for (const { folder } of container.mounts) assert.ok(folders.includes(folder), folder);
        const paths = container.mounts.map(({ path }) => path);
        assert.equal(new Set(paths).size, paths.length);
      }
    }));

  it("every folder is mounted in a container of its step", () =>
    everyStep((step) => {
      const seen = new Set(step.containers.flatMap(({ mounts }) => mounts.map(({ folder }) => folder)));
      for (const { name } of step.folders) assert.ok(seen.has(name), name);
    }));
});
