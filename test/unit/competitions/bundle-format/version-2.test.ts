/** Defaults of version 2, and the values that each setting accepts. */
import assert from "node:assert/strict";
import { test } from "@jest/globals";
import { parseBundle } from "../../../../lambdas/competitions/rules/bundle-format/index.ts";
import { imageFormat } from "../../../../lambdas/kernel/objects/image-format.ts";
import { accepted, change, listing, uuid, version2, warnings, errors } from "./fixture.ts";

const withSetting = (setting: string): string => change(version2, "version: 2", `version: 2\n${setting}`);
const withPhase = (setting: string): string => change(version2, "tasks: [1]", `tasks: [1]\n    ${setting}`);
const withColumn = (setting: string): string =>
  change(version2, "        index: 1\n", `        index: 1\n        ${setting}\n`);

test("a bundle of version 2 is read completely, with defaults for missing keys (B-22, B-32, B-45, B-47, B-72)", () => {
  assert.deepEqual(accepted(version2), {
    title: "Wheat seeds",
    description: "",
    image: "logo.png",
    terms: "terms.md",
    pages: [{ title: "Overview", file: "pages/overview.md" }],
    registrationAutoApprove: false,
    dockerImage: "codalab/codalab-legacy:py37",
    queue: null,
    enableDetailedResults: false,
    showDetailedResultsInSubmissionPanel: true,
    showDetailedResultsInLeaderboard: true,
    autoRunSubmissions: true,
    canParticipantsMakeSubmissionsPublic: true,
    makeProgramsAvailable: false,
    makeInputDataAvailable: false,
    anonymousLeaderboard: false,
    liftTopFolders: false,
    enableNetwork: false,
    competitionType: "competition",
    reward: null,
    contactEmail: null,
    forumEnabled: true,
    factSheet: null,
    dumpedSettings: null,
    tasks: [
      {
        index: 0,
        name: "Development task",
        description: null,
        files: {
          scoring_program: { from: "bundle", path: "scoring_program" },
          ingestion_program: null,
          input_data: null,
          reference_data: { from: "bundle", path: "reference.zip" },
        },
        ingestionOnlyDuringScoring: false,
      },
      {
        index: 1,
        name: "Final task",
        description: null,
        files: {
          scoring_program: { from: "bundle", path: "scoring_program" },
          ingestion_program: null,
          input_data: null,
          reference_data: null,
        },
        ingestionOnlyDuringScoring: false,
      },
    ],
    solutions: [
      { index: 0, tasks: [0], name: null, description: null, key: null, file: { from: "bundle", path: "solution" } },
    ],
    phases: [
      {
        index: 0,
        name: "Development",
        description: null,
        start: new Date("2026-01-01"),
        end: new Date("2026-06-30"),
        tasks: [0],
        maxSubmissionsPerDay: 5,
        maxSubmissionsPerPerson: 100,
        executionTimeLimit: 600,
        maxSubmissionSize: null,
        autoMigrateToThisPhase: false,
        hideOutput: false,
        hidePredictionOutput: false,
        hideScoreOutput: false,
        blind: false,
        acceptsSubmissions: true,
        deleteSubmissionsExceptBestAndLast: false,
        publicData: null,
        startingKit: null,
      },
      {
        index: 1,
        name: "Final",
        description: null,
        start: new Date("2026-07-01"),
        end: null,
        tasks: [1],
        maxSubmissionsPerDay: 5,
        maxSubmissionsPerPerson: 100,
        executionTimeLimit: 600,
        maxSubmissionSize: null,
        autoMigrateToThisPhase: false,
        hideOutput: false,
        hidePredictionOutput: false,
        hideScoreOutput: false,
        blind: false,
        acceptsSubmissions: true,
        deleteSubmissionsExceptBestAndLast: false,
        publicData: null,
        startingKit: null,
      },
    ],
    furtherLeaderboards: [],
    leaderboard: {
      title: "Results",
      key: "main",
      submissionRule: "Add",
      hidden: false,
      primaryIndex: 0,
      multiTaskRanking: "best_task",
      rankingTasks: [],
      columns: [
        {
          title: "Accuracy",
          key: "accuracy",
          index: 0,
          sorting: "desc",
          precision: 2,
          hidden: false,
          computation: null,
          computationIndexes: null,
        },
        {
          title: "Duration",
          key: "duration",
          index: 1,
          sorting: "desc",
          precision: 2,
          hidden: false,
          computation: null,
          computationIndexes: null,
        },
      ],
    },
  });
  assert.deepEqual(warnings(version2), []);
});

