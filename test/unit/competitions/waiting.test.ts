import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import {
  askAgainSeconds,
  ordinal,
  waitingFor,
  waitingForOrganizer,
  type Wait,
} from "../../../lambdas/competitions/rules/waiting.ts";

const third: Wait = {
  position: 3,
  stepWaitsFor: null,
  isRunning: false,
  runsAlone: false,
  noPlace: null,
  pausedUntil: null,
  barrier: null,
  stoppedBy: null,
  budgetsBegin: new Date("2026-12-01T00:00:00Z"),
  workerSeen: new Date("2026-11-21T18:02:59Z"),
  workerIsThere: true,
  workersAreUnwell: null,
  workersAreStarted: false,
  maxRunning: null,
  running: 0,
};
const says = (wait: Partial<Wait>) => waitingFor({ ...third, ...wait });

describe("why a submission waits", () => {
  it("shows the position in the queue if there are workers", () => {
    assert.equal(says({}), "3rd in the queue");
    assert.equal(says({ maxRunning: 2, running: 1 }), "3rd in the queue");
    assert.equal(says({ maxRunning: 2, running: 2 }), "3rd in the queue, which runs 2 at a time");
    const alone = "it runs alone, because a worker died while it ran";
    assert.equal(says({ runsAlone: true }), `3rd in the queue; ${alone}`);
    const noPlace = "all 4 places of its capacity profile are taken";
    assert.equal(says({ noPlace }), `3rd in the queue; ${noPlace}`);
  });

  it("shows that no worker is there, and since when", () => {
    assert.equal(says({ workerIsThere: false }), "waiting for a worker: none was seen since 2026-11-21 18:02 UTC");
    assert.equal(says({ workerIsThere: false, workerSeen: null }), "waiting for a worker: none was seen yet");
    assert.equal(
      says({ workerIsThere: false, workerSeen: null, workersAreStarted: true }),
      "waiting for a worker: none was seen yet; the platform starts one",
    );
  });

  it("shows that the workers that are there take no jobs, and why", () => {
    assert.equal(
      says({ workersAreUnwell: "The disk of the worker is full." }),
      "waiting for a worker that can run programs: The disk of the worker is full.",
    );
  });

  it("shows whose budget is spent, and when it begins anew (R-172)", () => {
    const stopped = { position: null, workerIsThere: false };
    const rest = "is spent. It starts when the budget is raised, or on 2026-12-01";
    assert.equal(
      says({ ...stopped, stoppedBy: "queue" }),
      `waiting for money: the monthly budget of the queue ${rest}`,
    );
    assert.equal(
      says({ ...stopped, stoppedBy: "group" }),
      `waiting for money: the monthly budget of the competition ${rest}`,
    );
    assert.equal(says({ ...stopped, stoppedBy: "queue", isRunning: true }), null);
  });

  it("shows first why the queue does not run, then the pause before a retry", () => {
    const pause = { position: null, pausedUntil: new Date("2026-11-21T18:05:00Z") };
    assert.equal(says({ ...pause, workerIsThere: false }), "waiting for another try at 2026-11-21 18:05 UTC");
    assert.equal(says({ ...pause, barrier: "It is gone." }), "waiting for the owner of the queue: It is gone.");
  });

  it("shows what a running step waits for, if anything", () => {
    const running = { position: null, isRunning: true, workerIsThere: false };
    assert.equal(says({ ...running, stepWaitsFor: "waiting for capacity: GPU" }), "waiting for capacity: GPU");
    assert.equal(says(running), null);
  });

  it("shows that an organizer must start it, and whether the queue accepts submissions", () => {
    assert.equal(waitingForOrganizer(true), "waiting for an organizer to start it");
    assert.equal(
      waitingForOrganizer(false),
      "waiting for an organizer to start it, when the queue takes submissions again",
    );
  });

  it("uses English ordinals", () => {
    assert.deepEqual([1, 2, 3, 4, 11, 12, 13, 21, 102, 111].map(ordinal), [
      "1st",
      "2nd",
      "3rd",
      "4th",
      "11th",
      "12th",
      "13th",
      "21st",
      "102nd",
      "111th",
    ]);
  });
});

describe("when to ask again", () => {
  it("is later the longer the line is, and at once for whose turn may come at any moment (A-318)", () => {
    assert.deepEqual([1, 3, 4, 40, 299, 300, 10_000].map(askAgainSeconds), [null, null, 1, 4, 30, 30, 30]);
    assert.equal(askAgainSeconds(null), 10);
  });
});
