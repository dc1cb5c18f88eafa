import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { partOfBoard, type BoardPart } from "../../../lambdas/competitions/rules/board-part.ts";
import { thinned, withRecords } from "../../../lambdas/competitions/rules/score-history.ts";

describe("a part of a leaderboard (A-206)", () => {
  const rows = Array.from({ length: 10 }, (_, at) => ({
    name: `Row ${at}`,
    own: at === 6 || at === 8,
    submitted: [5, 3, 9, 1, 7, 0, 8, 2, 6, 4][at]!,
    scores: at < 8 ? [["9", "10", "-1", "0.1", "0.10", "2", "8e-1", "0.8000000001"][at]!] : [],
  }));
  const part = (wanted: Partial<BoardPart>, of = rows) => {
    const found = partOfBoard(
      of,
      { aroundOwn: false, ...wanted },
      {
        nameOf: ({ name }) => [name],
        isOwn: ({ own }) => own,
        submittedWhen: ({ submitted }) => new Date(submitted),
        scoreOf: ({ scores }, column, task) => (column === "accuracy" ? scores[task] : undefined),
      },
    );
    return [found.rows.map(({ name }) => Number(name.slice(4))), found.count];
  };
  const page = { offset: 2, limit: 3 };

  it("is all of it, a page, or what a search finds", () => {
    assert.deepEqual(part({})[1], 10);
    assert.deepEqual(part({ page }), [[2, 3, 4], 10]);
    assert.deepEqual(part({ search: "ROW 7" }), [[7], 1]);
    assert.deepEqual(part({ search: "row", page }), [[2, 3, 4], 10]);
    assert.deepEqual(part({ search: "nobody", page }), [[], 0]);
  });

  it("is ordered by what a reader chooses, over all pages (A-277)", () => {
    const by = (order: BoardPart["order"], more: Partial<BoardPart> = {}) => part({ order, ...more })[0];
    assert.deepEqual(by({ by: "rank", descending: true }), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    assert.deepEqual(by({ by: "created_when", descending: false }), [5, 3, 7, 1, 9, 0, 8, 4, 6, 2]);
    assert.deepEqual(by({ by: "created_when", descending: true }, { page }), [4, 8, 0]);
    // Numbers, not texts; equal ones by rank; rows without a score last, in either direction.
    const score = { by: "score", column: "accuracy", task: 0 } as const;
    assert.deepEqual(by({ ...score, descending: false }), [2, 3, 4, 6, 7, 5, 0, 1, 8, 9]);
    assert.deepEqual(by({ ...score, descending: true }), [1, 0, 5, 7, 6, 3, 4, 2, 8, 9]);
    assert.deepEqual(by({ ...score, task: 1, descending: true }), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const named = ["Team 10", "team 9", "Ärzte", "Zoo"].map((name) => ({ ...rows[0]!, name }));
    assert.deepEqual(
      partOfBoard(
        named,
        { aroundOwn: false, order: { by: "owner", descending: false } },
        {
          nameOf: ({ name }) => [name],
          isOwn: () => false,
          submittedWhen: () => new Date(0),
          scoreOf: () => undefined,
        },
      ).rows.map(({ name }) => name),
      ["Ärzte", "team 9", "Team 10", "Zoo"],
    );
  });

  it("has the best own row in its middle, and is as large at both ends", () => {
    const around = (limit: number, of = rows) => part({ aroundOwn: true, page: { offset: 0, limit } }, of)[0];
    assert.deepEqual(around(3), [5, 6, 7]);
    assert.deepEqual(around(1), [6]);
    assert.deepEqual(around(9), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual(around(99), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual(
      around(
        3,
        rows.map((row, at) => ({ ...row, own: at === 0 })),
      ),
      [0, 1, 2],
    );
    assert.deepEqual(
      around(
        3,
        rows.map((row) => ({ ...row, own: false })),
      ),
      [0, 1, 2],
    );
  });
});

describe("a history of scores (A-207)", () => {
  const run = (score: string, isOwn = false, task = 1) => ({ submittedWhen: new Date(0), score, isOwn, task });

  it("knows what was better than all before, in either direction and to the last digit", () => {
    const scores = ["0.5", "0.5", "0.4", "0.5000000001", "2"];
    const records = (sorting: "asc" | "desc") =>
      withRecords(
        scores.map((score) => run(score)),
        sorting,
      ).map(({ isRecord }) => isRecord);
    assert.deepEqual(records("desc"), [true, false, false, true, true]);
    assert.deepEqual(records("asc"), [true, false, true, false, false]);
  });

  it("compares the runs on one task", () => {
    const runs = [run("0.5", false, 1), run("50", false, 2), run("0.7", false, 1), run("40", false, 2)];
    assert.deepEqual(
      withRecords(runs, "desc").map(({ isRecord }) => isRecord),
      [true, true, true, false],
    );
  });

  it("keeps own scores and records where it has to leave out some, in order", () => {
    const runs = withRecords(
      Array.from({ length: 1000 }, (_, at) => run(at === 500 ? "9" : "1", at % 250 === 7)),
      "desc",
    );
    const kept = thinned(runs, 20);
    assert.equal(kept.length, 20);
    assert.deepEqual(
      kept.filter(({ isOwn, isRecord }) => isOwn || isRecord),
      runs.filter(({ isOwn, isRecord }) => isOwn || isRecord),
    );
    assert.deepEqual(
      kept,
      runs.filter((one) => kept.includes(one)),
    );
    assert.equal(thinned(runs, 3).length, 3);
    assert.ok(thinned(runs, 3).some(({ score }) => score === "9"));
    assert.equal(thinned(runs, 1).length, 1);
    assert.deepEqual(thinned(runs.slice(0, 5), 20), runs.slice(0, 5));
  });
});
