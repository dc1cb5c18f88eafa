import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import { multiTaskRankings } from "../../../lambdas/competitions/rules/competition.ts";
import type { MultiTaskRanking } from "../../../lambdas/competitions/rules/competition.ts";
import { bestSubmission } from "../../../lambdas/competitions/rules/board-rows.ts";
import { multiTaskOf, overallTitle, rankingSentence } from "../../../lambdas/competitions/rules/multi-task.ts";
import { rank } from "../../../lambdas/competitions/rules/ranking.ts";
import type { BoardRow } from "../../../lambdas/competitions/rules/ranking.ts";

const column = (index: number, sorting: "asc" | "desc" = "desc", more = {}) => ({
  key: `c${index}`,
  title: `Column ${index}`,
  index,
  sorting,
  precision: 2,
  hidden: false,
  computation: null,
  computationIndexes: null,
  ...more,
});
const tasks = [11, 12];
const board = (ranking: MultiTaskRanking, columns = [column(0)], rankingTasks: number[] = [12]) => ({
  primaryIndex: columns[0]!.index,
  columns,
  multiTask: multiTaskOf(ranking, rankingTasks, tasks),
});
type Scores = (string | null)[];
/** A parent with a child for each task that has scores: a score, or one for each column. */
const parent = (id: number, ...perTask: (string | Scores | undefined)[]): BoardRow[] =>
  perTask.flatMap((scores, at) =>
    scores === undefined
      ? []
      : [
          {
            id: id * 10 + at,
            parentId: id,
            taskId: tasks[at]!,
            submittedWhen: new Date(Date.UTC(2026, 0, id)),
            scores: new Map([scores].flat().map((score, index) => [`c${index}`, score])),
          },
        ],
  );
const ranked = (on: ReturnType<typeof board>, ...rows: BoardRow[][]) =>
  rank(on, rows.flat()).map(({ id, overall }) => [id, overall]);
const ids = (on: ReturnType<typeof board>, ...rows: BoardRow[][]) => ranked(on, ...rows).map(([id]) => id);

