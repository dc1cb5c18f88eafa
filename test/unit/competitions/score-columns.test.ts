import assert from "node:assert/strict";
import { test } from "@jest/globals";
import { scoreColumns } from "../../../lambdas/competitions/rules/score-columns.ts";

const board = (...columns: [key: string, computation?: string][]) => ({
  columns: columns.map(([key, computation = null], index) => ({ key, index, computation })),
});

test("scores are read for the columns of all leaderboards, each key once (L-41)", () => {
  const all = scoreColumns([board(["accuracy"], ["f1"]), board(["time"], ["accuracy"])]);
  assert.deepEqual(
    all.map(({ key }) => key),
    ["accuracy", "f1", "time"],
  );
});

test("a key is read if one leaderboard reads it, even if another one computes it (L-41)", () => {
  const all = scoreColumns([board(["mean", "avg"], ["a"]), board(["mean"])]);
  assert.deepEqual(
    all.map(({ key, computation }) => [key, computation]),
    [
      ["mean", null],
      ["a", null],
    ],
  );
});
