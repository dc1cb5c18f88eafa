import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import { missingScores, parseScores } from "../../../lambdas/competitions/rules/scores.ts";
import type { ScoresFile } from "../../../lambdas/competitions/rules/scores.ts";

const columns = ["accuracy", "set1_score", "correct", "a", "b", "Duration"];

const columnsOf = (keys: string[]) => keys.map((key) => ({ key, computation: null }));

/** The scores of a file, and its warnings except for those about columns that it lacks. */
function read(name: ScoresFile["name"], text: string, keys = columns) {
  const result = parseScores({ name, text }, columnsOf(keys));
  assert.ok(result.ok, result.ok ? "" : result.message);
  const [missing, others] = [true, false].map((wanted) =>
    result.warnings.flatMap(({ code, message }) => ((code === "SCORE_MISSING") === wanted ? message : [])),
  );
  return { scores: Object.fromEntries(result.scores), warnings: others!, missing: missing! };
}

const json = (text: string, keys = columns) => read("scores.json", text, keys);
const txt = (text: string, keys = columns) => read("scores.txt", text, keys);

function refused(name: ScoresFile["name"], text: string): string {
  const result = parseScores({ name, text }, columnsOf(columns));
  assert.ok(!result.ok);
  assert.equal(result.code, "BAD_SCORES");
  return result.message;
}

