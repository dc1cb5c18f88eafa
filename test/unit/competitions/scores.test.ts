import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import { missingScores, parseScores } from "../../../lambdas/competitions/rules/scores.ts";
import type { ScoresFile } from "../../../lambdas/competitions/rules/scores.ts";

const columns = ["accuracy", "set1_score", "correct", "a", "b", "Duration"];

function read(name: ScoresFile["name"], text: string, keys = columns) {
  const result = parseScores({ name, text }, keys);
  assert.ok(result.ok, result.ok ? "" : result.message);
  return { scores: Object.fromEntries(result.scores), warnings: result.warnings };
}

const json = (text: string, keys = columns) => read("scores.json", text, keys);
const txt = (text: string, keys = columns) => read("scores.txt", text, keys);

function refused(name: ScoresFile["name"], text: string): string {
  const result = parseScores({ name, text }, columns);
  assert.ok(!result.ok);
  assert.equal(result.code, "BAD_SCORES");
  return result.message;
}

describe("scores.json", () => {
  it('{"accuracy": 0.85} is stored', () => {
    assert.deepEqual(json('{"accuracy": 0.85}'), { scores: { accuracy: "0.8500000000" }, warnings: [] });
  });

  it("a byte order mark before it is no error", () => {
    assert.deepEqual(json('\uFEFF{"accuracy": 1}').scores, { accuracy: "1.0000000000" });
  });

  it("invalid JSON fails the run with the parser's reason (R-76)", () => {
    assert.match(refused("scores.json", '{"accuracy": 0.85'), /^scores\.json is not valid JSON: .+\.$/);
    assert.match(refused("scores.json", ""), /^scores\.json is not valid JSON: .+\.$/);
    assert.match(refused("scores.json", "accuracy: 0.85"), /^scores\.json is not valid JSON: .+\.$/);
    assert.match(refused("scores.json", '{"accuracy": NaN,}'), /^scores\.json is not valid JSON: .+\.$/);
  });

  for (const text of ["[0.85]", "0.85", "null", '"accuracy"', "NaN"]) {
    it(`${text} is no mapping and fails the run`, () => assert.match(refused("scores.json", text), /one mapping/));
  }

  it("NaN and Infinity, as Python writes them, are stored as null, shown as n/a, and warned of (R-73)", () => {
    const { scores, warnings } = json('{"a": NaN, "b": -Infinity, "accuracy": Infinity, "correct": 2}');
    assert.deepEqual(scores, { a: null, b: null, accuracy: null, correct: "2.0000000000" });
    assert.deepEqual(warnings, [
      '"accuracy" in scores.json is Infinity; it is shown as n/a.',
      '"a" in scores.json is NaN; it is shown as n/a.',
      '"b" in scores.json is -Infinity; it is shown as n/a.',
    ]);
  });

  it("the letters NaN inside a text stay what they are", () => {
    const { scores, warnings } = json('{"note": "NaN \\" Infinity", "NaN": 1, "a": NaN}', ["a", "NaN", "note"]);
    assert.deepEqual(scores, { a: null, NaN: "1.0000000000" });
    assert.ok(warnings.some((warning) => warning.includes('the text "NaN " Infinity"')));
  });

  it("null is stored as null and warned of", () => {
    const { scores, warnings } = json('{"a": null, "b": 1}');
    assert.deepEqual(scores, { a: null, b: "1.0000000000" });
    assert.deepEqual(warnings, ['"a" in scores.json is empty; it is shown as n/a.']);
  });

  it("a nested value or list for a known column rejects that column, keeps the others, and warns (R-74)", () => {
    const { scores, warnings } = json('{"a": {"x": 1}, "b": [1], "accuracy": 0.5}');
    assert.deepEqual(scores, { accuracy: "0.5000000000" });
    assert.deepEqual(warnings, [
      '"a" in scores.json is not a number (a nested mapping); the column gets no score.',
      '"b" in scores.json is not a number (a list); the column gets no score.',
    ]);
  });

  it("unknown keys are ignored, also nested ones (R-75)", () => {
    assert.deepEqual(json('{"accuracy": 6.7, "all_costs": {"1": [1, 2]}, "note": NaN}'), {
      scores: { accuracy: "6.7000000000" },
      warnings: [],
    });
  });

  it("a missing column is n/a without a warning, a file without any column has one (R-75)", () => {
    assert.deepEqual(json('{"a": 1}').warnings, []);
    const { scores, warnings } = json('{"Accuracy": 1}');
    assert.deepEqual(scores, {});
    assert.deepEqual(warnings, [`scores.json has none of the leaderboard's columns (${columns.join(", ")}).`]);
  });

  it("keys are matched by case (L-1)", () => assert.deepEqual(json('{"A": 1, "b": 2}').scores, { b: "2.0000000000" }));

  it("keys that every object has are no scores", () => {
    assert.deepEqual(json('{"a": 1}', ["constructor", "__proto__", "toString", "a"]).scores, { a: "1.0000000000" });
  });

  it("texts that look like numbers are accepted, others reject the column (R-72, R-74)", () => {
    const { scores, warnings } = json('{"a": " 1e-5 ", "b": "85%", "accuracy": "0.85", "correct": "nan"}');
    assert.deepEqual(scores, { a: "0.0000100000", accuracy: "0.8500000000", correct: null });
    assert.ok(warnings.includes('"b" in scores.json is not a number (the text "85%"); the column gets no score.'));
  });

  it("true and false are 1 and 0", () => {
    assert.deepEqual(json('{"a": true, "b": false}').scores, { a: "1.0000000000", b: "0.0000000000" });
  });

  it("a score of eleven digits before its point rejects the column (L-1)", () => {
    const { scores, warnings } = json('{"a": 12345678901, "b": 1e300, "accuracy": 1234567890.5}');
    assert.deepEqual(scores, { accuracy: "1234567890.5000000000" });
    assert.deepEqual(
      warnings.map((warning) => warning.includes("at most 10 digits")),
      [true, true],
    );
  });

  it("more than ten places are rounded, ties to even (L-1)", () => {
    assert.equal(json('{"a": 0.33333333333333}').scores.a, "0.3333333333");
    assert.equal(json('{"a": 0.00048828125}').scores.a, "0.0004882812");
  });
});

