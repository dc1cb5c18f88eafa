/** Bundles that are refused. Each case makes one change to a valid bundle and expects one error with its path. */
import assert from "node:assert/strict";
import { test } from "@jest/globals";
import { problemCodes } from "../../../../lambdas/competitions/rules/bundle-format/problems.ts";
import { accepted, change, errors, parse, uuid, version15, version2 } from "./fixture.ts";
import { long, ofVersion2, type Case } from "./refusals-of-version-2.ts";

const ofVersion15: Case[] = [
  ["BND-20", "a phase needs a label", "    label: Second\n", "", "phases.2.label"],
  ["BND-20", "a phase needs a phasenumber", "    phasenumber: 2\n", "", "phases.2.phasenumber"],
  [
    "BND-20",
    "a column must name its leaderboard",
    "      label: Correct answers\n      rank: 1\n",
    "    other: {label: Other}\n",
    "leaderboard.columns.other.leaderboard",
  ],
  [
    "BND-20",
    "a column's key has at most 36 characters, because scores refer to it",
    "    correct:\n",
    `    ${long(37)}:\n`,
    `leaderboard.columns.${long(37)}`,
  ],
  [
    "BND-20",
    "phases must be a mapping",
    version15.slice(version15.indexOf("phases:"), version15.indexOf("leaderboard:")),
    "phases: [{phasenumber: 1}]\n",
    "phases",
  ],
  ["BND-21", "a logo is required", "image: logo.png\n", "", "image"],
  ["BND-25", "a page must be in the bundle (B-25)", "pages/overview.md", "overview.html", "html.overview"],
  ["BND-25", "the terms must be in the bundle", "terms: terms.md", "terms: terms.html", "html.terms"],
  [
    "BND-40",
    "phases are required",
    version15.slice(version15.indexOf("phases:"), version15.indexOf("leaderboard:")),
    "",
    "phases",
  ],
  [
    "BND-41",
    "at least one phase is required",
    version15.slice(version15.indexOf("phases:"), version15.indexOf("leaderboard:")),
    "phases: {}\n",
    "phases",
  ],
  ["BND-60", "a leaderboard is required", version15.slice(version15.indexOf("leaderboard:")), "", "leaderboard"],
  [
    "BND-62",
    "the leaderboard must have a column that names it",
    "leaderboard: *RESULTS",
    "leaderboard: {label: Others}",
    "leaderboard.leaderboards.Results",
  ],
  ["BND-70", "html is required", "html:\n  overview: pages/overview.md\n  terms: terms.md\n", "", "html"],
  [
    "BND-82",
    "an image that cannot be pulled",
    "image: logo.png",
    "image: logo.png\ncompetition_docker_image: Me/Mine",
    "competition_docker_image",
  ],
  ["BND-71", "terms are required", "  terms: terms.md\n", "", "html"],
  [
    "BND-72",
    "leaderboards are required",
    "  leaderboards:\n    Results: &RESULTS\n      label: RESULTS\n      rank: 1\n  columns:\n    correct:\n      leaderboard: *RESULTS",
    "  columns:\n    correct:\n      leaderboard: {label: RESULTS}",
    "leaderboard.leaderboards",
  ],
  ["BND-99", "a phase needs a start", "    start_date: 2026-07-01\n", "", "phases.2.start_date"],
];

for (const [code, rule, from, to, path] of ofVersion2) {
  test(`${code}: ${rule}`, () => {
    assert.deepEqual(errors(change(version2, from, to)), [`${code} ${path}`.trim()]);
  });
}
for (const [code, rule, from, to, path] of ofVersion15) {
  test(`${code} in version 1.5: ${rule}`, () => {
    assert.deepEqual(errors(change(version15, from, to)), [`${code} ${path}`.trim()]);
  });
}

test("BND-30: tasks are required", () => {
  const tasks = version2.slice(version2.indexOf("tasks:"), version2.indexOf("solutions:"));
  assert.equal(errors(change(version2, tasks, ""))[0], "BND-30 tasks");
});

test("BND-40: phases are required", () => {
  const phases = version2.slice(version2.indexOf("phases:"), version2.indexOf("leaderboards:"));
  assert.deepEqual(errors(change(version2, phases, "")), ["BND-40 phases"]);
});

test("BND-41: an empty list of phases is refused", () => {
  const phases = version2.slice(version2.indexOf("phases:"), version2.indexOf("leaderboards:"));
  assert.deepEqual(errors(change(version2, phases, "phases: []\n")), ["BND-41 phases"]);
});

test("BND-44: submissions cannot migrate to the only phase", () => {
  const phases = version2.slice(version2.indexOf("phases:"), version2.indexOf("leaderboards:"));
  const one = "phases:\n  - {name: Only, start: 2026-01-01, tasks: [0], auto_migrate_to_this_phase: 'true'}\n";
  assert.deepEqual(errors(change(version2, phases, one)), ["BND-44 phases[0].auto_migrate_to_this_phase"]);
});

