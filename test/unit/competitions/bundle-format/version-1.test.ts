/** Conversion of CodaLab bundles (versions 1.5 and 1.8). Refusals are in refusals.test.ts. */
import assert from "node:assert/strict";
import { test } from "@jest/globals";
import { accepted, change, parse, uuid, version15, version2, warnings } from "./fixture.ts";

test("a bundle of version 1.5 becomes a competition with one task per phase (B-90, B-93, B-94, B-98, B-101)", () => {
  const { phases, tasks, ...rest } = accepted(version15);
  assert.deepEqual(rest, {
    title: "Hello world",
    description: "Say hello",
    image: "logo.png",
    terms: "terms.md",
    pages: [{ title: "overview", file: "pages/overview.md" }],
    registrationAutoApprove: true,
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
    liftTopFolders: true,
    enableNetwork: false,
    competitionType: "competition",
    reward: null,
    contactEmail: null,
    forumEnabled: true,
    factSheet: null,
    dumpedSettings: null,
    solutions: [],
    furtherLeaderboards: [],
    leaderboard: {
      title: "Results",
      key: "Results",
      submissionRule: "Add",
      hidden: false,
      primaryIndex: 0,
      multiTaskRanking: "best_task",
      rankingTasks: [],
      columns: [
        {
          title: "Correct answers",
          key: "correct",
          index: 0,
          sorting: "desc",
          precision: 2,
          hidden: false,
          computation: null,
          computationIndexes: null,
        },
      ],
    },
  });
  assert.deepEqual(tasks[0], {
    index: 0,
    name: "First Task",
    description: null,
    files: {
      scoring_program: { from: "bundle", path: "program.zip" },
      ingestion_program: null,
      input_data: null,
      reference_data: { from: "bundle", path: "reference.zip" },
    },
    ingestionOnlyDuringScoring: false,
  });
  assert.deepEqual(phases[0], {
    index: 0,
    name: "First",
    description: null,
    start: new Date("2026-01-01"),
    end: new Date("2026-06-30T23:59:59Z"),
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
  });
  assert.deepEqual(phases[1]?.end, new Date("2026-12-31"));
});

test("versions 1 and 1.5 and a missing version mean the same (B-20)", () => {
  for (const version of ["version: 1", "version: 1.5", "version: '1.5'"]) {
    assert.deepEqual(accepted(`${version}\n${version15}`), accepted(version15));
  }
});

test("a file with version 2 is not read as version 1.5, even if it has html", () => {
  assert.equal(accepted(`html: {a: b}\n${version2}`).title, "Wheat seeds");
});

test("a conversion that changes nothing of what the organizer meant gives no warnings", () => {
  assert.deepEqual(warnings(version15), []);
});