describe("scores.txt", () => {
  it("YAML with a blank after the colon is stored (R-70)", () => {
    assert.deepEqual(txt("set1_score: 0.33\nDuration: 0"), {
      scores: { set1_score: "0.3300000000", Duration: "0.0000000000" },
      warnings: [],
    });
  });

  it("the style of v1.5 without a blank is read line by line (R-71)", () => {
    assert.deepEqual(txt("correct:1"), { scores: { correct: "1.0000000000" }, warnings: [] });
    assert.deepEqual(txt("correct:1\r\na:-2.5\r\n\r\n"), {
      scores: { correct: "1.0000000000", a: "-2.5000000000" },
      warnings: [],
    });
  });

  it("both styles in one file are read", () => {
    for (const text of ["a: 1\nb:2\n", "b:2\na: 1\n", "# scores\nb:2\n a ignored: 9\na: 1"]) {
      const { scores } = txt(text);
      assert.deepEqual(scores, { a: "1.0000000000", b: "2.0000000000" });
    }
  });

  it("other lines in the style of v1.5 are ignored and counted in a warning", () => {
    assert.deepEqual(txt("correct:1\nall is well\n  a:2\n"), {
      scores: { correct: "1.0000000000" },
      warnings: ['2 line(s) of scores.txt are not "key: number" and were ignored.'],
    });
  });

  it("a: 1e-5 is stored as a number (R-72)", () => assert.equal(txt("a: 1e-5").scores.a, "0.0000100000"));

  it(".nan and .inf are stored as null, shown as n/a, and warned of (R-73)", () => {
    for (const text of ["a: .nan\nb: 1", "a: -.inf\nb: 1", "a:nan\nb:1", "a: inf\nb: 1", "a:\nb: 1"]) {
      const { scores, warnings } = txt(text);
      assert.deepEqual(scores, { a: null, b: "1.0000000000" }, text);
      assert.equal(warnings.length, 1, text);
    }
  });

  it("a nested value or list for a known column rejects that column, keeps the others, and warns (R-74)", () => {
    const { scores, warnings } = txt("a: {x: 1}\nb:\n  - 1\naccuracy: 0.5\ncorrect: 2020-01-01\n");
    assert.deepEqual(scores, { accuracy: "0.5000000000" });
    assert.equal(warnings.length, 3);
  });

  it("JSON in scores.txt is YAML, and read", () => {
    assert.deepEqual(txt('{"a": 1, "b": 2.5}').scores, { a: "1.0000000000", b: "2.5000000000" });
  });

  it("numbers are read as PyYAML reads them", () => {
    assert.deepEqual(txt("a: 1:30\nb: 0x10\naccuracy: 1_000\ncorrect: yes").scores, {
      a: "90.0000000000",
      b: "16.0000000000",
      accuracy: "1000.0000000000",
      correct: "1.0000000000",
    });
  });

  it("a column that is named by a number is found by it", () => {
    assert.deepEqual(txt("1: 0.5\n2:\n  3: 4\n", ["1"]).scores, { "1": "0.5000000000" });
  });

  it("the last of two equal keys counts", () => assert.equal(txt("a: 1\na: 2\n").scores.a, "2.0000000000"));

  for (const text of ["", "\n\n", "# nothing", "well done", "- a\n- b", ":1"]) {
    it(`${JSON.stringify(text)} holds no score and fails the run (R-76)`, () => {
      assert.match(refused("scores.txt", text), /a line for each column/);
    });
  }
});

describe("any scores file", () => {
  it("the message for a missing one says what to write and where", () => {
    assert.match(missingScores, /scores\.json or scores\.txt.+\/app\/output/);
  });

  it("never makes reading throw, names only known columns, and gives decimals of ten places", () => {
    const piece = fc.constantFrom(
      "a",
      "b",
      ":",
      ": ",
      "\n",
      "1",
      ".5",
      "e3",
      "NaN",
      "{",
      "}",
      '"',
      ",",
      "[",
      "]",
      "\\",
      "-",
      " ",
      "#",
    );
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join("")),
      fc.json(),
    );
    fc.assert(
      fc.property(text, fc.constantFrom("scores.json" as const, "scores.txt" as const), (content, name) => {
        const result = parseScores({ name, text: content }, ["a", "b"]);
        if (!result.ok) return;
        for (const [key, score] of result.scores) {
          assert.ok(key === "a" || key === "b");
          if (score !== null) assert.match(score, /^-?\d{1,10}\.\d{10}$/);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("every number Python could write into JSON comes back as the decimal nearest to it", () => {
    fc.assert(
      fc.property(fc.double({ min: -1e9, max: 1e9, noNaN: true }), (value) => {
        const score = Number(json(JSON.stringify({ a: value })).scores.a);
        assert.ok(Math.abs(score - value) <= 5.1e-11 + Math.abs(value) * Number.EPSILON);
      }),
    );
  });
});
