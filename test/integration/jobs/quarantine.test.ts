import assert from "node:assert/strict";
import { jobOwners } from "../../../lambdas/functions/job-owners.ts";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { claim, complete, failAttempt, heartbeat } from "../../../lambdas/jobs/service/attempts.ts";
import type { AttemptReport, Manifest, WorkerIdentity } from "../../../contract/job.ts";
import type { Competition } from "../../../client/api-client.ts";
import { phase, submit } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import {
  boardWithRule,
  expect,
  openLabWithPeople,
  phaseOf,
  scoresOf,
  shownTo,
  twoTasks,
  type Lab,
} from "../support/lab.ts";

interface Quarantined {
  job: string;
  submission: number;
  competition: { id: number; title: string };
  reason: { code: string; message: string };
  attempts: { number: number; host: string; outcome: string; failure: { code: string } | null; ended_when: string }[];
}

describe("jobs in quarantine", () => {
  let lab: Lab;
  let alice: Person;
  let eve: Person;
  let queue: { id: string };
  let competition: Competition;
  beforeAll(async () => {
    ({ lab, alice, eve } = await openLabWithPeople());
    queue = await expect<{ id: string }>(201, lab.organizer, "POST", "/api/queues/", {
      json: { name: "mine", is_public: true },
    });
    competition = await compete({ phases: [phase({ max_submissions: 1 })] });
  });
  afterAll(() => lab.close());

  const compete = (yaml: object) =>
    lab.competition({ ...boardWithRule("Force_Last"), queue: queue.id, ...yaml }, alice);
  const list = async (query = "") =>
    expect<{ count: number; next: string | null; results: Quarantined[] }>(
      200,
      lab.organizer,
      "GET",
      `/api/queues/${queue.id}/quarantine/${query}`,
    );
  const path = (job: string, verb = "") => `/api/queues/${queue.id}/quarantine/${job}/${verb}`;
  let workers = 0;
  const take = async (): Promise<Manifest | null> => {
    const worker: WorkerIdentity = {
      id: "w",
      instance: "i",
      host: `box-${++workers}`,
      launcher: "docker",
      capabilities: { outlivesWorker: false },
      slots: 1,
      version: "1",
    };
    return claim(lab.inside, jobOwners, queue.id, worker);
  };
  const lose = async () => {
    const manifest = (await take())!;
    await failAttempt(lab.inside, jobOwners, manifest.attempt.id, {
      code: "WORKER_LOST",
      message: "The worker that ran this went silent.",
      step: null,
    });
    return manifest.attempt;
  };
  const loseAll = async () => {
    for (let i = 0; i < 2; i++) await lose();
    return (await lose()).jobId;
  };
  /** Ends a job of this queue as a worker of it would. */
  async function finish(outcome: Parameters<Lab["finish"]>[1]): Promise<void> {
    const manifest = (await take())!;
    await lab.inside.db.updateTable("worker_tokens").set({ queue_id: queue.id }).where("name", "=", "test").execute();
    await lab.finish(manifest, outcome);
  }
  const quota = async () =>
    (await expect<{ can: boolean }>(200, alice, "GET", `/api/can_make_submission/${phaseOf(competition)}/`)).can;

  it("are not those that workers gave back because their machines run no programs, unless that goes on (R-132)", async () => {
    const other = await compete({});
    const id = await submit(alice, phaseOf(other), Buffer.from("x"));
    const why = "The disk of the worker is full.";
    const giveBack = async () => {
      const { attempt } = (await take())!;
      const report: AttemptReport = { outcome: "released", failure: null, unwell: why, steps: [] };
      assert.ok(await complete(lab.inside, jobOwners, queue.id, attempt.id, report));
      return attempt.id;
    };
    const facts = async () => {
      const { status, status_details } = await shownTo(alice, id);
      const { attempt_number, released_attempts } = await lab.inside.db
        .selectFrom("jobs")
        .select(["attempt_number", "released_attempts"])
        .orderBy("created_when", "desc")
        .limit(1)
        .executeTakeFirstOrThrow();
      return { status, status_details, attempt_number, released_attempts };
    };
    const details = `${why} It will be tried again.`;
    for (let returns = 1; returns <= 5; returns++) {
      await giveBack();
      assert.deepEqual(await facts(), {
        status: "Submitted",
        status_details: details,
        attempt_number: returns,
        released_attempts: returns,
      });
    }
    // The job itself may be what fills the disk, so from now on this counts.
    for (let tries = 1; tries <= 3; tries++) {
      await lab.inside.db
        .updateTable("jobs")
        .set({ ready_when: new Date(0) })
        .where("state", "=", "ready")
        .execute();
      await giveBack();
    }
    assert.deepEqual(await facts(), {
      status: "Failed",
      status_details: `${why} It was tried 3 times.`,
      attempt_number: 8,
      released_attempts: 5,
    });
    const [{ job }] = (await list()).results as [Quarantined];
    await expect(204, lab.organizer, "DELETE", path(job));
  });

  it("are those whose tries were lost with their workers: listed with why, and every attempt's host and outcome", async () => {
    const id = await submit(alice, phaseOf(competition), Buffer.from("x"));
    const job = await loseAll();
    const hosts = [workers - 2, workers - 1, workers].map((n) => `box-${n}`);
    const { count, results } = await list();
    assert.equal(count, 1);
    const [{ attempts, ...rest }] = results as [Quarantined & { quarantined_when: string }];
    const message = "The worker that ran this went silent. It was tried 3 times.";
    const { quarantined_when, ...facts } = rest as typeof rest & { quarantined_when: string };
    assert.ok(Date.parse(quarantined_when) > 0);
    assert.deepEqual(facts, {
      job,
      submission: id,
      competition: { id: competition.id, title: competition.title },
      reason: { code: "WORKER_LOST", message, step: null },
    });
    assert.deepEqual(
      attempts.map(({ number, host, outcome, failure }) => [number, host, outcome, failure?.code]),
      hosts.map((host, i) => [i + 1, host, "failed", "WORKER_LOST"]),
    );
    assert.ok(attempts.every(({ ended_when }) => Date.parse(ended_when) > 0));
    const { status, status_details } = await shownTo(alice, id);
    assert.deepEqual([status, status_details], ["Failed", message]);
    assert.equal(await quota(), true);
  });

  it("replayed wait in the queue again with all their tries, and end as any other", async () => {
    const { job, submission } = (await list()).results[0]!;
    await expect(204, lab.organizer, "POST", path(job, "replay/"));
    assert.equal((await list()).count, 0);
    const waiting = await expect<Record<string, unknown>>(200, alice, "GET", `/api/submissions/${submission}/`);
    assert.deepEqual(
      [waiting["status"], waiting["failure_code"], waiting["finished_when"], waiting["queue_position"]],
      ["Submitted", null, null, 1],
    );
    assert.equal(await quota(), false);
    assert.deepEqual([(await lose()).number, (await lose()).number], [4, 5]);
    await finish({ scores: { accuracy: 0.5 } });
    const { status, on_leaderboard, ...shown } = await shownTo(alice, submission);
    assert.deepEqual(
      [status, on_leaderboard, scoresOf({ ...shown, status, on_leaderboard })],
      ["Finished", true, { accuracy: "0.5000000000" }],
    );
    assertRefused(await lab.organizer.send("POST", path(job, "replay/")), 404, "NOT_QUARANTINED");
  });

  it("that fail again are quarantined again; dropped, they stay failed and are replayed no more", async () => {
    const more = await compete({});
    const id = await submit(alice, phaseOf(more), Buffer.from("x"));
    const job = await loseAll();
    await expect(204, lab.organizer, "POST", path(job, "replay/"));
    assert.equal(await loseAll(), job);
    assert.deepEqual(
      (await list()).results.map(({ attempts }) => attempts.length),
      [6],
    );
    await expect(204, lab.organizer, "DELETE", path(job));
    assert.equal((await list()).count, 0);
    assert.equal((await shownTo(alice, id)).status, "Failed");
    assertRefused(await lab.organizer.send("POST", path(job, "replay/")), 404, "NOT_QUARANTINED");
    assertRefused(await lab.organizer.send("DELETE", path(job)), 404, "NOT_QUARANTINED");
  });

  it("that somebody had asked to stop run when they are replayed: that was about the run before", async () => {
    const more = await compete({});
    await submit(alice, phaseOf(more), Buffer.from("x"));
    const job = await loseAll();
    await lab.inside.db.updateTable("jobs").set({ cancel_requested_when: new Date() }).where("id", "=", job).execute();
    await expect(204, lab.organizer, "POST", path(job, "replay/"));
    const manifest = (await take())!;
    assert.equal((await heartbeat(lab.inside, jobOwners, queue.id, manifest.attempt.id, [])).cancel, false);
    await lab.finish(manifest, { scores: { accuracy: 1 } });
  });

  it("of a parent that is over have it run again, and its scores are those of all its children then", async () => {
    const sum = { title: "Sum", key: "sum", index: 1, computation: "sum", computation_indexes: [0] };
    const double = await compete({ ...twoTasks, ...boardWithRule("Force_Last", [sum]) });
    const id = await submit(alice, phaseOf(double), Buffer.from("x"));
    await finish({ scores: { accuracy: 0.25 } });
    const job = await loseAll();
    assert.equal((await shownTo(alice, id)).status, "Finished");
    await expect(204, lab.organizer, "POST", path(job, "replay/"));
    assert.equal((await shownTo(alice, id)).status, "Running");
    await finish({ scores: { accuracy: 0.5 } });
    const parent = await shownTo(alice, id);
    assert.deepEqual([parent.status, parent.on_leaderboard], ["Finished", true]);
    assert.equal(parent.scores.find(({ column_key }) => column_key === "sum")?.score, "0.7500000000");
  });

  it("are none whose program failed, or whose submission was deleted", async () => {
    const more = await compete({});
    await submit(alice, phaseOf(more), Buffer.from("x"));
    await finish({ failure: "PROGRAM_EXIT" });
    const [gone, hidden] = [
      await submit(alice, phaseOf(more), Buffer.from("x")),
      await submit(alice, phaseOf(more), Buffer.from("x")),
    ];
    const jobs = [await loseAll(), await loseAll()];
    assert.equal((await list()).count, 2);
    const { next, results } = await list("?page_size=1");
    assert.deepEqual([results.length, next !== null], [1, true]);
    await expect(204, lab.organizer, "DELETE", `/api/submissions/${gone}/`);
    await expect(200, alice, "DELETE", `/api/submissions/${hidden}/soft_delete/`);
    assert.equal((await list()).count, 0);
    for (const job of jobs)
      assertRefused(await lab.organizer.send("POST", path(job, "replay/")), 404, "NOT_QUARANTINED");
    assert.equal(await take(), null);
  });

  it("are not replayed on a queue that is drained, and are its owner's and superusers' alone", async () => {
    const more = await compete({});
    await submit(alice, phaseOf(more), Buffer.from("x"));
    const job = await loseAll();
    const drain = (accepts_jobs: boolean) =>
      expect(200, lab.organizer, "PATCH", `/api/queues/${queue.id}/`, { json: { accepts_jobs } });
    await drain(false);
    assertRefused(await lab.organizer.send("POST", path(job, "replay/")), 403, "QUEUE_DRAINED");
    await drain(true);
    for (const [method, url] of [
      ["GET", `/api/queues/${queue.id}/quarantine/`],
      ["POST", path(job, "replay/")],
      ["DELETE", path(job)],
    ] as const)
      assertRefused(await eve.send(method, url), 403, "NOT_ALLOWED");
    const other = await expect<{ id: string }>(201, eve, "POST", "/api/queues/", { json: { name: "hers" } });
    assertRefused(await eve.send("POST", `/api/queues/${other.id}/quarantine/${job}/replay/`), 404, "NOT_QUARANTINED");
    assertRefused(await lab.organizer.send("POST", path(randomUUID(), "replay/")), 404, "NOT_QUARANTINED");
    await expect(204, lab.admin, "POST", path(job, "replay/"));
    await finish({ failure: "PROGRAM_EXIT" });
  });
});
