import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import {
  compareDecimals,
  decimalFromNumber,
  decimalText,
  divideHalfEven,
  fitsDecimal,
  parseDecimal,
  sum,
} from "../../../lambdas/competitions/rules/decimal.ts";
import { askPython } from "./python.ts";

const roundTrip = (text: string) => {
  const value = parseDecimal(text);
  return value === undefined ? undefined : decimalText(value);
};

/** Rounds a text to the decimal(20,10) that PostgreSQL would store. */
const quantize = (expression: string) =>
  `format(decimal.Decimal(${expression}).quantize(decimal.Decimal('1e-10'), decimal.ROUND_HALF_EVEN, decimal.Context(2000)), 'f')`;

describe("decimals", () => {
  for (const [text, expected] of [
    ["0.85", "0.8500000000"],
    ["-0.5", "-0.5000000000"],
    ["+7", "7.0000000000"],
    [".5", "0.5000000000"],
    ["5.", "5.0000000000"],
    ["1e-5", "0.0000100000"],
    ["1.5E+3", "1500.0000000000"],
    [" 2 \n", "2.0000000000"],
    ["0.00000000005", "0.0000000000"],
    ["0.00000000015", "0.0000000002"],
    ["0.000000000050000001", "0.0000000001"],
    ["-0.00000000015", "-0.0000000002"],
    ["-0.00000000001", "0.0000000000"],
    ["0e999999999999", "0.0000000000"],
    ["1e-999999999999", "0.0000000000"],
  ]) {
    it(`${JSON.stringify(text)} is ${expected}`, () => assert.equal(roundTrip(text ?? ""), expected));
  }

  for (const text of [
    "",
    " ",
    ".",
    "-",
    "e5",
    "1e",
    "1e5.5",
    "0x10",
    "1_000",
    "1,5",
    "NaN",
    "Infinity",
    "12abc",
    "- 1",
  ]) {
    it(`${JSON.stringify(text)} is not a number`, () => assert.equal(parseDecimal(text), undefined));
  }

  it("a text of more than 400 characters is not a number, and parsing is fast", () => {
    assert.equal(parseDecimal("1".repeat(401)), undefined);
    assert.equal(fitsDecimal(parseDecimal("1".repeat(400)) ?? 0n), false);
    assert.equal(fitsDecimal(parseDecimal("1e999999999999") ?? 0n), false);
  });

  it("ten digits before the point fit, eleven do not", () => {
    assert.equal(fitsDecimal(parseDecimal("9999999999.9999999999") ?? 0n), true);
    assert.equal(fitsDecimal(parseDecimal("-9999999999.9999999999") ?? 0n), true);
    assert.equal(fitsDecimal(parseDecimal("10000000000") ?? 0n), false);
    assert.equal(fitsDecimal(parseDecimal("-10000000000") ?? 0n), false);
    assert.equal(fitsDecimal(parseDecimal("9999999999.99999999995") ?? 0n), false);
  });

  it("a decimal survives conversion to text and back", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 20n) + 1n, max: 10n ** 20n - 1n }), (value) => {
        assert.equal(parseDecimal(decimalText(value)), value);
      }),
    );
  });

  it("texts are rounded as by Python's decimal, ties to even", () => {
    const digits = fc.array(fc.constantFrom("0", "1", "4", "5", "9"), { maxLength: 14 }).map((parts) => parts.join(""));
    const number = fc
      .tuple(fc.constantFrom("", "-", "+"), digits, digits, fc.option(fc.integer({ min: -14, max: 8 })))
      .filter(([, whole, fraction]) => whole + fraction !== "")
      .map(([sign, whole, fraction, e]) => `${sign}${whole}.${fraction}${e === null ? "" : `e${e}`}`);
    const texts = fc.sample(number, 3000);
    askPython<string>(["decimal"], quantize("value"), texts).forEach((expected, i) =>
      assert.equal(roundTrip(texts[i] ?? ""), expected.replace(/^-(0\.0*)$/, "$1"), texts[i]),
    );
  });

  it("numbers are converted exactly and rounded as by Python's decimal", () => {
    const halves = fc.integer({ min: -100_000, max: 100_000 }).map((value) => value / 2 ** 11);
    const numbers = fc.sample(fc.oneof(halves, fc.double({ noNaN: true, min: -1e10, max: 1e10 })), 3000);
    askPython<string>(["decimal"], quantize("float(value)"), numbers).forEach((expected, i) =>
      assert.equal(
        decimalText(decimalFromNumber(numbers[i] ?? 0)),
        expected.replace(/^-(0\.0*)$/, "$1"),
        String(numbers[i]),
      ),
    );
  });

  it("numbers too large for a score do not fit, and NaN and infinity are refused", () => {
    for (const value of [1e10, 1e21, -1e300, Number.MAX_VALUE]) {
      assert.equal(fitsDecimal(decimalFromNumber(value)), false, String(value));
    }
    assert.equal(decimalFromNumber(1e21), 10n ** 31n);
    assert.throws(() => decimalFromNumber(NaN), RangeError);
    assert.throws(() => decimalFromNumber(Infinity), RangeError);
  });

  it("division rounds to the nearest integer, ties to even, for both signs", () => {
    const quotients = [-7n, -6n, -5n, -3n, -2n, -1n, 0n, 1n, 2n, 3n, 5n, 6n, 7n].map((n) => divideHalfEven(n, 4n));
    assert.deepEqual(quotients, [-2n, -2n, -1n, -1n, 0n, 0n, 0n, 0n, 0n, 1n, 1n, 2n, 2n]);
  });

  it("0.1 + 0.2 is 0.3", () => {
    const values = ["0.1", "0.2"].map((text) => parseDecimal(text) ?? 0n);
    assert.equal(decimalText(sum(values) ?? 0n), "0.3000000000");
    assert.equal(sum([]), undefined);
  });

  it("compares values that are equal as doubles", () => {
    const [a, b] = ["9999999999.0000000001", "9999999999.0000000002"].map((text) => parseDecimal(text) ?? 0n);
    assert.equal(Number("9999999999.0000000001"), Number("9999999999.0000000002"));
    assert.ok(compareDecimals(a ?? 0n, b ?? 0n) < 0);
    assert.ok(compareDecimals(b ?? 0n, a ?? 0n) > 0);
    assert.equal(compareDecimals(1n, 1n), 0);
  });
});
