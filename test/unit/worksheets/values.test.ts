import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import { readFileGenpath, valueAt, valueOfFile } from "../../../lambdas/worksheets/rules/file-value.ts";
import { formatNumber } from "../../../lambdas/worksheets/rules/number-format.ts";
import { postProcessor } from "../../../lambdas/worksheets/rules/post-process.ts";
import {
  dateText,
  durationText,
  parseDuration,
  parseSize,
  sizeText,
} from "../../../lambdas/worksheets/rules/quantities.ts";
import type { Value } from "../../../lambdas/worksheets/rules/value.ts";

describe("quantities", () => {
  it("reads sizes and durations (W-90)", () => {
    const sizes = { "0": 0, "12": 12, "2k": 2048, "1.5m": 1_572_864, "3G": 3 * 1024 ** 3, "1t": 1024 ** 4 };
    for (const [text, bytes] of Object.entries(sizes)) assert.equal(parseSize(text), bytes, text);
    const durations = { "3": 3, "1.5": 1.5, "2s": 2, "3m": 180, "2h": 7200, "1d": 86_400, "1y": 31_536_000 };
    for (const [text, seconds] of Object.entries(durations)) assert.equal(parseDuration(text), seconds, text);
    for (const text of ["", "k", "1.5", "1q", "-1", "1kk", "9999999t"])
      assert.throws(() => parseSize(text), /Invalid size/);
    for (const text of ["", "m", "1w", "x", "1 h 2"])
      assert.throws(() => parseDuration(text), /Invalid duration/, text);
  });

  it("shows sizes, durations and dates (W-90)", () => {
    const sizes = { 0: "0 bytes", 12: "12 bytes", 1023: "1023 bytes", 1024: "1k", 8300: "8.1k", 204_800: "200k" };
    for (const [bytes, text] of Object.entries(sizes)) assert.equal(sizeText(Number(bytes)), text);
    assert.deepEqual([sizeText(8448), sizeText(5 * 1024 ** 5), sizeText(1.5)], ["8.2k", "5120t", "1.5 bytes"]);
    const durations = { 1.5: "1.5s", 100: "1m40s", 10_000: "2h46m", 90_000: "1d1h", 31_536_000: "1y0d" };
    for (const [seconds, text] of Object.entries(durations)) assert.equal(durationText(Number(seconds)), text);
    assert.equal(dateText(1_767_268_800), "2026-01-01 12:00:00");
    assert.equal(dateText(1_767_268_800.25), "2026-01-01 12:00:00.250000");
  });
});

describe("number formats", () => {
  it("print as Python does (W-89)", () => {
    const cases: [string, number, string | undefined][] = [
      ["%.2f", 0.125, "0.12"],
      ["%.1f", 2.25, "2.2"],
      ["%.0f", 0.5, "0"],
      ["%d", -3.9, "-3"],
      ["%05d|", 42, "00042|"],
      ["%+.1e", 12_345, "+1.2e+04"],
      ["%g", 0.000_01, "1e-05"],
      ["%.3g", 1234, "1.23e+03"],
      ["%G", 1e20, "1E+20"],
      ["%-6.1fm", 1.25, "1.2   m"],
      ["%.1f%%", 99.5, "99.5%"],
      ["%s", 3, "3"],
      ["%x", 3, undefined],
      ["%", 3, undefined],
      ["%d %d", 3, undefined],
      ["%999999999d", 3, undefined],
    ];
    for (const [format, value, text] of cases) assert.equal(formatNumber(format, value), text, format);
  });
});

describe("post-processors", () => {
  const cases: [string | null, Value, Value][] = [
    [null, 3, 3],
    ["size", 2048, "2k"],
    ["size", "2048", "2k"],
    ["size", null, null],
    ["size", "large", "large"],
    ["duration", 100, "1m40s"],
    ["date | [0:10]", 1_767_268_800, "2026-01-01"],
    ["%.2f", "0.5", "0.50"],
    ["[0:8]", "0x1234567890", "0x123456"],
    ["[-2:]", "abc", "bc"],
    ["[1:2]", [1, 2, 3], [2]],
    ["[0:1]", "😊x", "😊"],
    ["[a:b]", "abc", "<invalid function: [a:b]>"],
    ["[0:2]", 12, 12],
    ["s/a+/b", "caat", "cbt"],
    ["s/a+/b/", "caat", "cbt"],
    ["s/a\\/b/c/", "xa/by", "xcy"],
    ["s/(\\w+)@.*/\\1/", "me@example.org", "me"],
    ["s/(/x/", "(", "<invalid regex: s/(/x/>"],
    ["s/a", "a", "<invalid regex: s/a>"],
    ["s/a/b/c/d/", "a", "<invalid regex: s/a/b/c/d/>"],
    ["str", true, "true"],
    ["key k | add a b", 1, { k: 1, a: "b" }],
    ["add a b", 1, "<not a mapping: add a b>"],
    ["duration2", 1, "<invalid function: duration2>"],
    ["size | nonsense", 1, "<invalid function: nonsense>"],
  ];
  for (const [post, value, shown] of cases)
    it(`${post} shows ${JSON.stringify(value)} as ${JSON.stringify(shown)} (W-89)`, () => {
      assert.deepEqual(postProcessor(post)(value), shown);
    });

  it("take neither exponential time nor memory (W-89)", () => {
    const text = "a".repeat(100_000);
    assert.equal(postProcessor("s/(a*)*b/x/")(text), text);
    assert.equal(postProcessor("s/a/aaaaaaaaaaaaaaaaaaaaa/")(text), text);
  });

  it("never throw (W-89)", () => {
    const post = fc.oneof(
      fc.string(),
      fc.constantFrom("s/", "[", "%", "add ", "key ").chain((p) => fc.string().map((s) => p + s)),
    );
    fc.assert(
      fc.property(fc.array(post), fc.jsonValue() as fc.Arbitrary<Value>, (posts, value) => {
        JSON.stringify(postProcessor(posts.join(" | "))(value));
      }),
      { seed: 89, numRuns: 3000 },
    );
  });
});

describe("values in files", () => {
  it("are found by keys in tab-separated lines, JSON and YAML; other files are text (W-88)", () => {
    const at = (text: string, genpath: string) => valueAt(valueOfFile(text), readFileGenpath(genpath).keys);
    assert.equal(at("train\t0.1\ntest\t0.2\tx\n", "/s:test"), "0.2\tx");
    assert.equal(at('{"a": [{"b": 1.5}]}', "/s:a/0/b"), 1.5);
    assert.equal(at("a:\n  - b: yes\n    c: 2026-01-01\n", "/s:a/0/c"), "2026-01-01");
    assert.equal(at("a:\n  b: 0x10\n", "/s:a/b"), 16);
    assert.equal(at("just text\n", "/s"), "just text");
    assert.equal(at("a: b: c\nd\n", "/s"), "a: b: c\nd\n");
    assert.equal(at("", "/s"), "");
    for (const genpath of ["/s:b", "/s:a/b/c", "/s:__proto__", "/s:a/constructor"])
      assert.equal(at('{"a": 1}', genpath), null, genpath);
    assert.equal(typeof at("[".repeat(5000) + "]".repeat(5000), "/s"), "string");
    assert.deepEqual(readFileGenpath("/a/b:c:d/e"), { path: "a/b", keys: ["c:d", "e"] });
  });
});
