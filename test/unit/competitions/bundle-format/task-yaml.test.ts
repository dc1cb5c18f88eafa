/** Reading task.yaml, the description of a single task. */
import assert from "node:assert/strict";
import { test } from "@jest/globals";
import { parseTaskYaml } from "../../../../lambdas/competitions/rules/bundle-format/index.ts";
import { change, listing, uuid } from "./fixture.ts";

const taskYaml = `name: Seeds
description: Tell seeds apart
scoring_program:
  zip: program.zip
reference_data:
  key: ${uuid}
`;

const read = (text: string) => parseTaskYaml(text, listing);

test("a task refers to files of its zip and to datasets by key (B-81)", () => {
  const result = read(taskYaml);
  assert.deepEqual(result, {
    ok: true,
    problems: [],
    task: {
      name: "Seeds",
      description: "Tell seeds apart",
      isPublic: false,
      ingestionOnlyDuringScoring: false,
      files: {
        scoring_program: { from: "bundle", path: "program.zip" },
        ingestion_program: null,
        input_data: null,
        reference_data: { from: "dataset", key: uuid },
      },
    },
  });
});

test("the settings of a task are read (B-80)", () => {
  const result = read(`${taskYaml}is_public: True\ningestion_only_during_scoring: 'true'\n`);
  assert.ok(result.ok);
  assert.deepEqual([result.task.isPublic, result.task.ingestionOnlyDuringScoring], [true, true]);
});

test("if both a key and a zip are given, the key is used (B-81)", () => {
  const result = read(change(taskYaml, "  zip: program.zip", `  zip: nowhere.zip\n  key: ${uuid}`));
  assert.ok(result.ok);
  assert.deepEqual(result.task.files.scoring_program, { from: "dataset", key: uuid });
});

test("a description is required but may be empty (B-80)", () => {
  const result = read(change(taskYaml, "description: Tell seeds apart", "description:"));
  assert.ok(result.ok);
  assert.equal(result.task.description, null);
});

const refusals: [code: string, rule: string, from: string, to: string, path: string][] = [
  ["BND-20", "a name is required", "name: Seeds\n", "", "name"],
  ["BND-20", "a description is required", "description: Tell seeds apart\n", "", "description"],
  ["BND-34", "a scoring program is required", "scoring_program:\n  zip: program.zip\n", "", "scoring_program"],
  ["BND-34", "a scoring program is a key or a zip", "  zip: program.zip", "  path: program.zip", "scoring_program"],
  ["BND-10", "a zip must be in the upload", "program.zip", "none.zip", "scoring_program.zip"],
  ["BND-12", "a zip must stay in the upload", "program.zip", "../program.zip", "scoring_program.zip"],
  ["BND-20", "a file must be named as a zip", "program.zip", "terms.md", "scoring_program.zip"],
  [
    "BND-20",
    "a file is given by key or zip, not by its path alone",
    "scoring_program:\n  zip: program.zip",
    "scoring_program: program.zip",
    "scoring_program",
  ],
  ["BND-11", "a key must be a UUID", uuid, "mine", "reference_data.key"],
  ["BND-99", "invalid YAML is refused", "name: Seeds", "name: [Seeds", ""],
];
for (const [code, rule, from, to, path] of refusals) {
  test(`${code} in task.yaml: ${rule}`, () => {
    const result = read(change(taskYaml, from, to));
    assert.equal(result.ok, false);
    const errors = result.problems.filter((problem) => problem.severity === "error");
    assert.deepEqual(
      errors.map((problem) => [problem.code, problem.path]),
      [[code, path]],
    );
  });
}

test("a misspelled key of a task gives a warning", () => {
  const result = read(`${taskYaml}ispublic: true\n`);
  assert.ok(result.ok);
  assert.deepEqual(
    result.problems.map((problem) => `${problem.code} ${problem.path}`),
    ["BND-91 ispublic"],
  );
});
