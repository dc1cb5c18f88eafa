import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import { decimalText, parseDecimal } from "../../../lambdas/competitions/rules/decimal.ts";
import { rank } from "../../../lambdas/competitions/rules/ranking.ts";
import type { BoardRow } from "../../../lambdas/competitions/rules/ranking.ts";
import type { Board, BoardColumn } from "../../../lambdas/competitions/rules/score-order.ts";

const column = (index: number, sorting: "asc" | "desc" = "desc", more: Partial<BoardColumn> = {}): BoardColumn => ({
  key: `c${index}`,
  index,
  sorting,
  precision: 2,
  hidden: false,
  ...more,
});

const board = (...columns: BoardColumn[]): Board => ({ primaryIndex: columns[0]?.index ?? 0, columns });

/** A single submission, submitted `id` seconds after a fixed time unless `more` overrides it. */
const row = (id: number, scores: (string | null)[], more: Partial<BoardRow> = {}): BoardRow => ({
  id,
  parentId: null,
  taskId: 1,
  submittedWhen: new Date(Date.UTC(2026, 0, 1, 0, 0, id)),
  scores: new Map(scores.map((score, index) => [`c${index}`, score])),
  ...more,
});

const order = (on: Board, rows: BoardRow[]) => rank(on, rows).map(({ id }) => id);

describe("order", () => {
  it("the primary column decides, descending", () => {
    assert.deepEqual(order(board(column(0)), [row(1, ["1.0"]), row(2, ["3.0"]), row(3, ["2.0"])]), [2, 3, 1]);
  });

  it("the primary column decides, ascending", () => {
    assert.deepEqual(order(board(column(0, "asc")), [row(1, ["1.0"]), row(2, ["-3.0"]), row(3, ["2.0"])]), [2, 1, 3]);
  });

  it("primary_index selects the primary column, even if it is not the first", () => {
    const on: Board = { primaryIndex: 1, columns: [column(0), column(1, "asc")] };
    assert.deepEqual(order(on, [row(1, ["9.0", "2.0"]), row(2, ["1.0", "1.0"])]), [2, 1]);
  });

  it("equal primary scores are ordered by the other columns, by index and with their own sorting (L-11)", () => {
    const on: Board = { primaryIndex: 1, columns: [column(2), column(1), column(0, "asc")] };
    const rows = [row(1, ["2.0", "1.0", "9.0"]), row(2, ["1.0", "1.0", "3.0"]), row(3, ["1.0", "1.0", "4.0"])];
    assert.deepEqual(order(on, rows), [3, 2, 1]);
  });

  it("if all scores are equal, the earlier submission ranks first (L-11)", () => {
    const late = row(1, ["1.0"], { submittedWhen: new Date("2026-01-02") });
    const early = row(2, ["1.0"], { submittedWhen: new Date("2026-01-01") });
    assert.deepEqual(order(board(column(0)), [late, early]), [2, 1]);
  });

  it("if the time is equal too, the lower id ranks first", () => {
    const submittedWhen = new Date("2026-01-01");
    assert.deepEqual(
      order(board(column(0)), [row(5, ["1.0"], { submittedWhen }), row(4, ["1.0"], { submittedWhen })]),
      [4, 5],
    );
  });

  for (const sorting of ["asc", "desc"] as const) {
    it(`missing scores rank last if the column sorts ${sorting} (L-12)`, () => {
      const rows = [row(1, []), row(2, ["-5.0"]), row(3, [null]), row(4, ["5.0"])];
      assert.deepEqual(order(board(column(0, sorting)), rows).slice(2), [1, 3]);
    });

    it(`missing scores of a later column rank last if it sorts ${sorting}`, () => {
      const rows = [row(1, ["1.0"]), row(2, ["1.0", "-5.0"])];
      assert.deepEqual(order(board(column(0), column(1, sorting)), rows), [2, 1]);
    });
  }

  for (const sorting of ["asc", "desc"] as const) {
    it(`a row whose average lacks a column never ranks better for it, sorting ${sorting} (L-6)`, () => {
      const average = column(0, sorting, { computation: "avg", computationIndexes: [1, 3] });
      const on = board(
        average,
        column(1),
        column(2),
        column(3, "desc", { computation: "sum", computationIndexes: [2] }),
      );
      const [low, high] = sorting === "asc" ? ["1.0", "9.0"] : ["9.0", "1.0"];
      const rows = [
        row(1, [low, low]),
        row(2, [high, high, high]),
        row(3, [low, low, low]),
        row(4, [high, null, high]),
        row(5, []),
      ];
      assert.deepEqual(order(on, rows), [3, 2, 1, 4, 5]);
    });
  }

  it("equal scores do not share a rank (L-13)", () => {
    assert.deepEqual(
      rank(board(column(0)), [row(1, ["1.0"]), row(2, ["1.0"])]).map((ranked) => ranked.rank),
      [1, 2],
    );
  });

  it("a hidden column does not break ties (L-14)", () => {
    const on = board(column(0), column(1, "desc", { hidden: true }));
    assert.deepEqual(order(on, [row(1, ["1.0", "1.0"]), row(2, ["1.0", "2.0"])]), [1, 2]);
  });

  it("a hidden primary column still determines the order (L-14)", () => {
    const on = board(column(0, "desc", { hidden: true }), column(1));
    assert.deepEqual(order(on, [row(1, ["1.0", "9.0"]), row(2, ["2.0", "1.0"])]), [2, 1]);
  });

  it("ranking uses full precision, not the displayed score (L-17)", () => {
    const [first, second] = rank(board(column(0)), [row(1, ["0.8500000001"]), row(2, ["0.8500000002"])]);
    assert.deepEqual([first?.id, second?.id], [2, 1]);
    assert.deepEqual([first?.cells[0]?.score, second?.cells[0]?.score], ["0.85", "0.85"]);
  });

  it("scores that are equal as doubles are still ordered", () => {
    assert.deepEqual(
      order(board(column(0)), [row(1, ["9999999999.0000000001"]), row(2, ["9999999999.0000000002"])]),
      [2, 1],
    );
  });

  it("if primary_index matches no column, the visible columns determine the order", () => {
    const on: Board = { primaryIndex: 7, columns: [column(0)] };
    assert.deepEqual(order(on, [row(1, ["1.0"]), row(2, ["2.0"])]), [2, 1]);
  });

  it("an empty board has no rows", () => assert.deepEqual(rank(board(column(0)), []), []));
});

