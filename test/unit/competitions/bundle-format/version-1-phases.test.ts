/** The phases of bundles of version 1: their order and ends, and parallel phases of version 1.8. */
import assert from "node:assert/strict";
import { test } from "@jest/globals";
import { accepted, change, parse, version15, warnings } from "./fixture.ts";

test("what is true of several phases is said once", () => {
  const text = version15.replaceAll("    max_submissions_per_day: 5\n", "");
  const result = parse(text);
  assert.deepEqual(warnings(text), ["BND-76 phases.1"]);
  assert.match(result.problems[0]!.message, /CodaLab allowed 999\. The same applies in another place\.$/);
});

test("a rule that all phases have is not reported as a rule of some phases", () => {
  const all = (setting: string): string =>
    change(
      change(version15, "label: First", `label: First\n    ${setting}`),
      "label: Second",
      `label: Second\n    ${setting}`,
    );
  assert.deepEqual(warnings(all("force_best_submission_to_leaderboard: true")), []);
});

test("nothing is reported about the end of a single phase", () => {
  const second = version15.slice(version15.indexOf("  2:\n"), version15.indexOf("leaderboard:"));
  assert.deepEqual(warnings(change(version15, second, "")), []);
});

test("phases are ordered by number, and each ends a second before the next one starts (B-94, B-95)", () => {
  const phase = (number: number, start: string): string =>
    `  p${number}: {phasenumber: ${number}, label: L${number}, start_date: ${start}, scoring_program: program.zip}\n`;
  const phases = version15.slice(version15.indexOf("phases:"), version15.indexOf("leaderboard:"));
  const text = change(
    version15,
    phases,
    `phases:\n${phase(3, "2026-03-01 12:00:00")}${phase(1, "2026-01-01")}${phase(2, "2026-02-01")}`,
  );
  assert.deepEqual(
    accepted(text).phases.map(({ name, end }) => [name, end?.toISOString()]),
    [
      ["L1", "2026-01-31T23:59:59.000Z"],
      ["L2", "2026-03-01T11:59:59.000Z"],
      ["L3", "2026-12-31T00:00:00.000Z"],
    ],
  );
});

const withPhases = (...phases: string[]): string => {
  const before = version15.slice(version15.indexOf("phases:"), version15.indexOf("leaderboard:"));
  return change(
    version15,
    before,
    `phases:\n${phases.map((phase, i) => `  ${i + 1}: {phasenumber: ${i + 1}, ${phase}}\n`).join("")}`,
  );
};

const parallel = (parent: string, child: string): string =>
  withPhases(
    `label: Parent, start_date: 2026-01-01${parent}`,
    `label: A, start_date: 2026-01-01, scoring_program: program.zip${child}`,
    `label: B, start_date: 2026-02-01, scoring_program: program.zip${child}`,
  );

test("version 1.8: the parent of sequential phases is dropped (B-100)", () => {
  for (const text of [
    parallel(", is_parallel_parent: True", ""),
    parallel("", ", parent_phasenumber: 1"),
    parallel("", ", parent_phasenumber: 9"),
  ]) {
    assert.deepEqual(
      accepted(text).phases.map(({ name, tasks }) => [name, tasks]),
      [
        ["A", [0]],
        ["B", [1]],
      ],
    );
    assert.deepEqual(
      accepted(text).tasks.map((task) => Reflect.get(task, "name")),
      ["A Task", "B Task"],
    );
    assert.ok(warnings(text).includes("BND-75 phases.1"));
  }
});

test("version 1.8: parallel phases become the tasks of their parent (B-100)", () => {
  const text = withPhases(
    "label: Parent, start_date: 2025-12-01, is_parallel_parent: true, scoring_program: program.zip, max_submissions: 7",
    "label: A, start_date: 2026-01-01, parent_phasenumber: 1, scoring_program: program.zip, execution_time_limit: 90",
    "label: B, start_date: 2026-01-01 00:00:00, parent_phasenumber: 1, scoring_program: program.zip, execution_time_limit: 120, leaderboard_management_mode: hide_results",
  );
  const { phases, tasks } = accepted(text);
  assert.deepEqual(
    phases.map((phase) => [
      phase.name,
      phase.tasks,
      phase.start.toISOString(),
      phase.maxSubmissionsPerPerson,
      phase.executionTimeLimit,
      phase.blind,
    ]),
    [["Parent", [0, 1], "2026-01-01T00:00:00.000Z", 7, 120, true]],
  );
  assert.deepEqual(
    tasks.map((task) => Reflect.get(task, "name")),
    ["A Task", "B Task"],
  );
  assert.deepEqual(
    warnings(text).filter((warning) => warning.includes("phases.1")),
    ["BND-74 phases.1", "BND-75 phases.1.scoring_program", "BND-76 phases.1"],
  );
});

test("version 1.8: the parent may have the number 0 (B-100)", () => {
  const numbered = (parent: string) =>
    withPhases(
      `label: Parent, start_date: 2025-12-01${parent}`,
      "label: A, start_date: 2026-01-01, parent_phasenumber: 0, scoring_program: program.zip",
      "label: B, start_date: 2026-01-01, parent_phasenumber: 0, scoring_program: program.zip",
    ).replaceAll(/phasenumber: ([123]),/g, (_, number: string) => `phasenumber: ${Number(number) - 1},`);
  for (const parent of [", is_parallel_parent: true", ", is_parallel_parent: true, parent_phasenumber: 0", ""])
    assert.deepEqual(
      accepted(numbered(parent)).phases.map(({ name, tasks }) => [name, tasks]),
      [["Parent", [0, 1]]],
      parent,
    );
  const unrelated = numbered(", parent_phasenumber: 0, scoring_program: program.zip").replace(
    "label: B, start_date: 2026-01-01",
    "label: B, start_date: 2026-02-01",
  );
  assert.deepEqual(
    accepted(unrelated).phases.map(({ name }) => name),
    ["Parent", "A", "B"],
    "a 0 in every phase means no parent",
  );
});

test("version 1.8: a parent that is not the first phase is dropped as well (B-100)", () => {
  const text = parallel("", "")
    .replace("label: B", "label: B, is_parallel_parent: true")
    .replace("label: Parent, ", "label: First, ");
  assert.deepEqual(
    accepted(text).phases.map(({ name }) => name),
    ["First", "A"],
  );
});