const settings: [setting: string, field: string, value: unknown][] = [
  ["description: A text", "description", "A text"],
  ["description: ", "description", ""],
  ["registration_auto_approve: True", "registrationAutoApprove", true],
  ["registration_auto_approve: 'true'", "registrationAutoApprove", true],
  ["registration_auto_approve: yes", "registrationAutoApprove", true],
  ["registration_auto_approve: 'Y'", "registrationAutoApprove", true],
  ["registration_auto_approve: 1", "registrationAutoApprove", true],
  ["registration_auto_approve: 1.0", "registrationAutoApprove", true],
  ["registration_auto_approve: 'on'", "registrationAutoApprove", true],
  ["forum_enabled: 'False'", "forumEnabled", false],
  ["forum_enabled: 0", "forumEnabled", false],
  ["forum_enabled: f", "forumEnabled", false],
  ["forum_enabled: ", "forumEnabled", true],
  ["docker_image: me/mine:1", "dockerImage", "me/mine:1"],
  ["docker_image: ''", "dockerImage", "codalab/codalab-legacy:py37"],
  ["docker_image: null", "dockerImage", "codalab/codalab-legacy:py37"],
  [`queue: ${uuid}`, "queue", uuid],
  [`queue: ${uuid.toUpperCase()}`, "queue", uuid],
  ["queue: ''", "queue", null],
  ["enable_detailed_results: true", "enableDetailedResults", true],
  ["show_detailed_results_in_submission_panel: false", "showDetailedResultsInSubmissionPanel", false],
  ["show_detailed_results_in_leaderboard: false", "showDetailedResultsInLeaderboard", false],
  ["auto_run_submissions: false", "autoRunSubmissions", false],
  ["can_participants_make_submissions_public: false", "canParticipantsMakeSubmissionsPublic", false],
  ["make_programs_available: true", "makeProgramsAvailable", true],
  ["make_input_data_available: true", "makeInputDataAvailable", true],
  ["enable_network: true", "enableNetwork", true],
  ["anonymous_leaderboard: true", "anonymousLeaderboard", true],
  ["lift_top_folders: true", "liftTopFolders", true],
  ["competition_type: benchmark", "competitionType", "benchmark"],
  ["reward: $1000", "reward", "$1000"],
  ["reward: 1000", "reward", "1000"],
  ["contact_email: a.b+c@example.org", "contactEmail", "a.b+c@example.org"],
  ["contact_email: me@localhost", "contactEmail", "me@localhost"],
  ["contact_email: ''", "contactEmail", null],
  ["fact_sheet: {}", "factSheet", null],
  ["fact_sheet: ''", "factSheet", null],
  ["fact_sheet: []", "factSheet", null],
  ["fact_sheet: false", "factSheet", null],
  ["fact_sheet: 0", "factSheet", null],
  ["pages_are: not known", "title", "Wheat seeds"],
];
for (const [setting, field, value] of settings) {
  test(`${setting} sets ${field} to ${JSON.stringify(value)} (B-7, B-15, B-22, B-27)`, () => {
    const competition: Record<string, unknown> = { ...accepted(withSetting(setting)) };
    assert.deepEqual(competition[field], value);
  });
}

const phaseSettings: [setting: string, field: string, value: unknown][] = [
  ["max_submissions: 7", "maxSubmissionsPerPerson", 7],
  ["max_submissions: '7'", "maxSubmissionsPerPerson", 7],
  ["max_submissions: 7.0", "maxSubmissionsPerPerson", 7],
  ["max_submissions: 0", "maxSubmissionsPerPerson", null],
  ["max_submissions: null", "maxSubmissionsPerPerson", null],
  ["max_submissions_per_day: 0", "maxSubmissionsPerDay", null],
  ["max_submissions_per_day:", "maxSubmissionsPerDay", null],
  ["max_submissions_per_day: 1", "maxSubmissionsPerDay", 1],
  ["execution_time_limit: 1200", "executionTimeLimit", 1200],
  ["execution_time_limit: 20:00", "executionTimeLimit", 1200],
  ["execution_time_limit: 0", "executionTimeLimit", 600],
  ["execution_time_limit: ", "executionTimeLimit", 600],
  ["auto_migrate_to_this_phase: true", "autoMigrateToThisPhase", true],
  ["hide_output: true", "hideOutput", true],
  ["hide_prediction_output: true", "hidePredictionOutput", true],
  ["hide_score_output: true", "hideScoreOutput", true],
  ["blind: yes", "blind", true],
  ["max_submission_size: 15", "maxSubmissionSize", 15],
  ["max_submission_size: 0", "maxSubmissionSize", null],
  ["max_submission_size:", "maxSubmissionSize", null],
  ["delete_submissions_except_best_and_last: true", "deleteSubmissionsExceptBestAndLast", true],
  ["public_data: data/", "publicData", { from: "bundle", path: "data" }],
  ["public_data: null", "publicData", null],
  [`starting_kit: ${uuid}`, "startingKit", { from: "dataset", key: uuid }],
  ["starting_kit: ./data//train.csv", "startingKit", { from: "bundle", path: "data/train.csv" }],
  ["description: |\n      Some\n      lines", "description", "Some\nlines"],
];
for (const [setting, field, value] of phaseSettings) {
  test(`${setting.split("\n")[0]} in a phase sets ${field} to ${JSON.stringify(value)} (B-16, B-44, B-45, B-47, A-106, A-108, A-109)`, () => {
    const phase: Record<string, unknown> = { ...accepted(withPhase(setting)).phases[1] };
    assert.deepEqual(phase[field], value);
  });
}

