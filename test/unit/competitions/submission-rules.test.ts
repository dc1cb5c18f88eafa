import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { submissionRules } from "../../../lambdas/competitions/rules/competition.ts";
import type { SubmissionRule } from "../../../lambdas/competitions/rules/competition.ts";
import {
  bestSubmission,
  changeWhenFinished,
  decideConnect,
  decideDisconnect,
  superseded,
} from "../../../lambdas/competitions/rules/submission-rules.ts";
import type { BoardChange, BoardDecision, Candidate } from "../../../lambdas/competitions/rules/submission-rules.ts";

const people = {
  owner: { isOwner: true, isOrganizer: false, isSuperuser: false },
  organizer: { isOwner: false, isOrganizer: true, isSuperuser: false },
  superuser: { isOwner: false, isOrganizer: false, isSuperuser: true },
  stranger: { isOwner: false, isOrganizer: false, isSuperuser: false },
};

const outcome = (decision: BoardDecision) => (decision.allowed ? decision.change : decision.code);

interface Expected {
  finished: BoardChange;
  connect: string;
  disconnect: string;
  superuserConnect: string;
  superuserDisconnect: string;
}

const table: Record<SubmissionRule, Expected> = {
  Add: {
    finished: "none",
    connect: "replace",
    disconnect: "ROW_IS_FINAL",
    superuserConnect: "replace",
    superuserDisconnect: "ROW_IS_FINAL",
  },
  Add_And_Delete: {
    finished: "none",
    connect: "replace",
    disconnect: "remove",
    superuserConnect: "replace",
    superuserDisconnect: "remove",
  },
  Add_And_Delete_Multiple: {
    finished: "none",
    connect: "add",
    disconnect: "remove",
    superuserConnect: "add",
    superuserDisconnect: "remove",
  },
  Force_Last: {
    finished: "replace",
    connect: "BOARD_IS_AUTOMATIC",
    disconnect: "BOARD_IS_AUTOMATIC",
    superuserConnect: "replace",
    superuserDisconnect: "remove",
  },
  Force_Latest_Multiple: {
    finished: "add",
    connect: "BOARD_IS_AUTOMATIC",
    disconnect: "BOARD_IS_AUTOMATIC",
    superuserConnect: "add",
    superuserDisconnect: "remove",
  },
  Force_Best: {
    finished: "replace-with-best",
    connect: "BOARD_IS_AUTOMATIC",
    disconnect: "BOARD_IS_AUTOMATIC",
    superuserConnect: "replace",
    superuserDisconnect: "remove",
  },
};

for (const rule of submissionRules) {
  const expected = table[rule];
  describe(`rule ${rule}`, () => {
    it(`when scores are received: ${expected.finished}`, () => {
      assert.equal(changeWhenFinished(rule, false), expected.finished);
    });

    it("when scores of a specific-task rerun are received: none", () =>
      assert.equal(changeWhenFinished(rule, true), "none"));

    for (const person of ["owner", "organizer"] as const) {
      it(`POST by the ${person}: ${expected.connect}`, () => {
        assert.equal(outcome(decideConnect(rule, people[person], false)), expected.connect);
      });

      it(`DELETE by the ${person}: ${expected.disconnect}`, () => {
        assert.equal(outcome(decideDisconnect(rule, people[person], false)), expected.disconnect);
      });
    }

    it(`POST by a superuser: ${expected.superuserConnect}`, () => {
      assert.equal(outcome(decideConnect(rule, people.superuser, false)), expected.superuserConnect);
    });

    it(`DELETE by a superuser: ${expected.superuserDisconnect}`, () => {
      assert.equal(outcome(decideDisconnect(rule, people.superuser, false)), expected.superuserDisconnect);
    });

    it("POST and DELETE by anybody else are refused", () => {
      assert.equal(outcome(decideConnect(rule, people.stranger, false)), "NOT_YOUR_SUBMISSION");
      assert.equal(outcome(decideDisconnect(rule, people.stranger, false)), "NOT_YOUR_SUBMISSION");
    });

    it("a specific-task rerun is refused for everybody, including superusers (L-24)", () => {
      for (const person of ["owner", "organizer", "superuser"] as const) {
        assert.equal(outcome(decideConnect(rule, people[person], true)), "TASK_RERUN");
        assert.equal(outcome(decideDisconnect(rule, people[person], true)), "TASK_RERUN");
      }
    });
  });
}

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
    createdWhen: new Date(Date.UTC(2026, 0, id)),
    tasks: tasks.map((scores) => new Map(Object.entries(scores))),
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
    assert.equal(
      best(
        [column(2, "asc"), column(1, "desc")].map((one, index) => ({ ...one, index })),
        whole,
        lacking,
      ),
      1,
    );
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

describe("superseded submissions, whose files are deleted (A-106)", () => {
  const stored = (id: number, change: { onLeaderboard?: boolean; isPublic?: boolean } = {}) => ({
    id,
    onLeaderboard: false,
    isPublic: false,
    ...change,
  });

  it("are all except the best and the last", () => {
    assert.deepEqual(superseded([stored(1), stored(2), stored(3), stored(4)], 2), [1, 3]);
    assert.deepEqual(superseded([stored(1), stored(2)], 2), [1]);
    assert.deepEqual(superseded([stored(1), stored(2)], undefined), [1]);
    assert.deepEqual(superseded([stored(1)], 1), []);
    assert.deepEqual(superseded([], undefined), []);
  });

  it("are never public or on the leaderboard", () => {
    assert.deepEqual(
      superseded(
        [stored(1, { onLeaderboard: true }), stored(2, { isPublic: true }), stored(3), stored(4), stored(5)],
        5,
      ),
      [3, 4],
    );
  });
});
