/** Dumping a competition and reading it back gives the same competition. */
import assert from "node:assert/strict";
import { test } from "@jest/globals";
import fc from "fast-check";
import { parseBundle } from "../../../lambdas/competitions/rules/bundle-format/index.ts";
import { multiTaskRankings, submissionRules, computations } from "../../../lambdas/competitions/rules/competition.ts";
import type {
  BundleListing,
  ColumnDescription,
  CompetitionDescription,
  FactSheetQuestion,
  FileSource,
  LeaderboardView,
  PhaseDescription,
  SolutionDescription,
  TaskDescription,
} from "../../../lambdas/competitions/rules/competition.ts";
import { dumpYaml } from "../../../lambdas/competitions/rules/dump.ts";

/** Generates plain objects, as parsing creates them. */
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;

/** Texts that YAML could read as something else. */
const oddText = fc.constantFrom(
  "yes",
  "No",
  "on",
  "y",
  "~",
  "null",
  "NULL",
  "true",
  "010",
  "0o17",
  "0x1F",
  "0b1",
  "1_000",
  "1e3",
  "1.",
  ".5",
  "1:30",
  "12:30:45",
  ".inf",
  "-.NaN",
  "2026-01-31",
  "2026-01-31 13:30:00",
  "=",
  "<<",
  "-",
  "- a",
  "? a",
  "a: b",
  "a:",
  "#",
  "a #b",
  "a # b",
  "[a]",
  "{a}",
  "&a",
  "*a",
  "!a",
  "|",
  ">",
  "%a",
  "@a",
  "`a`",
  "'",
  '"',
  "it's",
  'say "x"',
  "\\n",
  "a\n\nb",
  "a\n  b",
  "  a\n b".trim(),
  "a\r\nb",
  "a\tb",
  "\u0085a\u0085b".trim(),
  "a\u2028b",
  "a\u00a0b",
  "\ufeffa".trim(),
  "🌾",
  "---",
  "...",
  "a\n---\nb",
  "# Title\n\n- one\n- two\n\n    code",
  "<b>x</b>",
  "$$\\frac{1}{2}$$",
  "trailing  \nspaces",
  "a".repeat(200) + " " + "b".repeat(200),
  "__proto__",
);
const text = (maxLength: number) =>
  fc
    .oneof(oddText, fc.string({ unit: "grapheme", maxLength: 30 }), fc.string({ unit: "binary", maxLength: 10 }))
    .map((any) => Array.from(any.replaceAll("\0", "")).slice(0, maxLength).join("").toWellFormed().trim())
    .filter((any) => any !== "");
const optional = (maxLength: number) => fc.option(text(maxLength));

const uuid = fc.uuid();
const path = fc
  .tuple(
    fc.constantFrom("data", "scoring_program-3.zip", "a b/c.zip", "été.zip", "yes", "010", "2026-01-31", "a: b", "#x"),
    fc.nat({ max: 3 }),
  )
  .map(([name, n]) => `${n}/${name}`);
const source: fc.Arbitrary<FileSource> = fc.oneof(
  path.map((path): FileSource => ({ from: "bundle", path })),
  uuid.map((key): FileSource => ({ from: "dataset", key })),
);
const listing: BundleListing = {
  kind: (path) => (/^[0-3]\/|^logo\.png$|\.md$/.test(path) ? "file" : undefined),
  size: () => 5,
};

const index = fc.oneof(
  fc.integer(),
  fc.constantFrom("a", "1", "yes", "1.5", "", "two words"),
  fc.constantFrom(1.5, 1e21, -7),
);
const task = (index: string | number): fc.Arbitrary<TaskDescription> =>
  fc.oneof(
    uuid.map((key) => ({ index, key })),
    record({
      index: fc.constant(index),
      name: text(256),
      description: optional(500),
      files: record({
        scoring_program: source,
        ingestion_program: fc.option(source),
        input_data: fc.option(source),
        reference_data: fc.option(source),
      }),
      ingestionOnlyDuringScoring: fc.boolean(),
    }),
  );
const solution = (indexes: (string | number)[]): fc.Arbitrary<SolutionDescription> =>
  record({
    index: fc.nat({ max: 99 }),
    tasks: fc.subarray(indexes),
    name: optional(256),
    description: optional(500),
    key: fc.option(uuid),
    file: fc.option(source),
  }).filter(({ key, file }) => key !== null || file !== null);