const columnSettings: [setting: string, field: string, value: unknown][] = [
  ["sorting: asc", "sorting", "asc"],
  ["sorting: null", "sorting", "desc"],
  ["precision: 0", "precision", 0],
  ["precision: '4'", "precision", 4],
  ["hidden: True", "hidden", true],
  ["{computation: null, computation_indexes: null}", "computation", null],
  ["{computation: max, computation_indexes: [0]}", "computation", "max"],
  ["{computation: max, computation_indexes: ['0']}", "computationIndexes", [0]],
  ["{computation: avg, computation_indexes: '0'}", "computationIndexes", [0]],
];
for (const [setting, field, value] of columnSettings) {
  test(`${setting} in a column sets ${field} to ${JSON.stringify(value)} (B-72, B-73, B-76)`, () => {
    const lines = setting.replace(/^\{(.*), (.*)\}$/, "$1\n        $2");
    const column: Record<string, unknown> = { ...accepted(withColumn(lines)).leaderboard.columns[1] };
    assert.deepEqual(column[field], value);
  });
}

test("phases are ordered by index and renumbered from 0 (B-40)", () => {
  const text = version2
    .replace("  - name: Development\n", "  - index: 10\n    name: Development\n")
    .replace(
      "  - name: Final\n    start: 2026-07-01\n",
      "  - index: -1\n    name: Final\n    start: 2025-07-01\n    end: 2025-08-01\n",
    );
  assert.deepEqual(
    accepted(text).phases.map(({ index, name }) => ({ index, name })),
    [
      { index: 0, name: "Final" },
      { index: 1, name: "Development" },
    ],
  );
});

test("phases without an index, or with equal ones, keep the order of the file (B-40)", () => {
  const phase = (i: number): string =>
    `  - {name: P${i}, start: 2026-01-0${i}, end: 2026-01-0${i} 12:00:00, tasks: [0]}\n`;
  const phases = version2.slice(version2.indexOf("phases:"), version2.indexOf("leaderboards:"));
  const text = change(version2, phases, `phases:\n${[1, 2, 3, 4, 5].map(phase).join("")}`);
  assert.deepEqual(
    accepted(text).phases.map((p) => p.name),
    ["P1", "P2", "P3", "P4", "P5"],
  );
});

test("a task with a key is an existing task, and its other keys are ignored (B-31)", () => {
  const text = change(
    version2,
    "    name: Final task\n    scoring_program: scoring_program/\n",
    `    key: ${uuid}\n    scoring_program: nowhere\n`,
  );
  assert.deepEqual(accepted(text).tasks[1], { index: 1, key: uuid });
});

test("a task's index may be a text, which differs from the number with the same digits (B-30)", () => {
  const text = change(change(version2, "index: 1\n    name", "index: final\n    name"), "tasks: [1]", "tasks: [final]");
  assert.deepEqual(accepted(text).phases[1]?.tasks, ["final"]);
});

test("a solution with a key also keeps its file if the bundle contains it (B-34)", () => {
  const withKey = (path: string): string =>
    change(version2, "    path: solution/", `    key: ${uuid}\n    path: ${path}`);
  assert.deepEqual(accepted(withKey("solution")).solutions[0], {
    index: 0,
    tasks: [0],
    name: null,
    description: null,
    key: uuid,
    file: { from: "bundle", path: "solution" },
  });
  assert.equal(accepted(withKey("solution-7.zip")).solutions[0]?.file, null);
});

test("a solution may be a dataset", () => {
  assert.deepEqual(accepted(change(version2, "path: solution/", `path: ${uuid}`)).solutions[0]?.file, {
    from: "dataset",
    key: uuid,
  });
});

test("a file whose name is a UUID is read as a file (B-3)", () => {
  const named = { kind: (path: string) => (path === uuid ? "file" : listing.kind(path)), size: () => 1 } as const;
  const result = parseBundle(change(version2, "reference.zip", uuid), named);
  assert.ok(result.ok);
  const [task] = result.competition.tasks;
  assert.deepEqual(task && "files" in task && task.files.reference_data, { from: "bundle", path: uuid });
});

