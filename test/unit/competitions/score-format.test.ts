import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import { decimalText } from "../../../lambdas/competitions/rules/decimal.ts";
import { formatScore } from "../../../lambdas/competitions/rules/score-format.ts";
import { askPython } from "./python.ts";

describe("precision", () => {
  for (const [score, precision, shown] of [
    ["0.8500000000", 2, "0.85"],
    ["1.0000000000", 2, "1.0"],
    ["12.4000000000", 0, "12.0"],
    ["2.6750000000", 2, "2.67"],
    ["0.1250000000", 2, "0.12"],
    ["0.3750000000", 2, "0.38"],
    ["2.5000000000", 0, "2.0"],
    ["-2.5000000000", 0, "-2.0"],
    ["-0.0010000000", 2, "-0.0"],
    ["0.0000100000", 5, "1e-05"],
    ["0.0001000000", 5, "0.0001"],
    ["1234567890.1234567890", 3, "1234567890.123"],
    ["1250.0000000000", -2, "1200.0"],
    ["0.8500000000", 500, "0.85"],
    ["0.8500000000", -500, "0.0"],
  ] as const) {
    it(`${score} with precision ${precision} is shown as ${shown}`, () => {
      assert.equal(formatScore(score, precision), shown);
    });
  }

  it("agrees with Python's str(round(float(score), precision)) for every score (L-17)", () => {
    const any = fc.bigInt({ min: -(10n ** 20n) + 1n, max: 10n ** 20n - 1n });
    const small = fc.bigInt({ min: -(10n ** 11n), max: 10n ** 11n });
    const eighths = fc.bigInt({ min: -80_000n, max: 80_000n }).map((n) => n * 1_250_000_000n);
    const score = fc.oneof(any, small, eighths).map(decimalText);
    const cases = fc.sample(fc.tuple(score, fc.integer({ min: -3, max: 12 })), 5000);
    askPython<string>([], "str(round(float(value[0]), value[1]))", cases).forEach((expected, i) => {
      const [text, precision] = cases[i] ?? ["", 0];
      assert.equal(formatScore(text, precision), expected, `${text} with precision ${precision}`);
    });
  });

  it("a text that is not a score is refused", () => assert.throws(() => formatScore("n/a", 2), RangeError));
});
