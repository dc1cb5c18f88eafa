import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import type { Computation } from "../../../lambdas/competitions/rules/competition.ts";
import { computeScores } from "../../../lambdas/competitions/rules/computed-columns.ts";
import type { ComputableColumn } from "../../../lambdas/competitions/rules/computed-columns.ts";
import { decimalText, parseDecimal } from "../../../lambdas/competitions/rules/decimal.ts";
import { askPython } from "./python.ts";

const plain = (index: number, key: string): ComputableColumn => ({
  key,
  index,
  computation: null,
  computationIndexes: null,
});
const computed = (index: number, computation: Computation, ...from: number[]): ComputableColumn => ({
  key: computation + index,
  index,
  computation,
  computationIndexes: from,
});
const scores = (values: Record<string, string | null>) => new Map(Object.entries(values));

const sources = [plain(0, "x"), plain(1, "y"), plain(2, "z")];
const compute = (columns: ComputableColumn[], ...submissions: Record<string, string | null>[]) =>
  Object.fromEntries(computeScores([...sources, ...columns], submissions.map(scores)));

describe("computed columns", () => {
  const xyz = { x: "1.0000000000", y: "2.5000000000", z: "-4.0000000000" };
  for (const [computation, expected] of [
    ["avg", "-0.1666666667"],
    ["sum", "-0.5000000000"],
    ["min", "-4.0000000000"],
    ["max", "2.5000000000"],
  ] as const) {
    it(`${computation} over three columns`, () => {
      assert.deepEqual(compute([computed(3, computation, 0, 1, 2)], xyz), { [`${computation}3`]: expected });
    });
  }

  it("only the columns in computation_indexes are used", () => {
    assert.deepEqual(compute([computed(3, "sum", 0, 1)], xyz), { sum3: "3.5000000000" });
  });

  it("missing scores are skipped, and an average is taken over the existing ones (L-2)", () => {
    assert.deepEqual(compute([computed(3, "avg", 0, 1, 2)], { x: "1.0", y: null }), { avg3: "1.0000000000" });
    assert.deepEqual(compute([computed(3, "avg", 0, 1, 2)], { x: "1.0", z: "2.0" }), { avg3: "1.5000000000" });
  });

  it("without any score nothing is computed (L-2)", () => {
    assert.deepEqual(compute([computed(3, "sum", 0, 1), computed(4, "min", 0, 7)], { z: "1.0", x: null }), {});
  });

  it("a parent's score is computed from all scores of its children (L-3)", () => {
    const children: Record<string, string | null>[] = [{ x: "1.0", y: "2.0" }, { x: "3.0" }, { x: null }, {}];
    assert.deepEqual(compute([computed(3, "avg", 0, 1), computed(4, "max", 0)], ...children), {
      avg3: "2.0000000000",
      max4: "3.0000000000",
    });
  });

  it("a child's score is computed from its own scores", () => {
    assert.deepEqual(compute([computed(3, "avg", 0, 1)], { x: "1.0", y: "2.0" }), { avg3: "1.5000000000" });
  });

  it("a computed column may use another computed column, in any order (L-4)", () => {
    const columns = [computed(3, "sum", 4, 0), computed(4, "avg", 0, 1)];
    assert.deepEqual(compute(columns, { x: "1.0", y: "2.0" }), { avg4: "1.5000000000", sum3: "2.5000000000" });
  });

  it("the old score of a computed column is never used as input: after an edit it is recomputed (L-5)", () => {
    const columns = [computed(3, "avg", 0, 1), computed(4, "sum", 3)];
    const stale = { x: "1.0", y: "2.0", avg3: "9.0", sum4: "9.0" };
    assert.deepEqual(compute(columns, stale), { avg3: "1.5000000000", sum4: "1.5000000000" });
  });

  it("columns that depend on each other in a cycle have no score; columns that use them use their other inputs (L-4)", () => {
    const columns = [
      computed(3, "sum", 4, 0),
      computed(4, "sum", 5, 0),
      computed(5, "sum", 3),
      computed(6, "sum", 3, 0),
    ];
    assert.deepEqual(compute(columns, { x: "1.0" }), { sum6: "1.0000000000" });
    assert.deepEqual(compute([...columns].reverse(), { x: "1.0" }), { sum6: "1.0000000000" });
  });

  it("a column that depends on all columns before it is computed once", () => {
    const chain = Array.from({ length: 60 }, (_, i) =>
      computed(i + 3, "max", ...Array.from({ length: i + 3 }, (__, j) => j)),
    );
    assert.equal(compute(chain, { x: "1.0" }).max62, "1.0000000000");
  });

  it("a result with eleven digits before the point is dropped", () => {
    assert.deepEqual(compute([computed(3, "sum", 0, 1)], { x: "9999999999.0", y: "1.0" }), {});
  });

  it("results are exact: 0.1 + 0.2 is 0.3", () => {
    assert.deepEqual(compute([computed(3, "sum", 0, 1)], { x: "0.1", y: "0.2" }), { sum3: "0.3000000000" });
  });

  it("computations agree with Python's decimals", () => {
    const score = fc.bigInt({ min: -(10n ** 13n), max: 10n ** 13n }).map(decimalText);
    const lists = fc.sample(fc.array(score, { minLength: 1, maxLength: 7 }), 500);
    const values = "[decimal.Decimal(text) for text in value]";
    for (const [computation, python] of [
      ["avg", `statistics.mean(${values})`],
      ["sum", `sum(${values})`],
      ["min", `min(${values})`],
      ["max", `max(${values})`],
    ] as const) {
      const quantized = `str(format(${python}.quantize(decimal.Decimal('1e-10')), 'f'))`;
      askPython<string>(["decimal", "statistics"], quantized, lists).forEach((expected, i) => {
        const children = (lists[i] ?? []).map((x) => ({ x }));
        const result = compute([computed(3, computation, 0)], ...children)[`${computation}3`];
        assert.equal(result, decimalText(parseDecimal(expected) ?? 0n), `${computation} of ${lists[i]?.join(", ")}`);
      });
    }
  });
});
