import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import { submissionRules } from "../../../lambdas/competitions/rules/competition.ts";
import { bestSubmission, boardRows } from "../../../lambdas/competitions/rules/board-rows.ts";
import type { BoardSubmission, Candidate } from "../../../lambdas/competitions/rules/board-rows.ts";
import { isAutomatic } from "../../../lambdas/competitions/rules/submission-rules.ts";

describe("Force_Best", () => {
  const column = (index: number, sorting: "asc" | "desc", more = {}) => ({
    key: `c${index}`,
    index,
    sorting,
    precision: 2,
    hidden: false,
    computation: null,
    computationIndexes: null,
    ...more,
  });
  const accuracy = column(0, "desc");
  const error = column(0, "asc");

  const candidate = (id: number, ...tasks: Record<string, string | null>[]): Candidate => ({
    id,
    submittedWhen: new Date(Date.UTC(2026, 0, id)),
    tasks: tasks.map((scores, at) => ({ taskId: at + 1, scores: new Map(Object.entries(scores)) })),
  });

  const best = (columns: ReturnType<typeof column>[], ...candidates: Candidate[]) =>
    bestSubmission({ primaryIndex: 0, columns }, candidates)?.id;

  it("selects the best submission by the primary column and its sorting", () => {
    const all = [candidate(1, { c0: "0.5" }), candidate(2, { c0: "0.9" }), candidate(3, { c0: "0.1" })];
    assert.equal(best([accuracy], ...all), 2);
    assert.equal(best([error], ...all), 3);
  });

  it("breaks ties by the other columns, including hidden ones, and then by time (L-23)", () => {
    const hidden = column(1, "desc", { hidden: true });
    assert.equal(best([accuracy, hidden], candidate(1, { c0: "1", c1: "1" }), candidate(2, { c0: "1", c1: "2" })), 2);
    assert.equal(best([accuracy, hidden], candidate(2, { c0: "1" }), candidate(1, { c0: "1" })), 1);
  });

  it("prefers complete averages to those that lack a column (L-6)", () => {
    const average = column(0, "asc", { computation: "avg", computationIndexes: [1, 2] });
    const all = [candidate(1, { c1: "1" }), candidate(2, { c1: "1", c2: "9" })];
    assert.equal(best([average, column(1, "desc"), column(2, "desc")], ...all), 2);
  });

  it("prefers parents whose sums and averages lack no score of a task (L-6)", () => {
    const average = column(0, "asc", { computation: "avg", computationIndexes: [1, 2] });
    const whole = candidate(1, { c1: "1", c2: "9" }, { c1: "1", c2: "9" });
    const lacking = candidate(2, { c1: "1", c2: "2" }, { c1: "1" });
    assert.equal(best([average, column(1, "desc"), column(2, "desc")], whole, lacking), 1);
    const byError = [column(2, "asc"), column(1, "desc")].map((one, index) => ({ ...one, index }));
    assert.equal(best(byError, whole, lacking), 1);
  });

  it("prefers submissions with scores to those without", () => {
    assert.equal(
      best([error], candidate(1), candidate(2, {}), candidate(3, { c0: null }), candidate(4, { c0: "7" })),
      4,
    );
  });

  it("compares parents by the sum over their children, not by their best child (L-23)", () => {
    const uneven = candidate(1, { c0: "0.9" }, { c0: "0.1" });
    const even = candidate(2, { c0: "0.6" }, { c0: "0.6" });
    assert.equal(best([accuracy], uneven, even), 2);
  });

  it("prefers a submission with scores for all tasks to one for the easy task only (L-23)", () => {
    const all = candidate(1, { c0: "3.0" }, { c0: "9.0" });
    const easy = candidate(2, { c0: "1.0" });
    assert.equal(best([error], all, easy), 1);
  });

  it("counts a child without a score as a missing task", () => {
    const all = candidate(1, { c0: "9.0" }, { c0: "9.0" });
    const half = candidate(2, { c0: "1.0" }, { c0: null });
    assert.equal(best([error], half, all), 1);
  });

  it("computes a computed primary column over all tasks (L-23)", () => {
    const columns = [column(0, "desc", { computation: "avg" as const, computationIndexes: [1] }), column(1, "desc")];
    const uneven = candidate(1, { c1: "0.9", c0: "0.9" }, { c1: "0.1", c0: "0.1" });
    const even = candidate(2, { c1: "0.6", c0: "0.6" }, { c1: "0.6", c0: "0.6" });
    assert.equal(best(columns, uneven, even), 2);
  });

  it("selects none if there are no submissions", () => assert.equal(best([accuracy]), undefined));
});

