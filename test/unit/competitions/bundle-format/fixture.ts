/** Small valid bundles to change, and helpers that report the result of reading them. */
import assert from "node:assert/strict";
import { parseBundle } from "../../../../lambdas/competitions/rules/bundle-format/index.ts";
import type {
  BundleListing,
  BundleResult,
  CompetitionDescription,
} from "../../../../lambdas/competitions/rules/competition.ts";

/** A bundle of version 2 with two phases, which has no problems. */
export const version2 = `version: 2
title: Wheat seeds
image: logo.png
terms: terms.md
pages:
  - title: Overview
    file: pages/overview.md
tasks:
  - index: 0
    name: Development task
    scoring_program: scoring_program/
    reference_data: reference.zip
  - index: 1
    name: Final task
    scoring_program: scoring_program/
solutions:
  - index: 0
    path: solution/
    tasks: [0]
phases:
  - name: Development
    start: 2026-01-01
    end: 2026-06-30
    tasks: [0]
  - name: Final
    start: 2026-07-01
    tasks: [1]
leaderboards:
  - title: Results
    key: main
    columns:
      - title: Accuracy
        key: accuracy
        index: 0
      - title: Duration
        key: duration
        index: 1
`;

/** A bundle of version 1.5 with two phases. Its conversion gives warnings but no errors. */
export const version15 = `title: Hello world
description: Say hello
image: logo.png
has_registration: false
end_date: 2026-12-31
html:
  overview: pages/overview.md
  terms: terms.md
phases:
  1:
    phasenumber: 1
    label: First
    start_date: 2026-01-01
    max_submissions_per_day: 5
    scoring_program: program.zip
    reference_data: reference.zip
  2:
    phasenumber: 2
    label: Second
    start_date: 2026-07-01
    max_submissions_per_day: 5
    scoring_program: program.zip
leaderboard:
  leaderboards:
    Results: &RESULTS
      label: RESULTS
      rank: 1
  columns:
    correct:
      leaderboard: *RESULTS
      label: Correct answers
      rank: 1
`;

const sizes = new Map(
  Object.entries({
    "logo.png": 900,
    "logo.svg": 900,
    "terms.md": 40,
    "empty.md": 0,
    "pages/overview.md": 120,
    "reference.zip": 300,
    "program.zip": 300,
    "scoring_program/metadata.yaml": 30,
    "solution/answer.txt": 5,
    "data/train.csv": 100,
  }),
);

/** The files of both bundles, and a few more. */
export const listing: BundleListing = {
  kind: (path) => {
    if (sizes.has(path)) return "file";
    return [...sizes.keys()].some((file) => file.startsWith(`${path}/`)) ? "folder" : undefined;
  },
  size: (path) => sizes.get(path) ?? 0,
};

export const uuid = "0b9c1b1e-6f0b-4f6e-9a3e-2f1d3c4b5a69";

/** Replaces one passage of a text, which must occur exactly once. */
export function change(text: string, from: string, to: string): string {
  assert.equal(text.split(from).length, 2, `${JSON.stringify(from)} must stand once in the text`);
  return text.replace(from, () => to);
}

export const parse = (text: string): BundleResult => parseBundle(text, listing);

/** Returns the competition of a bundle that must be accepted. */
export function accepted(text: string): CompetitionDescription {
  const result = parse(text);
  assert.ok(result.ok, JSON.stringify(result.problems, null, 1));
  return result.competition;
}

const short = (result: BundleResult, severity: "error" | "warning"): string[] =>
  result.problems
    .filter((problem) => problem.severity === severity)
    .map((problem) => `${problem.code} ${problem.path}`.trim());

/** Returns the errors as `code path` of a bundle that must be refused. */
export function errors(text: string): string[] {
  const result = parse(text);
  assert.equal(result.ok, false, "the bundle must be refused");
  return short(result, "error");
}

/** Returns the warnings as `code path` of a bundle that must be accepted. */
export function warnings(text: string): string[] {
  const result = parse(text);
  assert.ok(result.ok, JSON.stringify(result.problems, null, 1));
  return short(result, "warning");
}

/** The message of the first problem. */
export const firstMessage = (text: string): string => parse(text).problems[0]?.message ?? "";
