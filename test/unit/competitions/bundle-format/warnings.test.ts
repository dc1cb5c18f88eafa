/**
 * Bundles that are accepted with a warning. Each case makes one change to a valid bundle and expects one warning with
 * its path.
 */
import assert from "node:assert/strict";
import { describe, test } from "@jest/globals";
import { change, firstMessage, parse, version2, warnings } from "./fixture.ts";

type Case = [code: string, rule: string, from: string, to: string, path: string];

const question = (more: string): string =>
  `title: Wheat seeds\nfact_sheet: {q: {key: q, title: T, is_on_leaderboard: "false", ${more}}}`;
const lastColumn = "        index: 1\n";

const cases: Case[] = [
  [
    "BND-27",
    "a queue whose id is not a UUID is replaced by the default queue (B-24)",
    "version: 2",
    "version: 2\nqueue: gpu",
    "queue",
  ],
  [
    "BND-54",
    "a flag of a question is true only as the text true (B-61)",
    "title: Wheat seeds",
    question('type: text, selection: "", is_required: true'),
    "fact_sheet.q.is_required",
  ],
  [
    "BND-55",
    "a select needs choices",
    "title: Wheat seeds",
    question('type: select, selection: "", is_required: "false"'),
    "fact_sheet.q.selection",
  ],
  [
    "BND-68",
    "indexes without a computation are ignored (B-76)",
    lastColumn,
    `${lastColumn}        computation: null\n        computation_indexes: [0]\n`,
    "leaderboards[0].columns[1].computation_indexes",
  ],
  [
    "BND-69",
    "without a column 0, the column with the lowest index ranks first (B-75)",
    "index: 0\n      - title: Duration\n        key: duration\n        index: 1",
    "index: 2\n      - title: Duration\n        key: duration\n        index: 1",
    "leaderboards[0]",
  ],
  ["BND-90", "a key that occurs twice (B-11)", "title: Wheat seeds", "title: Wheat\ntitle: Wheat seeds", ""],
  [
    "BND-91",
    "a key that is misspelled",
    "version: 2",
    "version: 2\nregistration_autoapprove: true",
    "registration_autoapprove",
  ],
  ["BND-91", "a key with letters swapped", "version: 2", "version: 2\ndescirption: text", "descirption"],
  ["BND-91", "a key in upper case", "version: 2", "version: 2\nDescription: text", "Description"],
  ["BND-91", "a key with dashes", "version: 2", "version: 2\ndocker-image: me/mine", "docker-image"],
  [
    "BND-91",
    "a key of version 1.5",
    "version: 2",
    "version: 2\ncompetition_docker_image: me/mine",
    "competition_docker_image",
  ],
  [
    "BND-91",
    "a key of the API",
    "tasks: [1]",
    "tasks: [1]\n    max_submissions_per_person: 3",
    "phases[1].max_submissions_per_person",
  ],
  [
    "BND-91",
    "a misspelled key in a column",
    lastColumn,
    `${lastColumn}        sortin: asc\n`,
    "leaderboards[0].columns[1].sortin",
  ],
  [
    "BND-91",
    "a misspelled key in a task",
    "solutions:",
    "    ingestion_programm: data\nsolutions:",
    "tasks[1].ingestion_programm",
  ],
  ...[
    "submission_rule: Add",
    "max_submissions_per_day: 3",
    "end_date: 2027-01-01",
    "execution_time_limit: 5",
    "scoring_program: scoring_program",
  ].map((line): Case => [
    "BND-91",
    `${line} at the top level`,
    "version: 2",
    `version: 2\n${line}`,
    line.slice(0, line.indexOf(":")),
  ]),
  ...["docker_image: a/b", "public_data: reference.zip", "starting_kit: reference.zip", "solutions: [0]"].map(
    (line): Case => [
      "BND-91",
      `${line} in a task`,
      "solutions:\n  - index",
      `    ${line}\nsolutions:\n  - index`,
      `tasks[1].${line.slice(0, line.indexOf(":"))}`,
    ],
  ),
  ...["format: 3", "default_sort: asc", "submission_rule: Add"].map((line): Case => [
    "BND-91",
    `${line} in a column`,
    lastColumn,
    `${lastColumn}        ${line}\n`,
    `leaderboards[0].columns[1].${line.slice(0, line.indexOf(":"))}`,
  ]),
  [
    "BND-92",
    "a number instead of a text is written as Python writes it (B-14)",
    "title: Wheat seeds",
    "title: 1.10",
    "title",
  ],
  [
    "BND-93",
    "a submission rule of a further leaderboard (B-70)",
    "leaderboards:",
    "leaderboards:\n  - {title: A, key: a, submission_rule: Force_Last, columns: [{title: B, key: b, index: 0}]}\n  - {title: C, key: c, submission_rule: Add, columns: [{title: B, key: b, index: 0}]}",
    "leaderboards[1].submission_rule",
  ],
  ["BND-93", "settings that are made on the platform (B-23)", "version: 2", "version: 2\npublished: true", "published"],
];
for (const [code, rule, from, to, path] of cases) {
  test(`${code}: ${rule}`, () => {
    assert.deepEqual(warnings(change(version2, from, to)), [`${code} ${path}`.trim()]);
  });
}

