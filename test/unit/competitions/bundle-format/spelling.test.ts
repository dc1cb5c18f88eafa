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
  ["titlee", "there is an extra letter", "title"],
  ["tytle", "a letter is wrong", "title"],
  ["tilte", "neighbours are swapped", "title"],
  ["itlte", "a short key has two mistakes", null],
  ["nmae", "neighbours are swapped in a short key", "name"],
  ["ned", "neighbours are swapped in three letters", "end"],
  ["en", "two letters are too few to guess", null],
  ["Max-Submissions", "case and dashes are ignored", "max_submissions"],
  ["max_submisions", "a long key has a mistake", "max_submissions"],
  ["max_submiion", "a long key has three mistakes", null],
  ["max_submision", "a long key has two mistakes", "max_submissions"],
  ["hide_outputs", "the closest key is suggested", "hide_output"],
  ["max_submission_per_days", "the closest of two long keys is suggested", "max_submissions_per_day"],
  ["sponsor", "it resembles no key", null],
  ["x".repeat(60), "it is longer than any key", null],
];
for (const [unknown, why, meant] of guesses) {
  test(`${unknown} is corrected to ${meant ?? "no key"}: ${why}`, () => {
    assert.equal(likelyKey(unknown, known), meant);
  });
}

test("the closest key is suggested, and the first of several equally close ones", () => {
  assert.equal(likelyKey("abcdeX", ["abcdef", "abcdeg"]), "abcdef");
  assert.equal(likelyKey("abcdefX", ["abcdeXY", "abcdef"]), "abcdef");
});
