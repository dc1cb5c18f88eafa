import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { submissionRules } from "../../../lambdas/competitions/rules/competition.ts";
import type { SubmissionRule } from "../../../lambdas/competitions/rules/competition.ts";
import { decideConnect, decideDisconnect, superseded } from "../../../lambdas/competitions/rules/submission-rules.ts";
import type { BoardDecision } from "../../../lambdas/competitions/rules/submission-rules.ts";

const people = {
  owner: { isOwner: true, isOrganizer: false },
  organizer: { isOwner: false, isOrganizer: true },
  stranger: { isOwner: false, isOrganizer: false },
};
const ordinary = { isTaskRerun: false, isKeptOff: false, isApproved: true };
const keptOff = { ...ordinary, isKeptOff: true };

const outcome = (decision: BoardDecision) => (decision.allowed ? decision.change : decision.code);

interface Expected {
  connect: string;
  disconnect: string;
  /** What an organizer's request to put back does. */
  back: string;
}

const automatic: Expected = { connect: "BOARD_IS_AUTOMATIC", disconnect: "BOARD_IS_AUTOMATIC", back: "let-back" };
const table: Record<SubmissionRule, Expected> = {
  Add: { connect: "replace", disconnect: "ROW_IS_FINAL", back: "replace" },
  Add_And_Delete: { connect: "replace", disconnect: "remove", back: "replace" },
  Add_And_Delete_Multiple: { connect: "add", disconnect: "remove", back: "add" },
  Force_Last: automatic,
  Force_Latest_Multiple: automatic,
  Force_Best: automatic,
};

for (const rule of submissionRules) {
  const expected = table[rule];
  describe(`rule ${rule}`, () => {
    for (const person of ["owner", "organizer"] as const)
      it(`POST by the ${person}: ${expected.connect}`, () => {
        assert.equal(outcome(decideConnect(rule, people[person], ordinary)), expected.connect);
      });

    it(`DELETE by the owner: ${expected.disconnect}`, () => {
      assert.equal(outcome(decideDisconnect(rule, people.owner, ordinary)), expected.disconnect);
    });

    it("DELETE by an organizer keeps the submission off, and only they can put it back (L-26)", () => {
      assert.equal(outcome(decideDisconnect(rule, people.organizer, ordinary)), "keep-off");
      assert.equal(outcome(decideConnect(rule, people.organizer, keptOff)), expected.back);
      const refused = expected === automatic ? "BOARD_IS_AUTOMATIC" : "KEPT_OFF_LEADERBOARD";
      assert.equal(outcome(decideConnect(rule, people.owner, keptOff)), refused);
    });

    it("POST for somebody who is not an approved participant is refused (L-27)", () => {
      const refused = expected === automatic ? "BOARD_IS_AUTOMATIC" : "NOT_APPROVED";
      for (const person of ["owner", "organizer"] as const)
        assert.equal(outcome(decideConnect(rule, people[person], { ...ordinary, isApproved: false })), refused);
    });

    it("POST and DELETE by anybody else are refused", () => {
      assert.equal(outcome(decideConnect(rule, people.stranger, ordinary)), "NOT_YOUR_SUBMISSION");
      assert.equal(outcome(decideDisconnect(rule, people.stranger, ordinary)), "NOT_YOUR_SUBMISSION");
    });

    it("a specific-task rerun is refused for everybody (L-24)", () => {
      for (const person of ["owner", "organizer"] as const) {
        assert.equal(outcome(decideConnect(rule, people[person], { ...ordinary, isTaskRerun: true })), "TASK_RERUN");
        assert.equal(outcome(decideDisconnect(rule, people[person], { isTaskRerun: true })), "TASK_RERUN");
      }
    });
  });
}

describe("superseded submissions, whose files are deleted (A-106)", () => {
  const stored = (id: number, change: { onLeaderboard?: boolean; isKeptOff?: boolean; isPublic?: boolean } = {}) => ({
    id,
    onLeaderboard: false,
    isKeptOff: false,
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

  it("are never those that an organizer took off the leaderboard, because they are evidence", () => {
    assert.deepEqual(superseded([stored(1, { isKeptOff: true }), stored(2), stored(3), stored(4)], 4), [2, 3]);
  });
});