test("a key that is known nowhere is ignored with a warning (B-12)", () => {
  const text = change(version2, "version: 2", "version: 2\nsponsor: us");
  assert.deepEqual(warnings(text), ["BND-91 sponsor"]);
  assert.equal(firstMessage(text), '"sponsor" is not a known key, so it is ignored. Check the spelling, or remove it.');
});

test("anchors, notes and ids of a database give no warning (B-12)", () => {
  assert.deepEqual(warnings(change(version2, "version: 2", "version: 2\nx-limits: 1\n_note: 2\nid: 7")), []);
});

describe("the warning about an unknown key suggests the one that is meant (B-12)", () => {
  const phase = "tasks: [1]\n";
  const board = "    key: main\n";
  const cases: [where: string, indent: string, line: string, meant: string][] = [
    ["version: 2\n", "", "auto_approve: true", "registration_auto_approve"],
    ["version: 2\n", "", "docker: a/b", "docker_image"],
    ["version: 2\n", "", "image_docker: a/b", "docker_image"],
    [phase, "    ", "automigrate: true", "auto_migrate_to_this_phase"],
    [phase, "    ", "auto_migrate: true", "auto_migrate_to_this_phase"],
    [phase, "    ", "submissions_per_day: 20", "max_submissions_per_day"],
    [phase, "    ", "time_limit: 20", "execution_time_limit"],
    [board, "    ", "primary: 3", "primary_index"],
    [board, "    ", "primary_column: 3", "primary_index"],
    [board, "    ", "rule: Force_Best", "submission_rule"],
    [board, "    ", "task_ranking: average_rank", "multi_task_ranking"],
    [lastColumn, "        ", "hide: true", "hidden"],
  ];
  for (const [where, indent, line, meant] of cases)
    test(`${line}: ${meant}`, () => {
      const message = firstMessage(change(version2, where, `${where}${indent}${line}\n`));
      assert.match(message, new RegExp(`so it is ignored\\. Did you mean ${meant}\\?$`));
    });

  test("score_program, beside the error that scoring_program is missing", () => {
    const text = version2.replace("    scoring_program: scoring_program/", "    score_program: scoring_program/");
    const { problems } = parse(text);
    assert.deepEqual(
      problems.map(({ code, path }) => `${code} ${path}`),
      ["BND-34 tasks[0]", "BND-91 tasks[0].score_program"],
    );
    assert.match(problems[1]!.message, /Did you mean scoring_program\?$/);
  });
});

test("keys that dumps and old bundles contain are not reported as misspelled", () => {
  const text = version2
    .replace("    name: Final task\n", "    name: Final task\n    is_public: false\n")
    .replace("tasks: [1]\n", "tasks: [1]\n    solutions: []\n    accepts_only_result_submissions: true\n")
    .replace("  - title: Results\n", "  - index: 0\n    title: Results\n");
  assert.deepEqual(warnings(text), []);
});

test("the warning about a misspelled key suggests the right one (B-12)", () => {
  const message = firstMessage(change(version2, "version: 2", "version: 2\nregistration_autoapprove: true"));
  assert.equal(
    message,
    '"registration_autoapprove" is not a known key, so it is ignored. Did you mean registration_auto_approve?',
  );
});

test("the warning about a key in the wrong place names the right one (B-12)", () => {
  for (const [line, place] of [
    ["submission_rule: Add", "in the leaderboard"],
    ["hide_output: true", "in each phase"],
    ["input_data: reference.zip", "in each task"],
    ["precision: 3", "in each column of the leaderboard"],
  ])
    assert.match(
      firstMessage(change(version2, "version: 2", `version: 2\n${line}`)),
      new RegExp(`Write it ${place}\\.$`),
    );
  const inTask = change(version2, "solutions:\n  - index", "    docker_image: a/b\nsolutions:\n  - index");
  assert.match(firstMessage(inTask), /Write it at the top level of competition\.yaml\.$/);
});

test("a key without a value that is unknown here gives no warning", () => {
  assert.deepEqual(warnings(change(version2, "version: 2", "version: 2\nend_date:\nsubmission_rule: null")), []);
});

test("the warning about a repeated key names it (BND-90)", () => {
  const message = firstMessage(change(version2, "title: Wheat seeds", "title: Wheat\ntitle: Wheat seeds"));
  assert.match(message, /^The key "title" occurs twice in the same mapping \(line 3, column 1/);
});

test("a key that is present is not suggested for a misspelled one", () => {
  assert.doesNotMatch(firstMessage(change(version2, "version: 2", "version: 2\ntitles: more")), /Did you mean/);
});

test("the message about a missing zip suggests the folder of that name, and the other way round", () => {
  const result = firstMessage(change(version2, "reference.zip", "reference"));
  assert.match(result, /There is a file "reference.zip"\. Write that instead\.$/);
});
