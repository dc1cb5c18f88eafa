/** Whatever the text is, reading a bundle is fast, throws nothing, and returns a competition or problems. */
import assert from "node:assert/strict";
import { test } from "@jest/globals";
import fc from "fast-check";
import { parseBundle, parseTaskYaml } from "../../../../lambdas/competitions/rules/bundle-format/index.ts";
import { problemCodes } from "../../../../lambdas/competitions/rules/bundle-format/problems.ts";
import type {
  BundleListing,
  BundleProblem,
  CompetitionDescription,
} from "../../../../lambdas/competitions/rules/competition.ts";
import { accepted, listing, parse, version15, version2 } from "./fixture.ts";

const runs = 2500;

function checkProblems(problems: readonly BundleProblem[], ok: boolean): void {
  assert.equal(
    problems.some((problem) => problem.severity === "error"),
    !ok,
  );
  for (const { code, message } of problems) {
    assert.ok(problemCodes.includes(code), code);
    assert.match(message, /^[^\p{Cc}]{10,700}$/u);
    assert.ok(message.isWellFormed());
  }
}

/** Checks what must hold for every competition that is read. */
function checkCompetition(competition: CompetitionDescription): void {
  const { tasks, phases, leaderboard } = competition;
  const indexes = tasks.map((task) => task.index);
  assert.equal(new Set(indexes).size, tasks.length);
  assert.ok(phases.length > 0);
  phases.forEach((phase, i) => {
    assert.equal(phase.index, i);
    assert.ok(Number.isFinite(phase.start.getTime()));
    assert.ok(phase.end === null || Number.isFinite(phase.end.getTime()));
    assert.ok(phase.tasks.length > 0 && phase.tasks.every((index) => indexes.includes(index)));
    assert.ok(Number.isSafeInteger(phase.executionTimeLimit) && phase.executionTimeLimit > 0);
    for (const limit of [phase.maxSubmissionsPerDay, phase.maxSubmissionsPerPerson]) {
      assert.ok(limit === null || (Number.isSafeInteger(limit) && limit > 0));
    }
    const next = phases[i + 1];
    assert.ok(!next || (phase.end !== null && phase.end < next.start));
  });
  assert.equal(phases[0]?.autoMigrateToThisPhase, false);
  for (const file of [competition.terms, competition.image, ...competition.pages.map((page) => page.file)]) {
    assert.equal(listing.kind(file), "file");
  }
  const columns = leaderboard.columns.map((column) => column.index);
  assert.ok(columns.every((index) => Number.isSafeInteger(index) && index >= 0));
  assert.equal(new Set(columns).size, columns.length);
  assert.equal(new Set(leaderboard.columns.map((column) => column.key)).size, columns.length);
  assert.ok(columns.includes(leaderboard.primaryIndex));
  for (const { index, computationIndexes, computation } of leaderboard.columns) {
    assert.equal(computation === null, computationIndexes === null);
    assert.ok(computationIndexes?.every((other) => other !== index && columns.includes(other)) ?? true);
  }
  for (const text of [competition.title, leaderboard.title, ...phases.map((phase) => phase.name)]) {
    assert.ok(text.length > 0 && text.trim() === text && text.isWellFormed() && !text.includes("\u0000"));
  }
  assert.doesNotThrow(() => JSON.stringify(competition));
}

function check(text: string): void {
  const result = parse(text);
  checkProblems(result.problems, result.ok);
  if (result.ok) checkCompetition(result.competition);
  const task = parseTaskYaml(text, listing);
  checkProblems(task.problems, task.ok);
}

/** Words with a meaning in YAML, dates, paths or bundles. */
const word = fc.constantFrom(
  "yes",
  "off",
  "~",
  "",
  "010",
  "1:30",
  "1.5",
  ".nan",
  "-.inf",
  "2026-01-01",
  "2026-13-45",
  "1-1-2026",
  "31-12-2026",
  "12:00 pm",
  "[",
  "]",
  "{",
  "}",
  "- ",
  ": ",
  "#",
  "|",
  ">-",
  "&a",
  "*a",
  "<<: *RESULTS",
  "? ",
  "!!str",
  "!!int",
  "'",
  '"',
  "\\",
  "../x",
  "/etc",
  "logo.png",
  "data/",
  "\t",
  "\n",
  "\n  ",
  "0",
  "-1",
  "99999999999999999999",
  "1e400",
  "__proto__",
  "constructor",
  "\u0000",
  "\ud800",
  "🌾",
  "null",
  "true",
  "avg",
  "Force_Best",
  "0b9c1b1e6f0b4f6e9a3e2f1d3c4b5a69",
);

