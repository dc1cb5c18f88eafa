import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import type { FactSheetQuestion } from "../../../lambdas/competitions/rules/competition.ts";
import { checkAnswers } from "../../../lambdas/competitions/rules/fact-sheet-answers.ts";

const question = (key: string, rest: Partial<FactSheetQuestion> = {}): FactSheetQuestion => ({
  key,
  type: "text",
  title: `Question ${key}`,
  selection: "",
  is_required: "false",
  is_on_leaderboard: "false",
  ...rest,
});
const sheet = (...questions: FactSheetQuestion[]) => Object.fromEntries(questions.map((one) => [one.key, one]));

describe("answers to a fact sheet", () => {
  it("no answers are accepted for any questions", () => {
    const required = sheet(question("a", { is_required: "true" }));
    for (const none of [null, {}]) assert.deepEqual(checkAnswers(required, none), []);
    assert.deepEqual(checkAnswers(null, null), []);
  });

  it("answers are refused if there are no questions", () => {
    assert.deepEqual(checkAnswers(null, { a: 1 }), ["There is no question with the key a."]);
  });

  it("every question must be answered, and nothing else", () => {
    const key = fc.string({ minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.uniqueArray(key), fc.uniqueArray(key, { minLength: 1 }), (asked, answered) => {
        const problems = checkAnswers(
          sheet(...asked.map((name) => question(name))),
          Object.fromEntries(answered.map((name) => [name, "x"])),
        );
        const same = [...asked].sort().join("\u0000") === [...answered].sort().join("\u0000");
        assert.equal(problems.length === 0, same);
      }),
    );
  });

  it("an answer must be in the selection, with the same type", () => {
    const asked = sheet(question("a", { type: "checkbox", selection: [true, false] }));
    for (const good of [true, false]) assert.deepEqual(checkAnswers(asked, { a: good }), []);
    for (const bad of ["true", "", null, 1]) assert.equal(checkAnswers(asked, { a: bad }).length, 1, String(bad));
  });

  it("a required answer may be false but not empty", () => {
    const asked = sheet(question("a", { is_required: "true" }));
    for (const bad of ["", null, [], {}])
      assert.deepEqual(checkAnswers(asked, { a: bad }), ["Question a requires an answer."]);
    for (const good of ["x", false, 0, ["x"]]) assert.deepEqual(checkAnswers(asked, { a: good }), []);
  });

  it("an answer is required only if is_required is the text true", () => {
    assert.deepEqual(checkAnswers(sheet(question("a", { is_required: true })), { a: "" }), []);
  });
});