type Case = [
  rule: string,
  from: string,
  to: string,
  warning: string[],
  field: (text: string) => unknown,
  value: unknown,
];
const label = "label: Second";
const column = "      label: Correct answers\n";
const cases: Case[] = [
  [
    "without has_registration participants need approval, with a warning (B-92)",
    "has_registration: false\n",
    "",
    ["BND-76 has_registration"],
    (t) => accepted(t).registrationAutoApprove,
    false,
  ],
  [
    "has_registration requires approval (B-92)",
    "has_registration: false",
    "has_registration: True",
    [],
    (t) => accepted(t).registrationAutoApprove,
    false,
  ],
  [
    "has_registration without a value requires no approval",
    "has_registration: false",
    "has_registration:",
    [],
    (t) => accepted(t).registrationAutoApprove,
    true,
  ],
  [
    "an empty image means the default image (B-91)",
    "end_date",
    "competition_docker_image: ''\nend_date",
    [],
    (t) => accepted(t).dockerImage,
    "codalab/codalab-legacy:py37",
  ],
  [
    "an image is kept",
    "end_date",
    "competition_docker_image: me/mine\nend_date",
    [],
    (t) => accepted(t).dockerImage,
    "me/mine",
  ],
  [
    "without end_date the last phase never ends",
    "end_date: 2026-12-31\n",
    "",
    [],
    (t) => accepted(t).phases[1]?.end,
    null,
  ],
  ["end_date may be null", "end_date: 2026-12-31", "end_date:", [], (t) => accepted(t).phases[1]?.end, null],
  [
    "end_date may be the text null (B-95)",
    "end_date: 2026-12-31",
    "end_date: 'null'",
    [],
    (t) => accepted(t).phases[1]?.end,
    null,
  ],
  [
    "a phase that never ends has no end, even if it is the last (B-95)",
    label,
    `${label}\n    phase_never_ends: true`,
    [],
    (t) => accepted(t).phases[1]?.end,
    null,
  ],
  [
    "a phase that never ends stays open beside the next ones (B-95)",
    "label: First",
    "label: First\n    phase_never_ends: true",
    [],
    (t) => accepted(t).phases.map(({ end }) => end),
    [null, new Date("2026-12-31")],
  ],
  ...["hidden_columns: [correct]", "hidden_columns: Correct answers", "hidden_columns: 'correct, '"].map(
    (line): Case => [
      `${line} hides a column (B-102)`,
      "leaderboard:\n",
      `leaderboard:\n  ${line}\n`,
      [],
      (t) => accepted(t).leaderboard.columns.map(({ hidden }) => hidden),
      [true],
    ],
  ),
  ...["max_submissions", "max_submissions_per_day"].map((key): Case => [
    `a phase with ${key}: 0 accepts no submissions (B-108)`,
    "label: First\n    start_date: 2026-01-01\n    max_submissions_per_day: 5",
    `label: First\n    start_date: 2026-01-01\n    max_submissions_per_day: 5\n    max_submissions: 9`.replace(
      new RegExp(`${key}: \\d`),
      `${key}: 0`,
    ),
    [`BND-74 phases.1.${key}`],
    (t) => accepted(t).phases.map(({ acceptsSubmissions }) => acceptsSubmissions),
    [false, true],
  ]),
  [
    "auto migration to the first phase is cleared, as CodaLab did (B-97)",
    "label: First",
    "label: First\n    auto_migration: true",
    [],
    (t) => accepted(t).phases[0]?.autoMigrateToThisPhase,
    false,
  ],
  [
    "auto migration to a later phase is kept (B-97)",
    label,
    `${label}\n    auto_migration: true`,
    [],
    (t) => accepted(t).phases[1]?.autoMigrateToThisPhase,
    true,
  ],
  [
    "the default daily limit is 5, with a warning (B-96)",
    "    start_date: 2026-07-01\n    max_submissions_per_day: 5\n",
    "    start_date: 2026-07-01\n",
    ["BND-76 phases.2"],
    (t) => accepted(t).phases[1]?.maxSubmissionsPerDay,
    5,
  ],
  [
    "a time limit is kept (B-96)",
    label,
    `${label}\n    execution_time_limit: 300`,
    [],
    (t) => accepted(t).phases[1]?.executionTimeLimit,
    300,
  ],
  [
    "files of a phase may be datasets",
    label,
    `${label}\n    input_data: ${uuid}`,
    [],
    (t) => Reflect.get(accepted(t).tasks[1] ?? {}, "files").input_data,
    { from: "dataset", key: uuid },
  ],
  [
    "a phase without a scoring program is accepted with a warning (B-99)",
    "    scoring_program: program.zip\nleaderboard",
    "leaderboard",
    ["BND-76 phases.2"],
    (t) => Reflect.get(accepted(t).tasks[1] ?? {}, "files").scoring_program,
    null,
  ],
  [
    "ingestion during scoring is converted (B-98)",
    label,
    `${label}\n    ingestion_program_only_during_scoring: true`,
    [],
    (t) => Reflect.get(accepted(t).tasks[1] ?? {}, "ingestionOnlyDuringScoring"),
    true,
  ],
  [
    "the description of a phase is also used for its task",
    label,
    `${label}\n    description: Text`,
    [],
    (t) => accepted(t).tasks.map((task) => Reflect.get(task, "description")),
    [null, "Text"],
  ],
  [
    "a page may be empty (B-93)",
    "pages/overview.md",
    "empty.md",
    [],
    (t) => accepted(t).pages,
    [{ title: "overview", file: "empty.md" }],
  ],
  [
    "forced submissions are converted to the rule Force_Last (B-104)",
    "end_date",
    "force_submission_to_leaderboard: true\nend_date",
    [],
    (t) => accepted(t).leaderboard.submissionRule,
    "Force_Last",
  ],
  [
    "forced best submissions are converted to the rule Force_Best for all phases (B-104)",
    label,
    `${label}\n    force_best_submission_to_leaderboard: true`,
    ["BND-76 phases.2.force_best_submission_to_leaderboard"],
    (t) => accepted(t).leaderboard.submissionRule,
    "Force_Best",
  ],
  [
    "a phase that hides results becomes blind, other phases do not (B-105)",
    label,
    `${label}\n    leaderboard_management_mode: hide_results`,
    ["BND-74 phases.2.leaderboard_management_mode"],
    (t) => accepted(t).phases.map(({ blind }) => blind),
    [false, true],
  ],
  [
    "the default mode hides nothing",
    label,
    `${label}\n    leaderboard_management_mode: default`,
    [],
    (t) => accepted(t).phases.map(({ blind }) => blind),
    [false, false],
  ],
  [
    "a column without a label has its key as title",
    column,
    "",
    [],
    (t) => accepted(t).leaderboard.columns[0]?.title,
    "correct",
  ],
  [
    "a long label is cut (B-103)",
    column,
    `      label: ${"x".repeat(40)}\n`,
    ["BND-74 leaderboard.columns.correct"],
    (t) => accepted(t).leaderboard.columns[0]?.title,
    `${"x".repeat(35)}…`,
  ],
  [
    "sort, numeric_format and hidden are kept (B-102)",
    column,
    `${column}      sort: asc\n      numeric_format: 4\n      hidden: true\n`,
    [],
    (t) => {
      const { sorting, precision, hidden } = accepted(t).leaderboard.columns[0] ?? {};
      return { sorting, precision, hidden };
    },
    { sorting: "asc", precision: 4, hidden: true },
  ],
  [
    "a computed column becomes one that the scoring program writes (B-106)",
    column,
    `${column}      computed: {operation: Avg, fields: "a, b"}\n`,
    ["BND-76 leaderboard.columns.correct.computed"],
    (t) => accepted(t).leaderboard.columns[0]?.computation,
    null,
  ],
  [
    "a column that CodaLab sorted by default gives a warning",
    column,
    `${column}      selection_default: 1\n`,
    ["BND-76 leaderboard.columns.correct.selection_default"],
    (t) => accepted(t).leaderboard.primaryIndex,
    0,
  ],
  [
    "groups of columns are dropped (B-107)",
    "  columns:",
    "  column_groups: {A: {label: A}}\n  columns:",
    ["BND-75 leaderboard.column_groups"],
    (t) => accepted(t).leaderboard.columns.length,
    1,
  ],
  [
    "links to data are dropped (B-107)",
    label,
    `${label}\n    datasets: {1: {name: D, url: 'http://x.org'}}`,
    ["BND-75 phases.2.datasets"],
    (t) => accepted(t).phases.length,
    2,
  ],
  [
    "teams, rewards and admins are dropped (B-107)",
    "end_date",
    "allow_teams: 1\nreward: $5\nadmin_names: a,b\nend_date",
    ["BND-75 allow_teams", "BND-75 reward", "BND-75 admin_names"],
    (t) => accepted(t).reward,
    null,
  ],
  [
    "an anonymous leaderboard stays anonymous (B-90, A-105)",
    "end_date",
    "anonymous_leaderboard: True\nend_date",
    [],
    (t) => accepted(t).anonymousLeaderboard,
    true,
  ],
  [
    "storage settings of a phase are kept (B-96, A-106, A-108)",
    label,
    `${label}\n    max_submission_size: 20\n    delete_submissions_except_best_and_last: True`,
    [],
    (t) => accepted(t).phases.map((one) => [one.maxSubmissionSize, one.deleteSubmissionsExceptBestAndLast]),
    [
      [null, false],
      [20, true],
    ],
  ],
  [
    "a storage limit per participant is dropped with a warning (B-107)",
    label,
    `${label}\n    participant_max_storage_use: 1000`,
    ["BND-75 phases.2.participant_max_storage_use"],
    (t) => accepted(t).phases.length,
    2,
  ],
  [
    "disabled settings are not reported as dropped",
    "end_date",
    "allow_teams: 0\nreward:\nanonymous_leaderboard: false\nenable_forum: true\nallow_public_submissions: true\nend_date",
    [],
    (t) => accepted(t).forumEnabled,
    true,
  ],
  [
    "a disabled forum stays disabled (B-90)",
    "end_date",
    "enable_forum: false\nend_date",
    [],
    (t) => accepted(t).forumEnabled,
    false,
  ],
  [
    "private submissions give a warning",
    "end_date",
    "allow_public_submissions: false\nend_date",
    ["BND-76 allow_public_submissions"],
    (t) => accepted(t).canParticipantsMakeSubmissionsPublic,
    true,
  ],
];
for (const [rule, from, to, reported, field, value] of cases) {
  test(rule, () => {
    const text = change(version15, from, to);
    assert.deepEqual(warnings(text), reported);
    assert.deepEqual(field(text), value);
  });
}

