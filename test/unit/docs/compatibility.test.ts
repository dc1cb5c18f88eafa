import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "@jest/globals";
import { repository } from "../../support/files.ts";

const read = (path: string) => readFileSync(join(repository, path), "utf8");
const rule = /\b[BRLAW]-\d+\b/g;

/** The rules on the two pages: each begins a row of a table, or stands in brackets behind what is not taken. */
const rules = [
  ...`${read("docs/compatibility.md")}\n${read("docs/worksheets.md")}`.matchAll(
    /^\| ([BRLAW]-\d+) \| ([^|]*) \||^Not taken \(([BRLA]-\d+)\)/gm,
  ),
].map(([, inTable, mark = "not taken", inText]) => ({ number: inTable ?? inText!, taken: mark !== "not taken" }));
const numbers = rules.map(({ number }) => number);
const cited = new Set(
  globSync("test/**/*.ts", { cwd: repository })
    .filter((path) => !path.endsWith("unit/docs/compatibility.test.ts"))
    .flatMap((path) => read(path).match(rule) ?? []),
);

describe("docs/compatibility.md and docs/worksheets.md", () => {
  it("has rules, and gives no number twice", () => {
    assert.ok(numbers.length > 200, `${numbers.length} rules`);
    assert.deepEqual(
      numbers.filter((number, i) => numbers.indexOf(number) !== i),
      [],
    );
  });

  it("has a test for every rule that is taken, which names it", () => {
    const untested = rules.filter(({ number, taken }) => taken && !cited.has(number));
    assert.deepEqual(
      untested.map(({ number }) => number),
      [],
    );
  });

  it("has every rule that a test names", () => {
    assert.deepEqual([...cited].filter((number) => !numbers.includes(number)).sort(), []);
  });
});