describe("cells", () => {
  it("are rounded to the column's precision", () => {
    const on = board(column(0, "desc", { precision: 0 }), column(1, "desc", { precision: 3 }));
    const [first] = rank(on, [row(1, ["12.4000000000", "0.33333333333"])]);
    assert.deepEqual(
      first?.cells.map(({ score }) => score),
      ["12.0", "0.333"],
    );
  });

  it("hidden columns are omitted, even the primary one", () => {
    const on = board(column(0, "desc", { hidden: true }), column(1), column(2, "desc", { hidden: true }));
    const [first] = rank(on, [row(1, ["1.0", "2.0", "3.0"])]);
    assert.deepEqual(
      first?.cells.map(({ columnKey }) => columnKey),
      ["c1"],
    );
  });

  it("are ordered by column index; missing scores and unknown keys have no cell", () => {
    const on = board(column(2), column(0), column(1));
    const scores = new Map([
      ["c2", "2.0"],
      ["c1", null],
      ["c0", "0.0"],
      ["other", "1.0"],
    ]);
    const [first] = rank(on, [row(8, [], { taskId: 4, scores })]);
    assert.deepEqual(first?.cells, [
      { submissionId: 8, taskId: 4, columnIndex: 0, columnKey: "c0", score: "0.0" },
      { submissionId: 8, taskId: 4, columnIndex: 2, columnKey: "c2", score: "2.0" },
    ]);
  });
});