test("a fact sheet is kept as written (B-60)", () => {
  const sheet = `fact_sheet: {
    "q1": {"key": "q1", "type": "checkbox", "title": "Yes?", "selection": [True, False], "is_required": "true", "is_on_leaderboard": "false"},
"q2": {"key": "q2", "type": "select", "title": "Which?", "selection": ["", "v1", 2, 1.5], "is_required": false, "is_on_leaderboard": "true"}
}`;
  assert.deepEqual(accepted(withSetting(sheet)).factSheet, {
    q1: {
      key: "q1",
      type: "checkbox",
      title: "Yes?",
      selection: [true, false],
      is_required: "true",
      is_on_leaderboard: "false",
    },
    q2: {
      key: "q2",
      type: "select",
      title: "Which?",
      selection: ["", "v1", 2, 1.5],
      is_required: false,
      is_on_leaderboard: "true",
    },
  });
});

test("a selection may be any JSON, and flags without a value are false", () => {
  const sheet =
    "fact_sheet: {q: {key: q, type: text, title: 5, selection: {a: [~, 1], 2: true}, is_required: , is_on_leaderboard: 1}}";
  assert.deepEqual(accepted(withSetting(sheet)).factSheet, {
    q: {
      key: "q",
      type: "text",
      title: "5",
      selection: { a: [null, 1], 2: true },
      is_required: false,
      is_on_leaderboard: "1",
    },
  });
});

test("the primary index names the column that ranks first (B-75)", () => {
  assert.equal(
    accepted(change(version2, "key: main", "key: main\n    primary_index: '1'")).leaderboard.primaryIndex,
    1,
  );
});

test("the column with the lowest index ranks first if there is no column 0 (B-75)", () => {
  const text = change(
    change(version2, "key: accuracy\n        index: 0", "key: accuracy\n        index: 7"),
    "key: duration\n        index: 1",
    "key: duration\n        index: 4",
  );
  assert.equal(accepted(text).leaderboard.primaryIndex, 4);
});

test("a leaderboard may rank rows with several tasks by another rule than by their best task (B-78)", () => {
  const read = (keys: string) => accepted(change(version2, "key: main", `key: main\n    ${keys}`)).leaderboard;
  const { multiTaskRanking, rankingTasks } = read("multi_task_ranking: average_rank");
  assert.deepEqual([multiTaskRanking, rankingTasks], ["average_rank", []]);
  assert.deepEqual(read("multi_task_ranking: chosen_task\n    ranking_tasks: [1]").rankingTasks, [1]);
});

test("a question may be named __proto__", () => {
  const sheet =
    "fact_sheet:\n  __proto__: {key: __proto__, type: text, title: T, selection: '', is_required: 'true', is_on_leaderboard: 'true'}";
  assert.deepEqual(Object.keys(accepted(withSetting(sheet)).factSheet ?? {}), ["__proto__"]);
});

test("a version may be written as text (B-20)", () => {
  assert.equal(accepted(change(version2, "version: 2", 'version: "2"')).title, "Wheat seeds");
});

test("lengths count characters, not UTF-16 units", () => {
  assert.equal(accepted(change(version2, "title: Wheat seeds", `title: ${"🌾".repeat(256)}`)).title, "🌾".repeat(256));
});

test("a phase may stay open beside the next one, and may accept no submissions (B-48)", () => {
  const withoutEnd = change(version2, "    end: 2026-06-30\n", "");
  assert.deepEqual(errors(withoutEnd), ["BND-42 phases[0]"]);
  const open = change(withoutEnd, "  - name: Development\n", "  - name: Development\n    phase_never_ends: true\n");
  const closed = change(open, "  - name: Final\n", "  - name: Final\n    accepts_submissions: false\n");
  assert.deepEqual(
    accepted(closed).phases.map(({ end, acceptsSubmissions }) => [end, acceptsSubmissions]),
    [
      [null, true],
      [null, false],
    ],
  );
});

test("the index of a solution may be a text (B-33)", () => {
  const index = (text: string) =>
    accepted(change(version2, "  - index: 0\n    path", `  - index: ${text}\n    path`)).solutions[0]?.index;
  assert.deepEqual([index("baseline"), index("'1'"), index("7")], ["baseline", "1", 7]);
});

test("the first bytes of a logo determine its format, not its name (B-26)", () => {
  const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");
  assert.equal(imageFormat(bytes("\x89PNG\r\n\x1a\n....")), "png");
  assert.equal(imageFormat(bytes("\xff\xd8\xff\xe0....")), "jpeg");
  assert.equal(imageFormat(bytes("GIF89a....")), "gif");
  assert.equal(imageFormat(bytes("RIFF\x10\x00\x00\x00WEBPVP8 ")), "webp");
  for (const other of ["", "<svg", "RIFF\x10\x00\x00\x00WAVE", "\x89PNG"])
    assert.equal(imageFormat(bytes(other)), null);
});