test("all leaderboards are kept, with their columns ordered by rank (B-101, B-102)", () => {
  const board = version15.slice(version15.indexOf("leaderboard:"));
  const text = change(
    version15,
    board,
    `leaderboard:
  leaderboards:
    First: &A {label: Patients, rank: 1}
    Second: &B {label: Synthetic, rank: 2}
    Empty: {label: Empty}
  columns:
    second: {leaderboard: *B, rank: 9}
    first: {leaderboard: *B, rank: 0}
    late: {leaderboard: *A, rank: 7}
    early: {leaderboard: {label: PATIENTS}}
    middle: {leaderboard: *A, rank: 1.5}
    lost: {leaderboard: {label: nowhere}, rank: 3}
`,
  );
  const { leaderboard, furtherLeaderboards } = accepted(text);
  assert.deepEqual(
    [leaderboard, ...furtherLeaderboards].map(({ title, columns }) => [title, columns.map(({ key }) => key)]),
    [
      ["First", ["early", "middle", "late"]],
      ["Second", ["first", "second"]],
    ],
  );
  for (const { columns } of [leaderboard, ...furtherLeaderboards])
    assert.deepEqual(
      columns.map(({ index }) => index),
      columns.map((_, at) => at),
    );
  assert.deepEqual(
    warnings(text).filter((warning) => warning.startsWith("BND-75")),
    ["BND-75 leaderboard.columns.lost", "BND-75 leaderboard.leaderboards.Empty"],
  );
});

