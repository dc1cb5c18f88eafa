/** Bundles that are refused. Each case makes one change to a valid bundle and expects one error with its path. */
import assert from "node:assert/strict";
import { test } from "@jest/globals";
import { problemCodes } from "../../../../lambdas/competitions/rules/bundle-format/problems.ts";
import { accepted, change, errors, parse, uuid, version15, version2 } from "./fixture.ts";

type Case = [code: string, rule: string, from: string, to: string, path: string];

const column = (more: string): string => `      - title: Duration
        key: duration
        index: 1
${more}`;
const duration = column("");
const long = (length: number): string => "x".repeat(length);
const sheet = (question: string): string => `title: Wheat seeds\nfact_sheet:\n  q: ${question}`;
const question = (type: string, key = "q"): string =>
  `{key: ${key}, type: ${type}, title: T, selection: "", is_required: "false", is_on_leaderboard: "false"}`;

const ofVersion2: Case[] = [
  ["BND-03", "an unknown version is refused", "version: 2", "version: 3", "version"],
  ["BND-03", "version 2.0 is not version 2 (B-20)", "version: 2", "version: 2.0", "version"],
  ["BND-03", "a version without a value is refused", "version: 2", "version:", "version"],

  ["BND-10", "a path that is not in the bundle is refused", "reference.zip", "nowhere.zip", "tasks[0].reference_data"],
  ["BND-10", "paths are case-sensitive (B-2)", "reference.zip", "Reference.zip", "tasks[0].reference_data"],
  ["BND-10", "an empty path does not mean the whole bundle (B-6)", "reference.zip", '""', "tasks[0].reference_data"],
  ["BND-10", "a dot does not mean the whole bundle (B-6)", "reference.zip", "./", "tasks[0].reference_data"],
  ["BND-12", "an absolute path is refused (B-4)", "reference.zip", "/etc/passwd", "tasks[0].reference_data"],
  [
    "BND-12",
    "a path that leaves the bundle is refused (B-4)",
    "reference.zip",
    "../reference.zip",
    "tasks[0].reference_data",
  ],
  [
    "BND-12",
    "a path that contains .. is refused even if it stays inside",
    "reference.zip",
    "data/../reference.zip",
    "tasks[0].reference_data",
  ],
  ["BND-12", "a path with backslashes is refused (B-4)", "reference.zip", "data\\train.csv", "tasks[0].reference_data"],
  ["BND-12", "a path with a drive is refused (B-4)", "reference.zip", "C:/reference.zip", "tasks[0].reference_data"],
  ["BND-12", "a logo outside of the bundle is refused", "logo.png", "../logo.png", "image"],
  ["BND-20", "a path must be a text", "reference.zip", "[reference.zip]", "tasks[0].reference_data"],

  ["BND-20", "a title is required", "title: Wheat seeds\n", "", "title"],
  ["BND-20", "a title may not be null", "title: Wheat seeds", "title: ~", "title"],
  ["BND-20", "a title may not be empty", "title: Wheat seeds", "title: '  '", "title"],
  ["BND-20", "a title has at most 256 characters", "title: Wheat seeds", `title: ${long(257)}`, "title"],
  ["BND-20", "a title may not be a boolean (B-14)", "title: Wheat seeds", "title: Yes", "title"],
  ["BND-20", "a title may not be a date (B-14)", "title: Wheat seeds", "title: 2026-01-01", "title"],
  ["BND-20", "a title may not be a list", "title: Wheat seeds", "title: [Wheat]", "title"],
  ["BND-20", "a text may not contain NUL (B-17)", "title: Wheat seeds", 'title: "Wheat\\0seeds"', "title"],
  ["BND-20", "a text may not contain half a surrogate pair (B-17)", "title: Wheat seeds", 'title: "\\ud800"', "title"],
  [
    "BND-20",
    "an image name has at most 128 characters",
    "version: 2",
    `version: 2\ndocker_image: ${long(129)}`,
    "docker_image",
  ],
  ["BND-20", "a reward has at most 256 characters", "version: 2", `version: 2\nreward: ${long(257)}`, "reward"],
  [
    "BND-20",
    "the competition type must be competition or benchmark",
    "version: 2",
    "version: 2\ncompetition_type: challenge",
    "competition_type",
  ],
  [
    "BND-20",
    "a contact must be a mail address",
    "version: 2",
    "version: 2\ncontact_email: me at example",
    "contact_email",
  ],
  ["BND-20", "a flag must be a boolean (B-15)", "version: 2", "version: 2\nforum_enabled: perhaps", "forum_enabled"],
  [
    "BND-20",
    "a flag may not be a number other than 0 or 1 (B-15)",
    "version: 2",
    "version: 2\nforum_enabled: 2",
    "forum_enabled",
  ],
  ["BND-20", "a page needs a title", "title: Overview", "title: null", "pages[0].title"],
  ["BND-20", "a page needs a file", "    file: pages/overview.md\n", "", "pages[0].file"],
  [
    "BND-20",
    "a page must be a mapping",
    "- title: Overview\n    file: pages/overview.md",
    "- pages/overview.md",
    "pages[0]",
  ],
  [
    "BND-20",
    "pages must be a list",
    "pages:\n  - title: Overview\n    file: pages/overview.md",
    "pages: {a: b}",
    "pages",
  ],
  ["BND-20", "a task needs a name (B-32)", "    name: Final task\n", "", "tasks[1].name"],
  ["BND-20", "a phase needs a name (B-40)", "  - name: Final\n    start", "  - start", "phases[1].name"],
  ["BND-20", "a phase's name has at most 256 characters", "name: Final\n", `name: ${long(257)}\n`, "phases[1].name"],
  [
    "BND-20",
    "a limit may not be negative",
    "tasks: [1]",
    "tasks: [1]\n    max_submissions: -1",
    "phases[1].max_submissions",
  ],
  [
    "BND-20",
    "a limit must be a whole number (B-16)",
    "tasks: [1]",
    "tasks: [1]\n    max_submissions: 1.5",
    "phases[1].max_submissions",
  ],
  [
    "BND-20",
    "a limit may not exceed 2147483647 (B-16)",
    "tasks: [1]",
    "tasks: [1]\n    max_submissions: 2147483648",
    "phases[1].max_submissions",
  ],
  [
    "BND-20",
    "a limit may not be a boolean",
    "tasks: [1]",
    "tasks: [1]\n    max_submissions: true",
    "phases[1].max_submissions",
  ],
  [
    "BND-20",
    "a time limit must be a number",
    "tasks: [1]",
    "tasks: [1]\n    execution_time_limit: 10 minutes",
    "phases[1].execution_time_limit",
  ],
  ["BND-20", "a leaderboard needs a title", "  - title: Results\n    key", "  - key", "leaderboards[0].title"],
  [
    "BND-20",
    "a leaderboard's title has at most 64 characters (B-71)",
    "title: Results",
    `title: ${long(65)}`,
    "leaderboards[0].title",
  ],
  ["BND-20", "a leaderboard's key has at most 36 characters", "key: main", `key: ${long(37)}`, "leaderboards[0].key"],
  [
    "BND-20",
    "a column's title has at most 36 characters",
    "title: Accuracy",
    `title: ${long(37)}`,
    "leaderboards[0].columns[0].title",
  ],
  [
    "BND-20",
    "a column's key has at most 36 characters",
    "key: accuracy",
    `key: ${long(37)}`,
    "leaderboards[0].columns[0].key",
  ],
  ["BND-20", "a column needs an index", "        index: 1\n", "", "leaderboards[0].columns[1].index"],
  [
    "BND-20",
    "a column sorts desc or asc",
    duration,
    column("        sorting: Desc\n"),
    "leaderboards[0].columns[1].sorting",
  ],
  [
    "BND-20",
    "a precision is at most 100 (B-77)",
    duration,
    column("        precision: 101\n"),
    "leaderboards[0].columns[1].precision",
  ],
  [
    "BND-20",
    "a precision is at least -10 (B-77)",
    duration,
    column("        precision: -11\n"),
    "leaderboards[0].columns[1].precision",
  ],
  [
    "BND-20",
    "a computation is avg, sum, min or max",
    duration,
    column("        computation: mean\n        computation_indexes: [0]\n"),
    "leaderboards[0].columns[1].computation",
  ],

  ["BND-21", "a logo is required", "image: logo.png\n", "", "image"],
  ["BND-22", "the logo must be in the bundle", "logo.png", "icon.png", "image"],
  ["BND-22", "the logo must be a file", "logo.png", "data", "image"],
  ["BND-24", "terms are required", "terms: terms.md\n", "", "terms"],
  ["BND-25", "the terms must be in the bundle", "terms: terms.md", "terms: rules.md", "terms"],
  ["BND-25", "a page must be in the bundle (B-25)", "pages/overview.md", "pages/none.md", "pages[0].file"],
  ["BND-26", "the terms may not be empty", "terms: terms.md", "terms: empty.md", "terms"],
  ["BND-26", "a page may not be empty (B-25)", "pages/overview.md", "empty.md", "pages[0].file"],

  [
    "BND-31",
    "a task needs an index",
    "solutions:",
    "  - name: Third\n    scoring_program: scoring_program/\nsolutions:",
    "tasks[2]",
  ],
  [
    "BND-32",
    "two tasks may not have the same index (B-30)",
    "solutions:",
    "  - index: 1.0\n    name: Third\n    scoring_program: scoring_program/\nsolutions:",
    "tasks[2].index",
  ],
  ["BND-33", "a task's key must be a UUID", "index: 1\n    name", "index: 1\n    key: mine\n    name", "tasks[1].key"],
  [
    "BND-34",
    "a task needs a scoring program (B-32)",
    "    scoring_program: scoring_program/\nsolutions",
    "solutions",
    "tasks[1]",
  ],
  ["BND-35", "a solution needs an index (B-33)", "  - index: 0\n    path", "  - path", "solutions[0]"],
  [
    "BND-36",
    "a solution needs tasks (B-33)",
    "    path: solution/\n    tasks: [0]",
    "    path: solution/",
    "solutions[0]",
  ],
  [
    "BND-37",
    "a solution's tasks must exist",
    "solution/\n    tasks: [0]",
    "solution/\n    tasks: [7]",
    "solutions[0].tasks[0]",
  ],
  ["BND-38", "a solution needs a path (B-33)", "    path: solution/\n", "", "solutions[0]"],
  ["BND-39", "a solution's key must be a UUID", "    path: solution/\n", "    key: mine\n", "solutions[0].key"],

  ["BND-42", "a phase without an end before a later phase is refused (B-41)", "    end: 2026-06-30\n", "", "phases[0]"],
  ["BND-43", "a phase needs tasks", "    tasks: [1]\n", "", "phases[1]"],
  ["BND-43", "a phase needs at least one task (B-46)", "tasks: [1]", "tasks: []", "phases[1]"],
  [
    "BND-44",
    "submissions cannot migrate to the first phase (B-43)",
    "    end: 2026-06-30",
    "    end: 2026-06-30\n    auto_migrate_to_this_phase: true",
    "phases[0].auto_migrate_to_this_phase",
  ],
  [
    "BND-45",
    "a phase may not start before the one before it ends (B-41)",
    "end: 2026-06-30",
    "end: 2026-07-02",
    "phases[1].start",
  ],
  [
    "BND-46",
    "a phase may not start at the moment the one before it ends (B-41)",
    "end: 2026-06-30",
    "end: 2026-07-01",
    "phases[1].start",
  ],

  [
    "BND-50",
    "a question must have all six keys (B-60)",
    "title: Wheat seeds",
    sheet("{key: q, type: text, title: T, selection: ''}"),
    "fact_sheet.q",
  ],
  [
    "BND-50",
    "a question may not have other keys (B-60)",
    "title: Wheat seeds",
    sheet(question("text").replace("{", "{hint: no, ")),
    "fact_sheet.q",
  ],
  [
    "BND-51",
    "a question's key must equal the name of its entry (B-60)",
    "title: Wheat seeds",
    sheet(question("text", "other")),
    "fact_sheet.q.key",
  ],
  [
    "BND-52",
    "a question's type is checkbox, text or select",
    "title: Wheat seeds",
    sheet(question("number")),
    "fact_sheet.q.type",
  ],
  [
    "BND-53",
    "a fact sheet must be a mapping",
    "title: Wheat seeds",
    "title: Wheat seeds\nfact_sheet: [a]",
    "fact_sheet",
  ],
  [
    "BND-53",
    "a fact sheet may not be true",
    "title: Wheat seeds",
    "title: Wheat seeds\nfact_sheet: true",
    "fact_sheet",
  ],
  ["BND-53", "a question must be a mapping", "title: Wheat seeds", sheet("text"), "fact_sheet.q"],
  [
    "BND-20",
    "a selection must be valid in JSON (B-62)",
    "title: Wheat seeds",
    sheet(question("text").replace('selection: ""', "selection: [2026-01-01]")),
    "fact_sheet.q.selection[0]",
  ],
  [
    "BND-20",
    "a selection may not contain NaN or infinity (B-62)",
    "title: Wheat seeds",
    sheet(question("text").replace('selection: ""', "selection: .nan")),
    "fact_sheet.q.selection",
  ],

  [
    "BND-20",
    "a rule for several tasks is one of the known ones (B-78)",
    "key: main",
    "key: main\n    multi_task_ranking: average",
    "leaderboards[0].multi_task_ranking",
  ],
  [
    "BND-20",
    "chosen_task needs ranking_tasks (B-78)",
    "key: main",
    "key: main\n    multi_task_ranking: chosen_task",
    "leaderboards[0].ranking_tasks",
  ],
  [
    "BND-99",
    "ranking_tasks are tasks of phases (B-78)",
    "key: main",
    "key: main\n    multi_task_ranking: chosen_task\n    ranking_tasks: [0, 7]",
    "leaderboards[0].ranking_tasks[1]",
  ],
  ["BND-60", "a leaderboard is required", version2.slice(version2.indexOf("leaderboards:")), "", "leaderboards"],
  [
    "BND-60",
    "an empty list of leaderboards is refused",
    version2.slice(version2.indexOf("leaderboards:")),
    "leaderboards: []\n",
    "leaderboards",
  ],
  ["BND-60", "leaderboard instead of leaderboards is refused", "leaderboards:", "leaderboard:", "leaderboards"],
  [
    "BND-61",
    "a submission rule must be a known one (B-71)",
    "key: main",
    "key: main\n    submission_rule: Force Last",
    "leaderboards[0].submission_rule",
  ],
  [
    "BND-62",
    "a leaderboard needs columns",
    version2.slice(version2.indexOf("    columns:")),
    "",
    "leaderboards[0].columns",
  ],
  [
    "BND-62",
    "a leaderboard needs at least one column",
    version2.slice(version2.indexOf("    columns:")),
    "    columns: []\n",
    "leaderboards[0].columns",
  ],
  [
    "BND-63",
    "two columns may not have the same key (B-72)",
    "key: duration",
    "key: accuracy",
    "leaderboards[0].columns[1].key",
  ],
  [
    "BND-64",
    "two columns may not have the same index (B-72)",
    "        index: 1\n",
    "        index: '0'\n",
    "leaderboards[0].columns[1].index",
  ],
  [
    "BND-65",
    "a computation needs indexes (B-73)",
    duration,
    column("        computation: avg\n"),
    "leaderboards[0].columns[1].computation",
  ],
  [
    "BND-65",
    "a computation needs at least one index (B-74)",
    duration,
    column("        computation: avg\n        computation_indexes: []\n"),
    "leaderboards[0].columns[1].computation",
  ],
  [
    "BND-66",
    "a computation's indexes must be those of columns (B-73)",
    duration,
    column("        computation: avg\n        computation_indexes: [5]\n"),
    "leaderboards[0].columns[1].computation_indexes[0]",
  ],
  [
    "BND-67",
    "a column may not be computed from itself",
    duration,
    column("        computation: avg\n        computation_indexes: [0, 1]\n"),
    "leaderboards[0].columns[1].computation_indexes[1]",
  ],
  [
    "BND-68",
    "indexes need a computation",
    duration,
    column("        computation_indexes: [0]\n"),
    "leaderboards[0].columns[1].computation_indexes",
  ],
  [
    "BND-63",
    "two leaderboards must not have the same key (B-70)",
    "leaderboards:",
    "leaderboards:\n  - {title: A, key: main, columns: [{title: B, key: accuracy, index: 0}]}",
    "leaderboards[1].key",
  ],
  [
    "BND-62",
    "each leaderboard needs columns (B-71)",
    "leaderboards:",
    "leaderboards:\n  - {title: A, key: a, columns: [{title: B, key: b, index: 0}]}\n  - {title: C, key: c}",
    "leaderboards[1].columns",
  ],
  [
    "BND-69",
    "the primary index must be that of a column (B-75)",
    "key: main",
    "key: main\n    primary_index: 2",
    "leaderboards[0].primary_index",
  ],

  ["BND-70", "a file that looks like version 2 but has no version is refused (B-21)", "version: 2\n", "", "version"],

  [
    "BND-99",
    "pages are required, if only as an empty list",
    "pages:\n  - title: Overview\n    file: pages/overview.md\n",
    "",
    "pages",
  ],
  ["BND-99", "a phase needs a start", "    start: 2026-07-01\n", "", "phases[1].start"],
  ["BND-99", "a date that cannot be read is refused", "start: 2026-07-01", "start: next week", "phases[1].start"],
  [
    "BND-99",
    "a day that does not exist is refused (B-57)",
    "start: 2026-07-01",
    "start: 2026-02-30",
    "phases[1].start",
  ],
  ["BND-99", "a number is not a date", "start: 2026-07-01", "start: 20260701", "phases[1].start"],
  ["BND-99", "a phase's tasks must exist", "tasks: [1]", "tasks: [1, 9]", "phases[1].tasks[1]"],
  ["BND-99", "a text does not match a task index that is a number", "tasks: [1]", "tasks: ['1']", "phases[1].tasks[0]"],
  ["BND-99", "invalid YAML is refused", "title: Wheat seeds", "title: Wheat: seeds", ""],
  [
    "BND-99",
    "tags for Python objects are refused (B-13)",
    "title: Wheat seeds",
    "title: !!python/object/apply:os.system [ls]",
    "",
  ],
];

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
