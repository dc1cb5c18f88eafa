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
  it("none at all fit any questions", () => {
    const required = sheet(question("a", { is_required: "true" }));
    for (const none of [null, {}]) assert.deepEqual(checkAnswers(required, none), []);
    assert.deepEqual(checkAnswers(null, null), []);
  });

  it("some do not fit where nothing was asked", () => {
    assert.deepEqual(checkAnswers(null, { a: 1 }), ["There is no question a."]);
  });

  it("fit only if exactly the questions are answered", () => {
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

  it("must be of the selection, if there is one, by type as well", () => {
    const asked = sheet(question("a", { type: "checkbox", selection: [true, false] }));
    for (const good of [true, false]) assert.deepEqual(checkAnswers(asked, { a: good }), []);
    for (const bad of ["true", "", null, 1]) assert.equal(checkAnswers(asked, { a: bad }).length, 1, String(bad));
  });

  it("may not be empty where required, but may be false", () => {
    const asked = sheet(question("a", { is_required: "true" }));
    for (const bad of ["", null, [], {}])
      assert.deepEqual(checkAnswers(asked, { a: bad }), ["Question a needs an answer."]);
    for (const good of ["x", false, 0, ["x"]]) assert.deepEqual(checkAnswers(asked, { a: good }), []);
  });

  it("are required by the text true only, as bundles have it", () => {
    assert.deepEqual(checkAnswers(sheet(question("a", { is_required: true })), { a: "" }), []);
  });
});