test(`bundles with random changes (${runs} runs)`, () => {
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.nat({ max: 12 }),
    insert: fc.oneof(word, word, fc.string({ maxLength: 6, unit: "binary" })),
    line: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.constantFrom(version2, version15),
      fc.array(edit, { minLength: 1, maxLength: 4 }),
      (start, edits) => {
        let text = start;
        for (const { at, remove, insert, line } of edits) {
          const from = Math.floor(at * text.length);
          const end = line ? text.indexOf("\n", from) + 1 : from + remove;
          text = text.slice(0, from) + insert + text.slice(Math.max(end, from));
        }
        check(text);
      },
    ),
    { numRuns: runs },
  );
});

/** Bundles as trees with YAML words as leaves. */
type Tree = string | Tree[] | { [key: string]: Tree };
const leaf = (text: string): Tree => JSON.stringify(text);
const tree2: Tree = {
  version: "2",
  title: leaf("Wheat"),
  image: leaf("logo.png"),
  terms: leaf("terms.md"),
  queue: "null",
  fact_sheet: {
    q: {
      key: "q",
      type: "select",
      title: "T",
      selection: ["a", "b"],
      is_required: leaf("true"),
      is_on_leaderboard: leaf("false"),
    },
  },
  pages: [{ title: "P", file: leaf("terms.md") }],
  tasks: [{ index: "0", name: "T", scoring_program: leaf("program.zip"), ingestion_only_during_scoring: "no" }],
  solutions: [{ index: "0", path: "solution", tasks: ["0"], key: "null" }],
  phases: [
    {
      index: "0",
      name: "A",
      start: "2026-01-01",
      end: "2-2-2026",
      tasks: ["0"],
      max_submissions: "3",
      public_data: "data",
    },
    { index: "1", name: "B", start: "3-3-2026", end: "null", tasks: ["0"], auto_migrate_to_this_phase: "yes" },
  ],
  leaderboards: [
    {
      title: "R",
      key: "main",
      primary_index: "0",
      submission_rule: "Force_Last",
      hidden: "off",
      columns: [
        { title: "C", key: "c", index: "0", sorting: "asc", precision: "2" },
        { title: "D", key: "d", index: "1", computation: "avg", computation_indexes: ["0"] },
      ],
    },
  ],
};
const tree1: Tree = {
  title: "Hello",
  image: leaf("logo.png"),
  has_registration: "no",
  end_date: "2026-12-31",
  force_submission_to_leaderboard: "yes",
  html: { overview: leaf("terms.md"), terms: leaf("terms.md") },
  phases: {
    "1": {
      phasenumber: "1",
      label: "A",
      start_date: "2026-01-01",
      scoring_program: "program.zip",
      is_parallel_parent: "yes",
    },
    "2": {
      phasenumber: "2",
      label: "B",
      start_date: "2026-02-01",
      scoring_program: "program.zip",
      parent_phasenumber: "1",
    },
    "3": {
      phasenumber: "3",
      label: "C",
      start_date: "2026-03-01",
      scoring_program: "program.zip",
      auto_migration: "yes",
    },
  },
  leaderboard: {
    leaderboards: { R: { label: "R", rank: "1" } },
    columns: { a: { leaderboard: { label: "R" }, label: "A", rank: "1", sort: "asc", numeric_format: "2" } },
  },
};

const flow = (tree: Tree): string => {
  if (typeof tree === "string") return tree;
  if (Array.isArray(tree)) return `[${tree.map(flow).join(", ")}]`;
  return `{${Object.entries(tree)
    .map(([key, value]) => `${/^\w+$/.test(key) ? key : JSON.stringify(key)}: ${flow(value)}`)
    .join(", ")}}`;
};