const limit = fc.option(fc.integer({ min: 1, max: 2 ** 31 - 1 }));
const phases = (indexes: (string | number)[]): fc.Arbitrary<PhaseDescription[]> =>
  fc
    .tuple(
      fc.uniqueArray(
        fc.date({ min: new Date("0001-01-02T00:00:00Z"), max: new Date("9999-12-30T00:00:00Z"), noInvalidDate: true }),
        {
          minLength: 2,
          maxLength: 6,
          selector: Number,
        },
      ),
      fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
      fc.array(
        record({
          name: text(256),
          description: optional(500),
          tasks: fc.subarray(indexes, { minLength: 1 }),
          maxSubmissionsPerDay: limit,
          maxSubmissionsPerPerson: limit,
          executionTimeLimit: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
          autoMigrateToThisPhase: fc.boolean(),
          hideOutput: fc.boolean(),
          hidePredictionOutput: fc.boolean(),
          hideScoreOutput: fc.boolean(),
          blind: fc.boolean(),
          acceptsSubmissions: fc.boolean(),
          maxSubmissionSize: limit,
          deleteSubmissionsExceptBestAndLast: fc.boolean(),
          publicData: fc.option(source),
          startingKit: fc.option(source),
        }),
        { minLength: 1, maxLength: 3 },
      ),
    )
    .map(([dates, endless, described]) => {
      const times = dates.toSorted((one, other) => Number(one) - Number(other));
      const count = Math.min(described.length, Math.floor(times.length / 2));
      return described.slice(0, count).map((phase, i) => {
        return {
          ...phase,
          index: i,
          start: times[2 * i]!,
          end: endless[i] ? null : times[2 * i + 1]!,
          autoMigrateToThisPhase: i > 0 && phase.autoMigrateToThisPhase,
        };
      });
    });

const columns: fc.Arbitrary<ColumnDescription[]> = fc
  .uniqueArray(
    record({
      title: text(36),
      key: text(36),
      sorting: fc.constantFrom("asc" as const, "desc" as const),
      precision: fc.integer({ min: -10, max: 100 }),
      hidden: fc.boolean(),
      computation: fc.option(fc.constantFrom(...computations)),
    }),
    { minLength: 1, maxLength: 4, selector: ({ key }) => key },
  )
  .chain((some) =>
    fc.uniqueArray(fc.nat({ max: 99 }), { minLength: some.length, maxLength: some.length }).map((indexes) =>
      some.map((column, i) => {
        // Columns may not be computed from each other in a circle.
        const earlier = indexes.slice(0, i);
        const computed = column.computation !== null && earlier.length > 0;
        return {
          ...column,
          index: indexes[i]!,
          computation: computed ? column.computation : null,
          computationIndexes: computed ? earlier : null,
        };
      }),
    ),
  );

/** What a database can store of a JSON value: text without NUL and without half a surrogate pair, and no -0. */
function storable(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("\0", "").toWellFormed();
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [storable(key), storable(inner)]));
  return Object.is(value, -0) ? 0 : value;
}
const selection = fc.jsonValue({ maxDepth: 3 }).map(storable);
const flag = fc.constantFrom("true", "false", "maybe", "", true, false);
const factSheet: fc.Arbitrary<Record<string, FactSheetQuestion> | null> = fc.option(
  fc
    .uniqueArray(text(40), { minLength: 1, maxLength: 3 })
    .chain((keys) =>
      fc.tuple(
        ...keys.map((key) =>
          record({
            key: fc.constant(key),
            type: fc.constantFrom("checkbox" as const, "text" as const, "select" as const),
            title: fc.oneof(text(99), fc.constant("")),
            selection,
            is_required: flag,
            is_on_leaderboard: flag,
          }),
        ),
      ),
    )
    .map((questions) => Object.fromEntries(questions.map((question) => [question.key, question]))),
);

/** A rule for several tasks. By chosen_task, every phase with several tasks has one that ranks its rows. */
const multiTask = (drawn: CompetitionDescription["phases"]) =>
  fc.constantFrom(...multiTaskRankings).map((multiTaskRanking) => ({
    multiTaskRanking,
    rankingTasks: multiTaskRanking === "chosen_task" ? [...new Set(drawn.map(({ tasks }) => tasks.at(-1)!))] : [],
  }));

const board = (drawn: CompetitionDescription["phases"]): fc.Arbitrary<LeaderboardView> =>
  fc.tuple(columns, multiTask(drawn)).chain(([columns, ranking]) =>
    record({
      title: text(64),
      key: text(36),
      hidden: fc.boolean(),
      primaryIndex: fc.constantFrom(...columns.map((column) => column.index)),
      columns: fc.constant(columns),
      multiTaskRanking: fc.constant(ranking.multiTaskRanking),
      rankingTasks: fc.constant(ranking.rankingTasks),
    }),
  );

