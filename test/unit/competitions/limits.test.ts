import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import {
  canSubmit,
  raisedLimits,
  tooLarge,
  utcDay,
  leftSubmissions,
} from "../../../lambdas/competitions/rules/limits.ts";
import type { SubmissionRequest } from "../../../lambdas/competitions/rules/limits.ts";

const now = new Date("2026-03-01T12:00:00Z");
const open: SubmissionRequest = {
  now,
  phase: { start: new Date("2026-03-01T00:00:00Z"), end: new Date("2026-03-31T13:30:00Z") },
  acceptsSubmissions: true,
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

describe("left submissions", () => {
  const now = new Date("2026-03-04T22:00:00Z");
  const left = (perDay: number | null, perPerson: number | null, today = 1, total = 3) =>
    leftSubmissions({ limits: { perDay, perPerson }, counts: { today, total } }, now);
  it("are those of the day, and never more than in all (A-193)", () => {
    const resetsWhen = new Date("2026-03-05T00:00:00Z");
    assert.deepEqual(left(5, null), { today: 4, inAll: null, resetsWhen });
    assert.deepEqual(left(5, 4), { today: 1, inAll: 1, resetsWhen });
    assert.deepEqual(left(1, 10, 2), { today: 0, inAll: 7, resetsWhen });
  });
  it("have no end without limits", () => {
    assert.deepEqual(left(null, null), { today: null, inAll: null, resetsWhen: null });
    assert.deepEqual(left(0, 4), { today: 1, inAll: 1, resetsWhen: null });
  });
});

describe("limits", () => {
  it("a user below both limits may submit", () => assert.equal(codeOf({ counts: { today: 4, total: 99 } }), "can"));

  it("nobody may submit to a closed phase, neither organizers nor robots (A-114)", () => {
    const closed = { acceptsSubmissions: false };
    for (const who of [{}, { isOrganizer: true }, { isBot: true, robotsAllowed: true }])
      assert.equal(codeOf({ ...closed, ...who }), "PHASE_CLOSED");
  });

  it("a user who reached the daily limit may not submit", () =>
    assert.equal(codeOf({ counts: { today: 5, total: 5 } }), "DAILY_LIMIT"));

  it("a user who reached the phase limit may not submit", () => {
    assert.equal(codeOf({ counts: { today: 0, total: 100 } }), "TOTAL_LIMIT");
  });

  it("a user above a limit that was lowered later may not submit", () => {
    assert.equal(codeOf({ counts: { today: 9, total: 9 } }), "DAILY_LIMIT");
  });

  for (const none of [0, null]) {
    it(`a limit of ${none} means no limit`, () => {
      assert.equal(codeOf({ limits: { perDay: none, perPerson: none }, counts: { today: 1e6, total: 1e6 } }), "can");
      assert.equal(codeOf({ limits: { perDay: none, perPerson: 3 }, counts: { today: 3, total: 3 } }), "TOTAL_LIMIT");
      assert.equal(codeOf({ limits: { perDay: 3, perPerson: none }, counts: { today: 3, total: 3 } }), "DAILY_LIMIT");
    });
  }

  it("a grant raises an existing limit and does not add one (A-102)", () => {
    const granted = { perDay: 2, perPerson: 3 };
    assert.deepEqual(raisedLimits({ perDay: 5, perPerson: 100 }, granted), { perDay: 7, perPerson: 103 });
    for (const none of [0, null])
      assert.deepEqual(raisedLimits({ perDay: none, perPerson: none }, granted), { perDay: null, perPerson: null });
  });

  it("organizers have the same limits as participants", () => {
    assert.equal(codeOf({ isOrganizer: true, counts: { today: 5, total: 5 } }), "DAILY_LIMIT");
  });

  it("bots have no limits, but only where the competition allows robots (R-4)", () => {
    const counts = { today: 500, total: 500 };
    assert.equal(codeOf({ isBot: true, robotsAllowed: true, counts }), "can");
    assert.equal(codeOf({ isBot: true, robotsAllowed: false, counts }), "DAILY_LIMIT");
    assert.equal(codeOf({ isBot: false, robotsAllowed: true, counts }), "DAILY_LIMIT");
  });
});

describe("participation", () => {
  for (const participation of ["unknown", "pending", "denied", null] as const) {
    it(`a user with participation ${participation ?? "none"} may not submit`, () => {
      assert.equal(codeOf({ participation }), "NOT_APPROVED");
      assert.equal(codeOf({ participation, isOrganizer: true }), "NOT_APPROVED");
    });

    it(`a bot with participation ${participation ?? "none"} may submit where robots are allowed`, () => {
      assert.equal(codeOf({ participation, isBot: true, robotsAllowed: true }), "can");
      assert.equal(codeOf({ participation, isBot: true, robotsAllowed: false }), "NOT_APPROVED");
    });
  }
});

describe("the start and end of the phase", () => {
  it("nobody may submit before the start or after the end", () => {
    assert.equal(codeOf(early), "PHASE_NOT_STARTED");
    assert.equal(codeOf(late), "PHASE_ENDED");
  });

  it("submitting is allowed exactly at the start and at the end", () => {
    assert.equal(codeOf({ now: open.phase.start }), "can");
    assert.equal(codeOf({ now: open.phase.end ?? now }), "can");
  });

  it("a phase without an end stays open", () => {
    assert.equal(codeOf({ ...late, phase: { ...open.phase, end: null } }), "can");
  });

  it("organizers may submit before the start and after the end", () => {
    assert.equal(codeOf({ ...early, isOrganizer: true }), "can");
    assert.equal(codeOf({ ...late, isOrganizer: true }), "can");
  });

  it("bots must respect them as well", () =>
    assert.equal(codeOf({ ...late, isBot: true, robotsAllowed: true }), "PHASE_ENDED"));
});

describe("the refusal's message", () => {
  const reason = (change: Partial<SubmissionRequest>) => {
    const answer = canSubmit({ ...open, ...change });
    return answer.can ? "" : answer.reason;
  };

  it("contains the date in UTC, or the limit", () => {
    assert.equal(reason(early), "This phase starts on 2026-03-01 00:00 UTC.");
    assert.equal(reason(late), "This phase ended on 2026-03-31 13:30 UTC.");
    assert.match(reason({ counts: { today: 5, total: 5 } }), /all 5 submissions .+ per day.+midnight UTC/);
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

  it("contains every moment, and lasts 24 hours", () => {
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

  it("may be limited by the phase in megabytes and by the queue in bytes", () => {
    assert.equal(tooLarge(Number.MAX_SAFE_INTEGER, none), undefined);
    assert.equal(tooLarge(2 * 1024 ** 2, { ...none, phaseMegabytes: 2 }), undefined);
    assert.match(
      tooLarge(2 * 1024 ** 2 + 1, { ...none, phaseMegabytes: 2 })!,
      /2097153 bytes, but this phase accepts at most 2 MB/,
    );
    assert.equal(tooLarge(5, { ...none, queueBytes: 5 }), undefined);
    assert.match(
      tooLarge(6, { phaseMegabytes: 2, queueBytes: 5 })!,
      /6 bytes, but the queue of this competition accepts at most 5\./,
    );
  });
});
