import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "@jest/globals";
import {
  auditKindNames,
  queueEvents,
  queueEventsFor,
  type AuditedQueue,
} from "../../../lambdas/accounts/rules/audit.ts";
import { repository } from "../../support/files.ts";

describe("kinds of events", () => {
  it("have a test each against the API, which names it (A-96, A-110)", () => {
    const tests = globSync("test/integration/{competitions,accounts,forum,jobs,deployment,worksheets}/*.test.ts", {
      cwd: repository,
    }).map((path) => readFileSync(join(repository, path), "utf8"));
    assert.deepEqual(
      auditKindNames.filter((kind) => !tests.some((text) => text.includes(kind))),
      [],
    );
  });
});

describe("events of a queue", () => {
  const queue: AuditedQueue = { settings: { name: "Lab", max_running: null }, acceptsJobs: true, organizers: [1, 2] };

  it("are none where nothing changed", () => {
    assert.deepEqual(queueEvents("q", queue, structuredClone(queue)), []);
  });

  it("tell settings from draining, and name each person it is shared with from now on or no more (A-110)", () => {
    const events = queueEvents("q", queue, {
      settings: { name: "Lab", max_running: 2 },
      acceptsJobs: false,
      organizers: [2, 3],
    });
    assert.deepEqual(
      events.map(({ kind, subject, before, after }) => [kind, subject, before, after]),
      [
        ["queue.changed", "q", { max_running: null }, { max_running: 2 }],
        ["queue.drained", "q", { accepts_jobs: true }, { accepts_jobs: false }],
        ["queue.shared", 3, null, {}],
        ["queue.unshared", 1, {}, null],
      ],
    );
    assert.ok(events.every(({ place }) => place.queue === "q"));
    assert.deepEqual(
      queueEventsFor(7, events).map(({ place, kind }) => [place, kind]),
      [
        [{ competition: 7 }, "queue.changed"],
        [{ competition: 7 }, "queue.drained"],
      ],
    );
  });
});