/** All paths from the root to a node of a tree. */
const ways = (tree: Tree): string[][] =>
  typeof tree === "string"
    ? [[]]
    : [[], ...Object.entries(tree).flatMap(([step, below]) => ways(below).map((way) => [step, ...way]))];

function replaced(tree: Tree, way: string[], value: Tree | null): Tree {
  const [step, ...rest] = way;
  if (step === undefined) return value ?? "null";
  const entries = Object.entries(tree).flatMap(([key, below]) => {
    if (key !== step) return [[key, below] as const];
    return value === null && rest.length === 0 ? [] : [[key, replaced(below, rest, value)] as const];
  });
  return Array.isArray(tree) ? entries.map(([, below]) => below) : Object.fromEntries(entries);
}

const anyValue: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(
      "yes",
      "no",
      "~",
      "0",
      "1",
      "-1",
      "1.5",
      ".nan",
      ".inf",
      "2026-01-01",
      "1-1-2026",
      "010",
      "1:30",
      "2147483648",
      "9".repeat(30),
      "[]",
      "{}",
      '""',
      "!!str 1",
      "main",
      "program.zip",
      "../x",
      "yes please",
    ),
    fc.string({ maxLength: 300, unit: "binary" }).map((text) => JSON.stringify(text)),
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom("key", "index", "title", "name", "label", "tasks", "a", "__proto__", "1"),
      tie("tree"),
      { maxKeys: 3 },
    ),
  ),
})).tree;

test(`any value at any path (${runs} runs)`, () => {
  const places = [tree2, tree1].flatMap((tree) => ways(tree).map((way) => ({ tree, way })));
  fc.assert(
    fc.property(fc.constantFrom(...places), fc.option(anyValue), ({ tree, way }, value) => {
      check(flow(replaced(tree, way, value)));
    }),
    { numRuns: runs },
  );
});

test("the bundles in which these values are inserted are valid", () => {
  checkCompetition(accepted(flow(tree2)));
  checkCompetition(accepted(flow(tree1)));
});

test(`any text (${runs} runs)`, () => {
  const text = fc.oneof(
    fc.string({ maxLength: 200, unit: "binary" }),
    fc.array(word, { maxLength: 30 }).map((words) => words.join("")),
  );
  fc.assert(fc.property(text, check), { numRuns: runs });
});

test("every setting of a bundle is found in the competition", () => {
  const name = fc
    .string({ minLength: 1, maxLength: 36, unit: "grapheme" })
    .filter((text) => text.trim() === text && Array.from(text).length <= 36);
  const setting = fc.record({
    title: name,
    description: fc.string({ maxLength: 50 }).map((text) => text.trim()),
    auto: fc.boolean(),
    perDay: fc.nat({ max: 1000 }),
    seconds: fc.integer({ min: 1, max: 100_000 }),
    start: fc.date({ min: new Date("1990-01-01"), max: new Date("2090-01-01"), noInvalidDate: true }),
    columns: fc.uniqueArray(fc.record({ key: name, index: fc.nat({ max: 99 }), asc: fc.boolean() }), {
      minLength: 1,
      maxLength: 5,
      selector: (column) => column.key,
    }),
  });
  fc.assert(
    fc.property(setting, ({ title, description, auto, perDay, seconds, start, columns }) => {
      const competition = accepted(
        JSON.stringify({
          version: 2,
          title,
          description,
          image: "logo.png",
          terms: "terms.md",
          pages: [],
          registration_auto_approve: auto,
          tasks: [{ index: 0, name: title, scoring_program: "program.zip" }],
          phases: [
            {
              name: title,
              start: start.toISOString(),
              tasks: [0],
              max_submissions_per_day: perDay,
              execution_time_limit: seconds,
            },
          ],
          leaderboards: [
            {
              title,
              key: "main",
              primary_index: 0,
              columns: columns.map(({ key, asc }, index) => ({
                title: key,
                key,
                index,
                sorting: asc ? "asc" : "desc",
              })),
            },
          ],
        }),
      );
      assert.deepEqual(
        [competition.title, competition.description, competition.registrationAutoApprove],
        [title, description, auto],
      );
      const [phase] = competition.phases;
      assert.deepEqual(
        [phase?.maxSubmissionsPerDay, phase?.executionTimeLimit, phase?.start],
        [perDay || null, seconds, start],
      );
      assert.deepEqual(
        competition.leaderboard.columns.map(({ key, sorting }) => ({ key, asc: sorting === "asc" })),
        columns.map(({ key, asc }) => ({ key, asc })),
      );
    }),
    { numRuns: 500 },
  );
});

