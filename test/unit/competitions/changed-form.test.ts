import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { Refusal } from "../../../lambdas/kernel/refusal.ts";
import { changedForm, type CompetitionChanges } from "../../../lambdas/competitions/service/changed-form.ts";
import type { CompetitionForm } from "../../../lambdas/competitions/rules/competition-form.ts";

describe("a request to change a competition (A-21)", () => {
  const column = { id: 5, key: "accuracy", title: "Accuracy", index: 0 };
  const board = { id: 1, key: "main", title: "Results", submission_rule: "Force_Best", columns: [column] };
  const before = {
    title: "A competition",
    pages: [{ id: 3, title: "Overview", content: "" }],
    phases: [{ id: 7, name: "First", tasks: ["a"] }],
    leaderboards: [board],
  } as unknown as CompetitionForm;
  const change = (changes: object) => changedForm(before, changes as CompetitionChanges);
  const refusal = (changes: object) => {
    try {
      change(changes);
    } catch (error) {
      if (error instanceof Refusal) return error.message;
      throw error;
    }
    return undefined;
  };

  it("keeps what it does not name", () => {
    assert.deepEqual(change({ leaderboards: [{ id: 1, submission_rule: "Add" }] }).leaderboards[0], {
      ...board,
      submission_rule: "Add",
      ranking_tasks: undefined,
    });
  });

  it("is refused if it names an id that there is not, with those that there are", () => {
    const unknown = (what: string, whose: string, id: number) =>
      `This ${whose} has no ${what} with the id 99. Known ids: ${id}. Leave the id out to add a new ${what}.`;
    assert.equal(
      refusal({ leaderboards: [{ id: 99, submission_rule: "Add" }] }),
      unknown("leaderboard", "competition", 1),
    );
    assert.equal(
      refusal({ leaderboards: [{ columns: [{ id: 99, hidden: true }] }] }),
      unknown("column", "leaderboard", 5),
    );
    assert.equal(refusal({ phases: [{ id: 99, tasks: [] }] }), unknown("phase", "competition", 7));
    assert.equal(refusal({ pages: [{ id: 99, content: "Text" }] }), unknown("page", "competition", 3));
  });

  it("may name leaderboards and columns by their keys, and copy ids into a new competition", () => {
    const named = [{ id: 99, key: "main", columns: [{ id: 98, key: "accuracy" }] }];
    assert.deepEqual(change({ leaderboards: named }).leaderboards[0]!.columns, [column]);
    const empty = { title: "A copy", pages: [], phases: [], leaderboards: [] };
    const { id, ...copied } = changedForm(empty, before as CompetitionChanges).leaderboards[0]!;
    assert.equal(id, undefined);
    assert.equal(copied.key, "main");
  });

  it("cannot remove all leaderboards", () => {
    assert.equal(refusal({ leaderboards: [] }), "A competition needs a leaderboard.");
  });
});
