/** Counts what somebody presses in a window, for journeys that may take so many presses and no more. */
import assert from "node:assert/strict";
import type { Window } from "./browser.ts";

/** The presses that a journey may take, without typing. In Codabench they are 16, 7, 6, 9 and 43. */
const budgets = {
  "from a competition's page, without an account, to the leaderboard": 9,
  "from a file to its rank": 4,
  "from home to why a submission failed": 1,
  "from a bundle to a published competition": 3,
  "from a page that says that 20 people wait to their approval": 3,
} as const;

/** Runs in the page: tells of clicks and touches, of keys that press what has the focus, and of choices from a list. */
const watch = `
addEventListener("pointerdown", () => globalThis.notePress(), true);
addEventListener("keydown", ({ key, target }) => {
  const isTyped = target.matches("input:not([type=checkbox], [type=radio]), textarea");
  if (key === "Enter" || (key === " " && !isTyped)) globalThis.notePress();
}, true);
addEventListener("change", ({ target }) => target.matches("select") && globalThis.notePress(), true);`;

export interface Presses {
  /** A journey begins. */
  begin(): void;
  /** A journey has ended: fails if it took more presses than it may. */
  end(journey: keyof typeof budgets): void;
}

/** Watches a window that has not opened a page yet. */
export async function watchPresses({ context }: Window): Promise<Presses> {
  let count = 0;
  await context.exposeBinding("notePress", () => {
    count += 1;
  });
  await context.addInitScript(watch);
  return {
    begin() {
      count = 0;
    },
    end(journey) {
      assert(count > 0, "no press was seen");
      assert(count <= budgets[journey], `${journey} takes ${count} presses, and may take ${budgets[journey]}`);
    },
  };
}