const competition: fc.Arbitrary<CompetitionDescription> = fc
  .uniqueArray(index, { minLength: 1, maxLength: 4 })
  .chain((indexes) => phases(indexes).map((drawn) => ({ indexes, drawn })))
  .chain(({ indexes, drawn }) =>
    record({
      title: text(256),
      description: fc.oneof(text(1000), fc.constant("")),
      image: fc.constantFrom("logo.png", "0/yes", "1/010"),
      terms: fc.constant("terms.md"),
      pages: fc.array(record({ title: text(255), file: fc.constantFrom("overview-1.md", "yes-2.md", "a: b-3.md") }), {
        maxLength: 3,
      }),
      registrationAutoApprove: fc.boolean(),
      dockerImage: fc.constantFrom("python:3.12", "codalab/codalab-legacy:py37", "ghcr.io/a/b_c:1.0"),
      queue: fc.option(uuid),
      enableDetailedResults: fc.boolean(),
      showDetailedResultsInSubmissionPanel: fc.boolean(),
      showDetailedResultsInLeaderboard: fc.boolean(),
      autoRunSubmissions: fc.boolean(),
      canParticipantsMakeSubmissionsPublic: fc.boolean(),
      makeProgramsAvailable: fc.boolean(),
      makeInputDataAvailable: fc.boolean(),
      enableNetwork: fc.boolean(),
      anonymousLeaderboard: fc.boolean(),
      liftTopFolders: fc.boolean(),
      competitionType: fc.constantFrom("competition" as const, "benchmark" as const),
      reward: optional(256),
      contactEmail: fc.option(fc.constantFrom("a@b.org", "yes@no.off", "o'hara+x@example.org")),
      forumEnabled: fc.boolean(),
      factSheet,
      tasks: fc.tuple(...indexes.map(task)),
      solutions: fc.array(solution(indexes), { maxLength: 3 }),
      phases: fc.constant(drawn),
      boards: fc.uniqueArray(board(drawn), { selector: ({ key }) => key, minLength: 1, maxLength: 3 }),
      submissionRule: fc.constantFrom(...submissionRules),
      dumpedSettings: fc.option(
        record({
          allowRobotSubmissions: fc.boolean(),
          teamsShareLimits: fc.boolean(),
          whitelistEmails: fc.array(fc.constantFrom("a@b.org", "c@d.example.org"), { maxLength: 3 }),
          report: optional(1000),
        }),
      ),
    }).map(({ boards: [first, ...furtherLeaderboards], submissionRule, ...rest }) => ({
      ...rest,
      leaderboard: { ...first!, submissionRule },
      furtherLeaderboards,
    })),
  );

const dumpRecord = record({ published: fc.boolean(), collaborators: fc.array(text(40), { maxLength: 2 }) });
const runs = 1500;

test(`any competition can be dumped and read back unchanged (${runs} runs)`, () => {
  fc.assert(
    fc.property(competition, dumpRecord, (dumped, beside) => {
      const yaml = dumpYaml(dumped, beside);
      const read = parseBundle(yaml, listing);
      assert.ok(read.ok, `${JSON.stringify(read.problems, null, 1)}\n${yaml}`);
      assert.deepEqual(read.competition, dumped, yaml);
    }),
    { numRuns: runs },
  );
});

test("dates are dumped as text with their time of day, which Codabench keeps (B-112)", () => {
  const [one] = fc.sample(competition, { numRuns: 1, seed: 1 });
  const phase = {
    ...one!.phases[0]!,
    start: new Date("2026-01-31T13:30:00Z"),
    end: new Date("2026-02-01T00:00:00.5Z"),
  };
  const yaml = dumpYaml({ ...one!, phases: [phase] }, { published: false, collaborators: [] });
  assert.match(yaml, /start: '2026-01-31 13:30:00'\n/);
  assert.match(yaml, /end: '2026-02-01 00:00:00.500'\n/);
});

test("the queue is dumped in the block that Codabench ignores, because Codabench rejects unknown queues", () => {
  const [one] = fc.sample(competition, { numRuns: 1, seed: 1 });
  const queue = "6d831f68-e99c-4398-bc93-7e03a5b02f61";
  const settings = { allowRobotSubmissions: false, teamsShareLimits: false, whitelistEmails: [], report: null };
  const text = dumpYaml({ ...one!, queue, dumpedSettings: settings }, { published: false, collaborators: [] });
  assert.match(text, new RegExp(`\\nbenchstack:\\n(?:  .*\\n)*  queue: '?${queue}`));
  assert.doesNotMatch(text, /^queue:/m);
});

test("a dump records organizers and publication, and an import ignores them with a warning (B-28)", () => {
  const [one] = fc.sample(competition, { numRuns: 1, seed: 1 });
  const settings = { allowRobotSubmissions: true, teamsShareLimits: false, whitelistEmails: [], report: null };
  const yaml = dumpYaml({ ...one!, dumpedSettings: settings }, { published: true, collaborators: ["kim"] });
  const { problems } = parseBundle(yaml, listing);
  const warned = problems.filter(({ code }) => code === "BND-93").map(({ path }) => path);
  assert.deepEqual(warned, ["benchstack.published", "benchstack.collaborators"]);
});
