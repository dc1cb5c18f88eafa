import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import { canSubmit, raisedLimits, tooLarge, utcDay } from "../../../lambdas/competitions/rules/limits.ts";
import type { SubmissionRequest } from "../../../lambdas/competitions/rules/limits.ts";

const now = new Date("2026-03-01T12:00:00Z");
const open: SubmissionRequest = {
  now,
  phase: { start: new Date("2026-03-01T00:00:00Z"), end: new Date("2026-03-31T13:30:00Z") },
  limits: { perDay: 5, perPerson: 100 },
  counts: { today: 0, total: 0 },
  participation: "approved",
  isBot: false,
  robotsAllowed: false,
  isOrganizer: false,
};
const codeOf = (change: Partial<SubmissionRequest>) => {
  const answer = canSubmit({ ...open, ...change });
  return answer.can ? "can" : answer.code;
};
const early = { now: new Date("2026-02-28T23:59:59Z") };
const late = { now: new Date("2026-03-31T13:30:00.001Z") };

describe("limits", () => {
  it("below both limits one may submit", () => assert.equal(codeOf({ counts: { today: 4, total: 99 } }), "can"));

  it("at the limit of the day one may not", () =>
    assert.equal(codeOf({ counts: { today: 5, total: 5 } }), "DAILY_LIMIT"));

  it("at the limit of the phase one may not", () => {
    assert.equal(codeOf({ counts: { today: 0, total: 100 } }), "TOTAL_LIMIT");
  });

  it("beyond a limit that was lowered later one may not", () => {
    assert.equal(codeOf({ counts: { today: 9, total: 9 } }), "DAILY_LIMIT");
  });

  for (const none of [0, null]) {
    it(`a limit of ${none} is no limit`, () => {
      assert.equal(codeOf({ limits: { perDay: none, perPerson: none }, counts: { today: 1e6, total: 1e6 } }), "can");
      assert.equal(codeOf({ limits: { perDay: none, perPerson: 3 }, counts: { today: 3, total: 3 } }), "TOTAL_LIMIT");
      assert.equal(codeOf({ limits: { perDay: 3, perPerson: none }, counts: { today: 3, total: 3 } }), "DAILY_LIMIT");
    });
  }

  it("what is granted raises a limit, and makes none where there is none (A-102)", () => {
    const granted = { perDay: 2, perPerson: 3 };
    assert.deepEqual(raisedLimits({ perDay: 5, perPerson: 100 }, granted), { perDay: 7, perPerson: 103 });
    for (const none of [0, null])
      assert.deepEqual(raisedLimits({ perDay: none, perPerson: none }, granted), { perDay: null, perPerson: null });
  });

  it("organizers have the limits of everybody", () => {
    assert.equal(codeOf({ isOrganizer: true, counts: { today: 5, total: 5 } }), "DAILY_LIMIT");
  });

  it("bots are unlimited when the competition allows robots, and only then (R-4)", () => {
    const counts = { today: 500, total: 500 };
    assert.equal(codeOf({ isBot: true, robotsAllowed: true, counts }), "can");
    assert.equal(codeOf({ isBot: true, robotsAllowed: false, counts }), "DAILY_LIMIT");
    assert.equal(codeOf({ isBot: false, robotsAllowed: true, counts }), "DAILY_LIMIT");
  });
});

describe("participation", () => {
  for (const participation of ["unknown", "pending", "denied", null] as const) {
    it(`${participation ?? "none"} may not submit`, () => {
      assert.equal(codeOf({ participation }), "NOT_APPROVED");
      assert.equal(codeOf({ participation, isOrganizer: true }), "NOT_APPROVED");
    });

    it(`${participation ?? "none"} does not stop a bot where robots are allowed`, () => {
      assert.equal(codeOf({ participation, isBot: true, robotsAllowed: true }), "can");
      assert.equal(codeOf({ participation, isBot: true, robotsAllowed: false }), "NOT_APPROVED");
    });
  }
});

describe("the window of the phase", () => {
  it("before its start one may not submit, after its end neither", () => {
    assert.equal(codeOf(early), "PHASE_NOT_STARTED");
    assert.equal(codeOf(late), "PHASE_ENDED");
  });

  it("at the moments of its start and end one may", () => {
    assert.equal(codeOf({ now: open.phase.start }), "can");
    assert.equal(codeOf({ now: open.phase.end ?? now }), "can");
  });

  it("a phase without an end stays open", () => {
    assert.equal(codeOf({ ...late, phase: { ...open.phase, end: null } }), "can");
  });

  it("organizers may try a phase before it starts and after it ends", () => {
    assert.equal(codeOf({ ...early, isOrganizer: true }), "can");
    assert.equal(codeOf({ ...late, isOrganizer: true }), "can");
  });

  it("holds for bots as well", () =>
    assert.equal(codeOf({ ...late, isBot: true, robotsAllowed: true }), "PHASE_ENDED"));
});

describe("the reason", () => {
  const reason = (change: Partial<SubmissionRequest>) => {
    const answer = canSubmit({ ...open, ...change });
    return answer.can ? "" : answer.reason;
  };

  it("names the moment, in UTC, or the limit", () => {
    assert.equal(reason(early), "This phase starts on 2026-03-01 00:00 UTC.");
    assert.equal(reason(late), "This phase ended on 2026-03-31 13:30 UTC.");
    assert.match(reason({ counts: { today: 5, total: 5 } }), /all 5 submissions of today.+midnight UTC/);
    assert.match(reason({ counts: { today: 0, total: 100 } }), /all 100 submissions/);
  });
});

describe("a day", () => {
  it("is a calendar day of UTC (R-4)", () => {
    const day = { start: new Date("2026-03-01T00:00:00Z"), end: new Date("2026-03-02T00:00:00Z") };
    assert.deepEqual(utcDay(new Date("2026-03-01T00:00:00Z")), day);
    assert.deepEqual(utcDay(new Date("2026-03-02T01:59:59+02:00")), day);
    assert.deepEqual(utcDay(new Date("2026-03-01T23:59:59.999Z")), day);
  });

  it("holds every moment, and is 24 hours long", () => {
    fc.assert(
      fc.property(
        fc.date({ noInvalidDate: true, min: new Date("1970-01-01"), max: new Date("9999-01-01") }),
        (moment) => {
          const { start, end } = utcDay(moment);
          assert.ok(start <= moment && moment < end);
          assert.equal(end.getTime() - start.getTime(), 86_400_000);
        },
      ),
    );
  });
});

describe("the size of a submission (A-108)", () => {
  const none = { phaseMegabytes: null, queueBytes: null };

  it("is limited by the phase in megabytes and by the queue in bytes, or not at all", () => {
    assert.equal(tooLarge(Number.MAX_SAFE_INTEGER, none), undefined);
    assert.equal(tooLarge(2 * 1024 ** 2, { ...none, phaseMegabytes: 2 }), undefined);
    assert.match(tooLarge(2 * 1024 ** 2 + 1, { ...none, phaseMegabytes: 2 })!, /2097153 bytes; this phase takes 2 MB/);
    assert.equal(tooLarge(5, { ...none, queueBytes: 5 }), undefined);
    assert.match(tooLarge(6, { phaseMegabytes: 2, queueBytes: 5 })!, /6 bytes; the queue of this competition takes 5 /);
  });
});