const many = (count: number, item: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => item(i)).join("");
const anyFile: BundleListing = { kind: () => "file", size: () => 1 };
/** What a hang takes, in microseconds of processor time. Reading any of these texts takes a twentieth of it. */
const hang = 20e6;
const hostile: Record<string, string> = {
  "ten thousand tasks that phases misname": `version: 2\ntasks:\n${many(8000, (i) => `- {index: ${i}}\n`)}phases:\n- tasks: [${"x,".repeat(8000)}]\n`,
  "thousands of columns with wrong indexes": `version: 2\nleaderboards:\n- columns:\n${many(4000, (i) => `  - {index: ${i}, key: k${i}, title: t, computation: avg, computation_indexes: [99999]}\n`)}`,
  "thousands of misspelled keys": `version: 2\npages:\n${many(3000, (i) => `- {titel: a, fil: b, x${i}: c}\n`)}`,
  "thousands of questions with thousands of wrong keys": `version: 2\nfact_sheet:\n${many(200, (i) => ` q${i}: {${many(100, (j) => `k${j}: 1, `)}}\n`)}`,
  "thousands of parallel phases": `html: {terms: a}\nphases:\n${many(4000, (i) => ` ${i}: {phasenumber: ${i}, parent_phasenumber: ${i + 1}}\n`)}`,
  "thousands of leaderboards and columns": `html: {terms: a}\nleaderboard:\n leaderboards:\n${many(5000, (i) => `  b${i}: {label: b${i}}\n`)} columns:\n${many(5000, (i) => `  c${i}: {leaderboard: {label: b${i}}}\n`)}`,
  "thousands of leaderboards whose names begin alike": `html: {terms: a}\nleaderboard:\n leaderboards:\n${many(3000, (i) => `  ${"x".repeat(40)}${i}: {label: b${i}}\n`)} columns:\n${many(3000, (i) => `  c${i}: {leaderboard: {label: b${i}}}\n`)} hidden_columns: [${many(3000, (i) => `d${i},`)}]\n`,
  "a long title, repeated": `version: 2\ntitle: &t ${"é".repeat(900_000)}\npages: [${many(3, () => "{title: *t}, ")}]`,
  "a long path, repeated": `version: 2\nimage: &p ${"./".repeat(450_000)}x\ntasks: [${many(3, () => "{scoring_program: *p}, ")}]`,
  "a long key": `version: 2\n? ${"k".repeat(900_000)}\n: 1\n`,
  "a long number": `version: 2\nphases: [{max_submissions: ${"9".repeat(900_000)}}]`,
  "a long number in quotes": `version: 2\nphases: [{max_submissions: "${"9".repeat(900_000)}"}]`,
  "a long date": `version: 2\nphases: [{start: ${"1-".repeat(400_000)}}]`,
  "a long mail address": `version: 2\ncontact_email: ${"a@".repeat(400_000)}`,
  "half a million brackets": "[".repeat(500_000),
  "half a million dashes": "- ".repeat(250_000),
  "half a million anchors": "&a ".repeat(160_000),
  "an unclosed quote": `"${"x\n".repeat(450_000)}`,
  "many lines": "a\n".repeat(450_000),
  "many empty questions": "? ".repeat(450_000),
  "merged mappings of merged mappings": `a: &a {${many(500, (i) => `k${i}: 1, `)}}\n${many(500, (i) => `b${i}: {<<: *a}\n`)}`,
};
for (const [name, text] of Object.entries(hostile)) {
  test(`does not hang: ${name}`, () => {
    const before = process.cpuUsage();
    const result = parseBundle(text, anyFile);
    const { user, system } = process.cpuUsage(before);
    checkProblems(result.problems, result.ok);
    assert.ok(user + system < hang, `${user + system} µs of CPU time`);
  });
}