test("BND-99: by chosen_task, a phase with several tasks has one that ranks its rows (B-78)", () => {
  const threeTasks = change(
    version2,
    "solutions:",
    "  - {index: 2, name: Other, scoring_program: scoring_program/}\nsolutions:",
  );
  const text = change(threeTasks, "    tasks: [1]\nleaderboards", "    tasks: [1, 2]\nleaderboards");
  const ranked = (by: string) =>
    change(text, "key: main", `key: main\n    multi_task_ranking: chosen_task\n    ranking_tasks: ${by}`);
  assert.deepEqual(errors(ranked("[0]")), ["BND-99 leaderboards[0].ranking_tasks"]);
  assert.deepEqual(accepted(ranked("[2]")).leaderboard.rankingTasks, [2]);
});

test("BND-73 in version 1.5: columns are required", () => {
  const columns = version15.slice(version15.indexOf("  columns:"));
  assert.ok(errors(change(version15, columns, "")).includes("BND-73 leaderboard.columns"));
});

test("BND-99: a file without keys is refused", () => {
  for (const text of ["", "# nothing", "just words", "- a\n- b", "42"]) assert.deepEqual(errors(text), ["BND-99"]);
});

test("BND-99: several documents in one file are refused", () => {
  assert.deepEqual(errors(`${version2}---\n${version2}`), ["BND-99"]);
});

test("all problems are reported at once", () => {
  const broken = change(
    change(change(version2, "image: logo.png\n", ""), "reference.zip", "nowhere.zip"),
    "key: duration",
    "key: accuracy",
  );
  assert.deepEqual(errors(broken), [
    "BND-10 tasks[0].reference_data",
    "BND-21 image",
    "BND-63 leaderboards[0].columns[1].key",
  ]);
});

test("problems beyond a hundred are counted but not listed", () => {
  const tasks = Array.from({ length: 300 }, (_, i) => `  - {index: ${i + 10}, name: T}`).join("\n");
  const text = change(version2, "solutions:", `${tasks}\nsolutions:`);
  const listed = errors(text);
  assert.equal(listed.length, 101);
  assert.equal(listed.at(-1), "BND-99");
  assert.equal(parse(text).problems.at(-1)?.message, "There are 200 more problems. Fix these first.");
});

test("every error that YAML can cause has a case here", () => {
  const covered = new Set([...ofVersion2, ...ofVersion15].map(([code]) => code));
  const elsewhere = ["BND-01", "BND-02", "BND-11", "BND-28", "BND-30", "BND-40", "BND-41", "BND-44", "BND-73"];
  // These depend on the content of the bundle's files: see doomed-bundles.test.ts.
  const ofFiles = ["BND-13", "BND-23", "BND-14", "BND-80", "BND-81", "BND-83", "BND-84"];
  // See doubtful-programs.test.ts.
  const ofPrograms = ["BND-85", "BND-86", "BND-87", "BND-88", "BND-89"];
  const warnings = ["BND-27", "BND-29", "BND-47", "BND-48", "BND-49", "BND-54", "BND-55", "BND-74", "BND-75", "BND-76"];
  const open = problemCodes.filter(
    (code) =>
      !covered.has(code) && ![...elsewhere, ...ofFiles, ...ofPrograms, ...warnings].includes(code) && code < "BND-90",
  );
  assert.deepEqual(open, []);
});

test("a dataset key is accepted wherever a path is (B-3)", () => {
  for (const spelled of [uuid, uuid.toUpperCase(), `{${uuid}}`, uuid.replaceAll("-", "")]) {
    const text = change(version2, "reference.zip", `'${spelled}'`);
    assert.throws(() => errors(text), /must be refused/);
  }
});

test("columns that are computed from each other are refused, once for each circle (BND-67)", () => {
  const computed = (key: string, index: number, indexes: string) =>
    `      - {title: ${key}, key: ${key}, index: ${index}, computation: avg, computation_indexes: ${indexes}}\n`;
  const circle = version2 + computed("mean", 3, "[0, 4]") + computed("mx", 4, "[3, 1]") + computed("all", 5, "[4, 0]");
  assert.deepEqual(errors(circle), ["BND-67 leaderboards[0].columns[2].computation_indexes"]);
  assert.equal(
    parse(circle).problems[0]!.message,
    'The column "mean" can never be computed: it is computed from "mx", which is computed from "mean". Compute one of them from other columns.',
  );
});

test("messages quote the value that was not found", () => {
  const says = (from: string, to: string) => parse(change(version2, from, to)).problems[0]!.message;
  const rule = (name: string) => says("    key: main", `    key: main\n    submission_rule: ${name}`);
  assert.equal(rule("force_best"), '"force_best" is not a submission_rule. Write Force_Best.');
  assert.match(rule("Best"), /^"Best" is not a submission_rule\. Write Add or /);
  assert.match(says("tasks: [1]", "tasks: [2]"), /^No task has the index 2\. The indexes of the tasks are 0 and 1\.$/);
  assert.match(says("tasks: [1]", "tasks: ['1']"), /^No task has the index "1"\./);
  assert.match(
    says("    key: main", "    key: main\n    multi_task_ranking: chosen_task"),
    /^By chosen_task, ranking_tasks must list at least one task of a phase, because it ranks the rows\./,
  );
});