describe("scores.json", () => {
  it('{"accuracy": 0.85} is stored', () => {
    assert.deepEqual(json('{"accuracy": 0.85}', ["accuracy"]), {
      scores: { accuracy: "0.8500000000" },
      warnings: [],
      missing: [],
    });
  });

  it("a byte order mark is accepted", () => {
    assert.deepEqual(json('\uFEFF{"accuracy": 1}').scores, { accuracy: "1.0000000000" });
  });

  it("invalid JSON fails the run with the parser's reason (R-76)", () => {
    assert.match(refused("scores.json", '{"accuracy": 0.85'), /^scores\.json is not valid JSON: .+\.$/);
    assert.match(refused("scores.json", ""), /^scores\.json is not valid JSON: .+\.$/);
    assert.match(refused("scores.json", "accuracy: 0.85"), /^scores\.json is not valid JSON: .+\.$/);
    assert.match(refused("scores.json", '{"accuracy": NaN,}'), /^scores\.json is not valid JSON: .+\.$/);
  });

  it("text in UTF-16, or with NUL or half a surrogate pair, fails the run with a sentence that can be stored (R-105)", () => {
    for (const name of ["scores.json", "scores.txt"] as const) {
      const text = Buffer.from('\uFEFF{"accuracy": 1}', "utf16le").toString();
      assert.match(refused(name, text), /is not text in UTF-8: it contains NUL characters, as UTF-16 does/);
    }
    const message = refused("scores.json", '{"\ud83d": 1, \u0001\ud83d}');
    assert.match(message, /^scores\.json is not valid JSON: .+\.$/);
    assert.ok(message.isWellFormed() && !/\p{Cc}/u.test(message), JSON.stringify(message));
  });

  for (const text of ["[0.85]", "0.85", "null", '"accuracy"', "NaN"]) {
    it(`${text} is not a mapping and fails the run`, () => assert.match(refused("scores.json", text), /one mapping/));
  }

  it("NaN and Infinity, as Python writes them, are stored as null, shown as n/a and reported in a warning (R-73)", () => {
    const { scores, warnings } = json('{"a": NaN, "b": -Infinity, "accuracy": Infinity, "correct": 2}');
    assert.deepEqual(scores, { a: null, b: null, accuracy: null, correct: "2.0000000000" });
    assert.deepEqual(warnings, [
      '"accuracy" in scores.json is Infinity, so it is shown as n/a.',
      '"a" in scores.json is NaN, so it is shown as n/a.',
      '"b" in scores.json is -Infinity, so it is shown as n/a.',
    ]);
  });

  it("NaN inside a text is unchanged", () => {
    const { scores, warnings } = json('{"note": "NaN \\" Infinity", "NaN": 1, "a": NaN}', ["a", "NaN", "note"]);
    assert.deepEqual(scores, { a: null, NaN: "1.0000000000" });
    assert.ok(warnings.some((warning) => warning.includes('the text "NaN " Infinity"')));
  });

  it("null is stored as null and reported in a warning", () => {
    const { scores, warnings } = json('{"a": null, "b": 1}');
    assert.deepEqual(scores, { a: null, b: "1.0000000000" });
    assert.deepEqual(warnings, ['"a" in scores.json is empty, so it is shown as n/a.']);
  });

  it("a mapping or list as the score of a column is rejected with a warning, and other columns are kept (R-74)", () => {
    const { scores, warnings } = json('{"a": {"x": 1}, "b": [1], "accuracy": 0.5}');
    assert.deepEqual(scores, { accuracy: "0.5000000000" });
    assert.deepEqual(warnings, [
      '"a" in scores.json is not a number (a nested mapping), so the column gets no score.',
      '"b" in scores.json is not a number (a list), so the column gets no score.',
    ]);
  });

  it("unknown keys are ignored, even nested ones (R-75)", () => {
    assert.deepEqual(json('{"accuracy": 6.7, "all_costs": {"1": [1, 2]}, "note": NaN}', ["accuracy"]), {
      scores: { accuracy: "6.7000000000" },
      warnings: [],
      missing: [],
    });
  });

  it("a missing column is n/a, with a warning that names the key which was probably meant (R-75, R-78)", () => {
    assert.deepEqual(json('{"mean_error": 1, "note": 2}', ["mean_err"]).missing, [
      'scores.json has no score for "mean_err", so it is shown as n/a. It has "mean_error": did you mean "mean_err"?',
    ]);
    assert.deepEqual(json('{"Accuracy": 1}').missing, [
      'scores.json has no score for "accuracy", "set1_score", "correct", "a", "b", 1 more, so they are shown as n/a. It has "Accuracy": did you mean "accuracy"?',
    ]);
    assert.deepEqual(json('{"a": null, "b": 2}', ["a", "b"]).missing, []);
  });

  it("no score is expected for a column that the platform computes (R-78)", () => {
    const text = '{"a": 1}';
    const result = parseScores({ name: "scores.json", text }, [
      { key: "a", computation: null },
      { key: "mean", computation: "avg" },
    ]);
    assert.deepEqual(result.ok && result.warnings, []);
  });

  it("keys are case-sensitive (L-1)", () => assert.deepEqual(json('{"A": 1, "b": 2}').scores, { b: "2.0000000000" }));

  it("names of JavaScript object properties are not scores", () => {
    assert.deepEqual(json('{"a": 1}', ["constructor", "__proto__", "toString", "a"]).scores, { a: "1.0000000000" });
  });

  it("texts that look like numbers are accepted; other texts are rejected (R-72, R-74)", () => {
    const { scores, warnings } = json('{"a": " 1e-5 ", "b": "85%", "accuracy": "0.85", "correct": "nan"}');
    assert.deepEqual(scores, { a: "0.0000100000", accuracy: "0.8500000000", correct: null });
    assert.ok(warnings.includes('"b" in scores.json is not a number (the text "85%"), so the column gets no score.'));
  });

  it("true and false are read as 1 and 0", () => {
    assert.deepEqual(json('{"a": true, "b": false}').scores, { a: "1.0000000000", b: "0.0000000000" });
  });

  it("a score with eleven digits before the point is rejected (L-1)", () => {
    const { scores, warnings } = json('{"a": 12345678901, "b": 1e300, "accuracy": 1234567890.5}');
    assert.deepEqual(scores, { accuracy: "1234567890.5000000000" });
    assert.deepEqual(
      warnings.map((warning) => warning.includes("at most 10 digits")),
      [true, true],
    );
  });

  it("scores with more than ten decimal places are rounded, ties to even (L-1)", () => {
    assert.equal(json('{"a": 0.33333333333333}').scores.a, "0.3333333333");
    assert.equal(json('{"a": 0.00048828125}').scores.a, "0.0004882812");
  });
});

