import assert from "node:assert/strict";
import { test } from "@jest/globals";
import { likelyKey } from "../../../../lambdas/competitions/rules/bundle-format/spelling.ts";

const known = [
  "title",
  "end",
  "name",
  "hide_output",
  "hide_score_output",
  "max_submissions",
  "max_submissions_per_day",
];

const guesses: [unknown: string, why: string, meant: string | null][] = [
  ["titl", "a letter is missing", "title"],
  ["titlee", "there is a letter too many", "title"],
  ["tytle", "a letter is wrong", "title"],
  ["tilte", "neighbours are swapped", "title"],
  ["itlte", "a short key has two mistakes", null],
  ["nmae", "neighbours are swapped in a short key", "name"],
  ["ned", "neighbours are swapped in three letters", "end"],
  ["en", "two letters say too little", null],
  ["Max-Submissions", "case and dashes do not count", "max_submissions"],
  ["max_submisions", "a long key has a mistake", "max_submissions"],
  ["max_submiion", "a long key has three mistakes", null],
  ["max_submision", "a long key has two mistakes", "max_submissions"],
  ["hide_outputs", "the closest key is meant", "hide_output"],
  ["max_submission_per_days", "the closest of two long keys is meant", "max_submissions_per_day"],
  ["sponsor", "it is like nothing here", null],
  ["x".repeat(60), "it is longer than any key", null],
];
for (const [unknown, why, meant] of guesses) {
  test(`${unknown} is taken for ${meant ?? "no key"}: ${why}`, () => {
    assert.equal(likelyKey(unknown, known), meant);
  });
}

test("of keys that are as close the first one is meant, and a closer one comes before it", () => {
  assert.equal(likelyKey("abcdeX", ["abcdef", "abcdeg"]), "abcdef");
  assert.equal(likelyKey("abcdefX", ["abcdeXY", "abcdef"]), "abcdef");
});