describe("rows with several tasks (L-19)", () => {
  const uneven = parent(1, "0.9", "0.1");
  const even = parent(2, "0.6", "0.6");
  const partly = parent(3, "0.8");

  it("best_task: a row stands where its best task does", () => {
    assert.deepEqual(ranked(board("best_task"), even, partly, uneven), [
      [1, null],
      [3, null],
      [2, null],
    ]);
  });

  it("chosen_task: that task decides, and who has no score for it comes last", () => {
    assert.deepEqual(ids(board("chosen_task"), uneven, partly, even), [2, 1, 3]);
    assert.deepEqual(ids(board("chosen_task", [column(0)], [7, 11]), even, partly, uneven), [1, 3, 2]);
  });

  it("chosen_task: the other visible columns of that task break ties", () => {
    const columns = [column(0), column(1, "asc", { hidden: true }), column(2, "asc")];
    const rows = [parent(1, ["9", "9", "9"], ["1", "1", "5"]), parent(2, ["1", "1", "1"], ["1", "9", "4"])];
    assert.deepEqual(ids(board("chosen_task", columns), ...rows), [2, 1]);
  });

  it("average_rank: the average of the ranks on each task, equal scores sharing a rank and missing ones last", () => {
    const equal = parent(4, "0.9", "0.6");
    assert.deepEqual(ranked(board("average_rank"), uneven, even, partly, equal), [
      [4, "1.0"],
      [1, "2.0"],
      [2, "2.5"],
      [3, "3.5"],
    ]);
  });

  it("overall_avg and the like: over all tasks, and who leaves out a task comes after", () => {
    assert.deepEqual(ranked(board("overall_avg"), uneven, even, partly), [
      [2, "0.6"],
      [1, "0.5"],
      [3, "0.8"],
    ]);
    assert.deepEqual(ranked(board("overall_min"), uneven, even), [
      [2, "0.6"],
      [1, "0.1"],
    ]);
    assert.deepEqual(ranked(board("overall_max", [column(0, "asc")]), uneven, even), [
      [2, "0.6"],
      [1, "0.9"],
    ]);
    assert.deepEqual(ranked(board("overall_sum"), uneven, even)[0], [2, "1.2"]);
  });

  it("never gain by a score that was computed without one of its sources (L-6)", () => {
    const average = column(0, "asc", { computation: "avg", computationIndexes: [1, 2] });
    const columns = [average, column(1), column(2)];
    const whole = parent(1, ["5", "1", "9"], ["5", "1", "9"]);
    const lacking = parent(2, ["1", "1"], ["1", "1"]);
    for (const ranking of multiTaskRankings)
      assert.deepEqual(ids(board(ranking, columns), lacking, whole), [1, 2], ranking);
  });

  it("do not show the overall score of a hidden column", () => {
    const on = board("overall_avg", [column(0, "desc", { hidden: true })]);
    assert.deepEqual(ranked(on, uneven, even), [
      [2, null],
      [1, null],
    ]);
    assert.equal(overallTitle(on), null);
    assert.doesNotMatch(rankingSentence(on, []), /Column 0/);
  });

  it("in a phase with one task, or without the chosen one, are ranked by their best task", () => {
    assert.equal(multiTaskOf("average_rank", [], [11]).ranking, "best_task");
    assert.equal(multiTaskOf("chosen_task", [7], tasks).ranking, "best_task");
  });

  it("have a sentence for each rule", () => {
    const named = tasks.map((id) => ({ id, name: `Task ${id}` }));
    assert.deepEqual(
      multiTaskRankings.map((ranking) => rankingSentence(board(ranking), named)),
      [
        "Rows are ranked by Column 0, higher first. A row stands where its best task does.",
        "Rows are ranked by Column 0 of the task Task 12, higher first.",
        "On each task, rows are ranked by Column 0, higher first, and those without a score come last. The average of a row's ranks decides, lower first.",
        ...["average", "sum", "minimum", "maximum"].map(
          (word) =>
            `Rows are ranked by the ${word} of Column 0 over all tasks, higher first. Rows that lack a score of more tasks come after the others.`,
        ),
      ],
    );
    assert.equal(
      rankingSentence(board("best_task", [column(0, "asc")]), named.slice(1)),
      "Rows are ranked by Column 0, lower first.",
    );
  });

  it("have a sentence and an overall title that tell columns and tasks of one name apart, but nothing of hidden ones", () => {
    const two = (hidden: boolean) => [column(0, "desc", { title: "F1" }), column(1, "desc", { title: "F1", hidden })];
    const named = tasks.map((id) => ({ id, name: "Task" }));
    assert.match(rankingSentence(board("best_task", two(false)), named), /^Rows are ranked by F1 \(c0\), higher/);
    assert.match(rankingSentence(board("best_task", two(true)), named), /^Rows are ranked by F1, higher/);
    assert.match(rankingSentence(board("chosen_task", two(false)), named), /by F1 \(c0\) of the task Task \(12\), /);
    assert.equal(overallTitle(board("overall_sum", two(false))), "Sum of F1 (c0)");
  });

  const score = fc.option(fc.constantFrom("1", "2", "3"), { nil: undefined });
  const rows = fc
    .array(fc.tuple(score, score), { maxLength: 12 })
    .map((all) => all.flatMap((scores, at) => (scores.some((one) => one) ? [parent(at + 1, ...scores)] : [])));
  const anyRule = fc.constantFrom(...multiTaskRankings);

  it("all have one place, whatever the rule and the order in which they come", () => {
    fc.assert(
      fc.property(anyRule, rows, (ranking, all) => {
        const found = rank(board(ranking), all.flat());
        assert.deepEqual(
          found.map((row) => row.rank),
          all.map((_, at) => at + 1),
        );
        assert.deepEqual(rank(board(ranking), all.flat().reverse()), found);
      }),
    );
  });

  it("never get a worse place by a better score on a task", () => {
    fc.assert(
      fc.property(anyRule, rows, fc.nat(), fc.nat(1), (ranking, all, turn, task) => {
        if (all.length === 0) return;
        const at = turn % all.length;
        const id = all[at]![0]!.parentId!;
        const scores = tasks.map((of) => all[at]!.find(({ taskId }) => taskId === of)?.scores.get("c0") ?? undefined);
        const better = parent(id, ...scores.map((one, of) => (of === task ? "4" : one)));
        const place = (some: BoardRow[][]) => ids(board(ranking), ...some).indexOf(id);
        // An overall score over more tasks may be lower, but then the row has fewer missing ones.
        assert.ok(place(all.map((row, of) => (of === at ? better : row))) <= place(all));
      }),
    );
  });

  it("decide what Force_Best takes as they decide the leaderboard", () => {
    const candidates = [uneven, even, partly].map((row) => ({
      id: row[0]!.parentId!,
      submittedWhen: row[0]!.submittedWhen,
      tasks: row,
    }));
    const best = (ranking: MultiTaskRanking, rankingTasks?: number[]) =>
      bestSubmission(board(ranking, [column(0)], rankingTasks), candidates)?.id;
    assert.deepEqual([best("best_task"), best("chosen_task", [11]), best("overall_max")], [2, 1, 1]);
  });

  it("let Force_Best take the submission that leads a leaderboard of them, except with best_task (L-19, L-23)", () => {
    const others = fc.constantFrom(...multiTaskRankings.filter((ranking) => ranking !== "best_task"));
    fc.assert(
      fc.property(others, rows, (ranking, all) => {
        const own = all.map((row) => ({ id: row[0]!.parentId!, submittedWhen: row[0]!.submittedWhen, tasks: row }));
        assert.equal(bestSubmission(board(ranking), own)?.id, ids(board(ranking), ...all)[0]);
      }),
    );
  });
});