describe("scores.txt", () => {
  it("YAML with a space after the colon is read (R-70)", () => {
    const { scores, warnings } = txt("set1_score: 0.33\nDuration: 0");
    assert.deepEqual(scores, { set1_score: "0.3300000000", Duration: "0.0000000000" });
    assert.deepEqual(warnings, []);
  });

  it("the form of version 1.5, without a space, is read line by line (R-71)", () => {
    assert.deepEqual(txt("correct:1", ["correct"]), {
      scores: { correct: "1.0000000000" },
      warnings: [],
      missing: [],
    });
    assert.deepEqual(txt("correct:1\r\na:-2.5\r\n\r\n").scores, { correct: "1.0000000000", a: "-2.5000000000" });
  });

  it("both forms may occur in one file", () => {
    for (const text of ["a: 1\nb:2\n", "b:2\na: 1\n", "# scores\nb:2\n a ignored: 9\na: 1"]) {
      const { scores } = txt(text);
      assert.deepEqual(scores, { a: "1.0000000000", b: "2.0000000000" });
    }
  });

  it("other lines are ignored in the form of version 1.5, and a warning gives their number", () => {
    const { scores, warnings } = txt("correct:1\nall is well\n  a:2\n");
    assert.deepEqual(scores, { correct: "1.0000000000" });
    assert.deepEqual(warnings, ['2 line(s) of scores.txt are not of the form "key: number" and were ignored.']);
  });

  it("a: 1e-5 is stored as a number (R-72)", () => assert.equal(txt("a: 1e-5").scores.a, "0.0000100000"));

  it(".nan and .inf are stored as null, shown as n/a and reported in a warning (R-73)", () => {
    for (const text of ["a: .nan\nb: 1", "a: -.inf\nb: 1", "a:nan\nb:1", "a: inf\nb: 1", "a:\nb: 1"]) {
      const { scores, warnings } = txt(text);
      assert.deepEqual(scores, { a: null, b: "1.0000000000" }, text);
      assert.equal(warnings.length, 1, text);
    }
  });

  it("a mapping or list as the score of a column is rejected with a warning, and other columns are kept (R-74)", () => {
    const { scores, warnings } = txt("a: {x: 1}\nb:\n  - 1\naccuracy: 0.5\ncorrect: 2020-01-01\n");
    assert.deepEqual(scores, { accuracy: "0.5000000000" });
    assert.equal(warnings.length, 3);
  });

  it("JSON in scores.txt is read as YAML", () => {
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

  it("a column whose key looks like a number is found", () => {
    assert.deepEqual(txt("1: 0.5\n2:\n  3: 4\n", ["1"]).scores, { "1": "0.5000000000" });
  });

  it("if a key occurs twice, the last value is used", () => assert.equal(txt("a: 1\na: 2\n").scores.a, "2.0000000000"));

  for (const text of ["", "\n\n", "# nothing", "well done", "- a\n- b", ":1"]) {
    it(`${JSON.stringify(text)} contains no score and fails the run (R-76)`, () => {
      assert.match(refused("scores.txt", text), /one line per column/);
    });
  }
});

describe("any scores file", () => {
  it("the message for a missing file says what to write and where", () => {
    assert.match(missingScores, /scores\.json or scores\.txt.+\/app\/output/);
  });

  it("reading never throws, returns only known columns, and returns decimals with ten places", () => {
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
        const result = parseScores({ name, text: content }, columnsOf(["a", "b"]));
        if (!result.ok) return;
        for (const [key, score] of result.scores) {
          assert.ok(key === "a" || key === "b");
          if (score !== null) assert.match(score, /^-?\d{1,10}\.\d{10}$/);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("every number that Python can write as JSON is read as the nearest decimal", () => {
    fc.assert(
      fc.property(fc.double({ min: -1e9, max: 1e9, noNaN: true }), (value) => {
        const score = Number(json(JSON.stringify({ a: value })).scores.a);
        assert.ok(Math.abs(score - value) <= 5.1e-11 + Math.abs(value) * Number.EPSILON);
      }),
    );
  });
});