test("leaderboards with long names get different keys (B-101)", () => {
  const name = "a".repeat(40);
  const text = change(
    change(version15, "    Results: &RESULTS", `    ${name}1: {label: other}\n    ${name}2: &RESULTS`),
    "    correct:",
    "    b: {leaderboard: {label: OTHER}}\n    correct:",
  );
  const { leaderboard, furtherLeaderboards } = accepted(text);
  assert.deepEqual(
    [leaderboard, ...furtherLeaderboards].map(({ key }) => key),
    ["a".repeat(36), `${"a".repeat(34)}-2`],
  );
});

test("the keys of html become the titles of pages, in order and without terms (B-93)", () => {
  const text = change(
    version15,
    "  overview: pages/overview.md\n  terms: terms.md\n",
    "  2: terms.md\n  terms: terms.md\n  1: terms.md\n  My page: pages/overview.md\n",
  );
  assert.deepEqual(
    accepted(text).pages.map((page) => page.title),
    ["2", "1", "My page"],
  );
});

test("problems in version 1.5 have paths in html, phases and columns", () => {
  const result = parse(change(version15, "    reference_data: reference.zip", "    reference_data: none.zip"));
  assert.deepEqual(result.problems.map((problem) => problem.path).at(-1), "phases.1.reference_data");
});
