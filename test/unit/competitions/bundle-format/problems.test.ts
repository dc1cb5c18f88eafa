/** Codes and messages of problems, and the problems that are found while unpacking. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "@jest/globals";
import { bundleProblem, hasErrors, missingYaml } from "../../../../lambdas/competitions/rules/bundle-format/index.ts";
import type { UnpackerCode } from "../../../../lambdas/competitions/rules/bundle-format/index.ts";
import { problemCodes } from "../../../../lambdas/competitions/rules/bundle-format/problems.ts";

test("docs/compatibility.md lists exactly the existing codes", () => {
  const page = readFileSync(new URL("../../../../docs/compatibility.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| (BND-\d\d) \|/gm)].map((match) => match[1]);
  assert.deepEqual(rows, problemCodes);
});

test("BND-01: a zip without competition.yaml is refused (B-1)", () => {
  const problem = missingYaml(["data/a.csv", "README.md"]);
  assert.deepEqual(problem, {
    code: "BND-01",
    severity: "error",
    path: "",
    message: "The zip has no competition.yaml at its root. Put it at the root of the zip, not in a folder.",
  });
});

test("BND-01: the message names a folder around everything, but not the one that macOS adds (B-1)", () => {
  const names = ["__MACOSX/wheat/competition.yaml", "wheat/competition.yaml", "wheat/logo.png"];
  assert.match(missingYaml(names).message, /it is "wheat\/competition\.yaml"\. Zip the content of that folder/);
  assert.doesNotMatch(missingYaml(["__MACOSX/competition.yaml"]).message, /MACOSX/);
});

test("BND-01: the message names a file with another extension or case", () => {
  assert.match(missingYaml(["competition.yml"]).message, /has "competition\.yml"\. Rename it to competition\.yaml\./);
  assert.match(missingYaml(["Competition.YAML"]).message, /Rename it/);
  assert.match(missingYaml(["task.yml"], "task.yaml").message, /Rename it to task\.yaml\./);
});

const unpackerCodes: UnpackerCode[] = [
  "BND-02",
  "BND-11",
  "BND-23",
  "BND-26",
  "BND-27",
  "BND-28",
  "BND-33",
  "BND-39",
  "BND-99",
];
for (const code of unpackerCodes) {
  test(`${code} found while unpacking has a path, and a message with the detail`, () => {
    const problem = bundleProblem(code, "tasks[0].key", "this-one");
    assert.equal(problem.code, code);
    assert.equal(problem.path, "tasks[0].key");
    assert.match(problem.message, /this-one/);
    assert.equal(problem.severity, code === "BND-27" ? "warning" : "error");
    assert.equal(hasErrors([problem]), code !== "BND-27");
  });
}

test("quoted text is on one line, without control characters, and shortened", () => {
  const { message } = bundleProblem("BND-11", "", `a\n\u0000\u001b[31m\ud800${"x".repeat(5000)}`);
  assert.match(message, /^You have no dataset with the key "a {1,2}.*…", and no public dataset has it\.$/);
  assert.doesNotMatch(message, /[\p{Cc}]/u);
  assert.ok(message.length < 160 && message.isWellFormed());
});
