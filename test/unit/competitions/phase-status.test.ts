import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { isFinalPhase, phaseStatus } from "../../../lambdas/competitions/rules/phase-status.ts";

const start = new Date("2026-03-01T10:00:00Z");
const end = new Date("2026-03-02T10:00:00Z");
const at = (moment: Date, offset: number) => new Date(moment.getTime() + offset);

describe("phase status", () => {
  for (const [what, now, window, expected] of [
    ["before its start", at(start, -1), { start, end }, "Next"],
    ["at its start", start, { start, end }, "Current"],
    ["between start and end", at(start, 1000), { start, end }, "Current"],
    ["at its end", end, { start, end }, "Current"],
    ["after its end", at(end, 1), { start, end }, "Previous"],
    ["without an end, before its start", at(start, -1), { start, end: null }, "Next"],
    ["without an end, long after its start", at(end, 1e12), { start, end: null }, "Current"],
    ["that ends before it starts, between both", at(start, 1), { start: end, end: start }, "Next"],
    ["that ends before it starts, after both", at(end, 1), { start: end, end: start }, "Previous"],
  ] as const) {
    it(`a phase ${what} is ${expected}`, () => assert.equal(phaseStatus(window, now), expected));
  }

  it("the phase with the highest index is the final one, in whatever order phases are listed", () => {
    const phases = [{ index: 2 }, { index: 0 }, { index: 1 }];
    assert.deepEqual(
      phases.map((phase) => isFinalPhase(phase, phases)),
      [true, false, false],
    );
    assert.equal(isFinalPhase({ index: 0 }, [{ index: 0 }]), true);
  });
});