describe("children of one parent", () => {
  it("share a row, ranked by the best child, with cells per task and column (L-15)", () => {
    const rows = [
      row(11, ["0.1"], { parentId: 10, taskId: 1 }),
      row(12, ["0.9"], { parentId: 10, taskId: 2 }),
      row(20, ["0.5"]),
    ];
    const ranked = rank(board(column(0)), rows);
    assert.deepEqual(
      ranked.map(({ id, rank: place }) => [id, place]),
      [
        [10, 1],
        [20, 2],
      ],
    );
    assert.deepEqual(
      ranked[0]?.submissions.map(({ id }) => id),
      [12, 11],
    );
    assert.deepEqual(
      ranked[0].cells.map(({ taskId, score }) => [taskId, score]),
      [
        [2, "0.9"],
        [1, "0.1"],
      ],
    );
  });

  it("rows of different parents stay apart, even if name and id together give the same text (L-16)", () => {
    // `bob1` with 23 and `bob` with 123: only the id decides which row a submission belongs to.
    const rows = [row(23, ["1.0"]), row(123, ["1.0"]), row(124, ["1.0"], { parentId: 123_000 })];
    assert.deepEqual(order(board(column(0)), rows), [23, 123, 123_000]);
  });

  it("a child without scores is in the row and does not change its rank", () => {
    const rows = [row(11, [], { parentId: 10 }), row(12, ["1.0"], { parentId: 10, taskId: 2 }), row(20, ["0.5"])];
    const [first] = rank(board(column(0)), rows);
    assert.deepEqual([first?.id, first?.submissions.length], [10, 2]);
  });
});

describe("for every board", () => {
  const score = fc.option(fc.integer({ min: -3, max: 3 }).map((value) => decimalText(BigInt(value) * 10n ** 9n)));
  const boards = fc.record({
    primaryIndex: fc.integer({ min: 0, max: 3 }),
    columns: fc
      .array(fc.tuple(fc.constantFrom("asc" as const, "desc" as const), fc.boolean()), { minLength: 1, maxLength: 4 })
      .map((columns) => columns.map(([sorting, hidden], index) => column(index, sorting, { hidden }))),
  });
  const rows = fc
    .array(fc.tuple(fc.array(score, { maxLength: 4 }), fc.option(fc.integer({ min: 100, max: 103 }))), {
      maxLength: 12,
    })
    .map((all) => all.map(([scores, parentId], index) => row(index + 1, scores, { parentId })));

  it("each submission is in exactly one row, and ranks start at 1", () => {
    fc.assert(
      fc.property(boards, rows, (on, given) => {
        const ranked = rank(on, given);
        assert.deepEqual(
          ranked.map((entry) => entry.rank),
          ranked.map((_, index) => index + 1),
        );
        const ids = ranked.flatMap(({ submissions }) => submissions.map(({ id }) => id));
        assert.deepEqual(
          ids.sort((a, b) => a - b),
          given.map(({ id }) => id),
        );
      }),
    );
  });

  it("the order of the input does not matter", () => {
    fc.assert(
      fc.property(boards, rows, (on, given) => {
        assert.deepEqual(rank(on, [...given].reverse()), rank(on, given));
      }),
    );
  });

  it("primary scores never improve from one row to the next, and missing ones are last", () => {
    fc.assert(
      fc.property(boards, rows, (on, given) => {
        const primary = on.columns.find(({ index }) => index === on.primaryIndex);
        if (!primary) return;
        const best = rank(on, given).map(({ submissions: [first] }) => {
          const text = first.scores.get(primary.key);
          return text === undefined || text === null ? undefined : Number(parseDecimal(text));
        });
        best.slice(1).forEach((value, index) => {
          const before = best[index];
          if (value === undefined) return;
          assert.ok(before !== undefined && (primary.sorting === "asc" ? before <= value : before >= value));
        });
      }),
    );
  });
});