describe("the rows of a leaderboard", () => {
  const column = {
    key: "c0",
    index: 0,
    sorting: "desc" as const,
    precision: 2,
    hidden: false,
    computation: null,
    computationIndexes: null,
  };
  const board = { primaryIndex: 0, columns: [column] };
  const submission = (id: number, change: Partial<BoardSubmission> & { score?: string } = {}): BoardSubmission => ({
    id,
    submittedWhen: new Date(Date.UTC(2026, 0, id)),
    tasks: [{ taskId: 1, scores: new Map([["c0", change.score ?? String(id)]]) }],
    contestant: "user 1",
    firstRun: id,
    isFinished: true,
    isOnLeaderboard: false,
    isKeptOff: false,
    isDeleted: false,
    isApproved: true,
    isTaskRerun: false,
    hasTask: true,
    ...change,
  });
  const rows = (rule: (typeof submissionRules)[number], ...submissions: BoardSubmission[]) =>
    [...boardRows(rule, board, submissions)].sort((a, b) => a - b);
  const day = (date: number) => new Date(Date.UTC(2026, 0, date));

  it("Force_Last takes what was submitted last, not what ended or was run last (L-20)", () => {
    const copied = submission(9, { submittedWhen: day(1) });
    assert.deepEqual(rows("Force_Last", submission(2), submission(3), copied), [3]);
  });

  it("of a submission and its reruns only the latest Finished run counts (L-28)", () => {
    const wrong = submission(1, { score: "9" });
    const rerun = submission(5, { firstRun: 1, submittedWhen: day(1), score: "0.5" });
    const other = submission(2, { score: "1" });
    assert.deepEqual(rows("Force_Best", wrong, other), [1]);
    assert.deepEqual(rows("Force_Best", wrong, other, rerun), [2]);
    assert.deepEqual(rows("Force_Best", wrong, other, { ...rerun, isFinished: false }), [1]);
    assert.deepEqual(rows("Force_Latest_Multiple", wrong, other, rerun), [2, 5]);
    assert.deepEqual(rows("Force_Last", wrong, other, rerun), [2]);
    assert.deepEqual(rows("Force_Latest_Multiple", wrong, other, { ...rerun, isDeleted: true }), [2]);
    assert.deepEqual(rows("Force_Latest_Multiple", wrong, other, { ...rerun, isTaskRerun: true }), [1, 2]);
  });

  it("only submissions to tasks that the phase has are chosen (L-44)", () => {
    const removed = submission(3, { hasTask: false, tasks: [] });
    for (const rule of ["Force_Best", "Force_Last"] as const)
      assert.deepEqual(rows(rule, submission(1), submission(2), removed), [2]);
    assert.deepEqual(rows("Force_Latest_Multiple", submission(1), removed), [1]);
    // What people chose is back when the task is.
    assert.deepEqual(rows("Add", { ...removed, isOnLeaderboard: true }), [3]);
  });

  it("what an organizer takes off stays off with its reruns, and the next best follows (L-26)", () => {
    const cheat = submission(3, { isKeptOff: true });
    const rerun = submission(4, { firstRun: 3 });
    assert.deepEqual(rows("Force_Best", submission(1), submission(2), cheat, rerun), [2]);
  });

  const cases = fc
    .array(
      fc.record({
        contestant: fc.constantFrom("a", "b", "c"),
        rerunOf: fc.option(fc.nat(30), { nil: undefined }),
        day: fc.integer({ min: 1, max: 6 }),
        score: fc.constantFrom("1", "2", "3"),
        isFinished: fc.boolean(),
        isOnLeaderboard: fc.boolean(),
        isKeptOff: fc.integer({ max: 4, min: 0 }).map((n) => n === 0),
        isDeleted: fc.integer({ max: 4, min: 0 }).map((n) => n === 0),
        isApproved: fc.integer({ max: 4, min: 0 }).map((n) => n > 0),
        isTaskRerun: fc.integer({ max: 4, min: 0 }).map((n) => n === 0),
      }),
      { maxLength: 30 },
    )
    .map((drawn) => {
      const made: BoardSubmission[] = [];
      for (const [at, { rerunOf, day: on, score, ...rest }] of drawn.entries()) {
        const original = rerunOf === undefined ? undefined : made[rerunOf];
        const { firstRun, contestant, submittedWhen } = original ?? {
          firstRun: at + 1,
          contestant: rest.contestant,
          submittedWhen: day(on),
        };
        made.push({ ...submission(at + 1, { score }), ...rest, firstRun, contestant, submittedWhen });
      }
      return made;
    });
  const anyRule = fc.constantFrom(...submissionRules);
  const check = (property: (rule: (typeof submissionRules)[number], all: BoardSubmission[]) => void) =>
    fc.assert(fc.property(anyRule, cases, property), { numRuns: 1000 });
  const chosen = (rule: (typeof submissionRules)[number], all: readonly BoardSubmission[]) => {
    const ids = boardRows(rule, board, all);
    return all.filter(({ id }) => ids.has(id));
  };

  it("never are deleted, kept off, of somebody denied or rerun on a specific task", () => {
    check((rule, all) => {
      for (const row of chosen(rule, all)) {
        assert.ok(!row.isDeleted && row.isApproved && !row.isTaskRerun);
        assert.ok(!all.some(({ firstRun, isKeptOff }) => isKeptOff && firstRun === row.firstRun));
        assert.ok(isAutomatic(rule) ? row.isFinished : row.isOnLeaderboard);
      }
    });
  });

  it("do not depend on the order of submissions, nor on what is on the leaderboard now if the platform chooses", () => {
    fc.assert(
      fc.property(anyRule, cases, fc.nat(), (rule, all, turn) => {
        const at = all.length === 0 ? 0 : turn % all.length;
        const turned = [...all.slice(at), ...all.slice(0, at)].reverse();
        assert.deepEqual(boardRows(rule, board, turned), boardRows(rule, board, all));
        if (!isAutomatic(rule)) return;
        const others = all.map((one) => ({ ...one, isOnLeaderboard: !one.isOnLeaderboard }));
        assert.deepEqual(rows(rule, ...others), rows(rule, ...all));
      }),
      { numRuns: 1000 },
    );
  });

  it("stay the same when they are decided again", () => {
    check((rule, all) => {
      const ids = boardRows(rule, board, all);
      const applied = all.map((one) => ({ ...one, isOnLeaderboard: ids.has(one.id) }));
      assert.deepEqual(rows(rule, ...applied), rows(rule, ...all));
    });
  });

  it("of one contestant do not depend on those of others", () => {
    check((rule, all) => {
      const own = all.filter(({ contestant }) => contestant === "a");
      const of = chosen(rule, all).filter(({ contestant }) => contestant === "a");
      assert.deepEqual(chosen(rule, own), of);
    });
  });

  it("have one for every contestant who has a submission that may stand, and it is the last or the best", () => {
    check((rule, all) => {
      if (rule !== "Force_Last" && rule !== "Force_Best") return;
      const standing = chosen("Force_Latest_Multiple", all);
      const found = chosen(rule, all);
      assert.deepEqual(
        found.map(({ contestant }) => contestant).sort(),
        [...new Set(standing.map(({ contestant }) => contestant))].sort(),
      );
      const value = (one: BoardSubmission) =>
        rule === "Force_Last" ? one.submittedWhen.getTime() : Number(one.tasks[0]!.scores.get("c0"));
      for (const row of found)
        for (const other of standing) if (other.contestant === row.contestant) assert.ok(value(other) <= value(row));
    });
  });
});
