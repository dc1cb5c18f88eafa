import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { jobOwners } from "../../../lambdas/functions/job-owners.ts";
import { seeWorker } from "../../../lambdas/jobs/db/workers.ts";
import { claim, heartbeat } from "../../../lambdas/jobs/service/attempts.ts";
import type { Competition } from "../../../client/api-client.ts";
import { allProfiles } from "../../../lambdas/jobs/service/capacity-profiles.ts";
import { offer } from "../../support/below-the-api.ts";
import { submit } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import {
  expect,
  openLabWithPeople,
  phaseOf,
  shownTo,
  twoTasks,
  type Lab,
  type ShownSubmission,
} from "../support/lab.ts";

interface Waiting extends ShownSubmission {
  queue_position: number | null;
  waiting_for: string | null;
}

describe("what a submission waits for (A-98)", () => {
  let lab: Lab;
  let alice: Person;
  let bob: Person;
  let eve: Person;
  let competition: Competition;
  beforeAll(async () => {
    ({ lab, alice, bob, eve } = await openLabWithPeople());
    competition = await lab.competition({}, alice, bob, eve);
  });
  afterAll(() => lab.close());

  const seen = async (person: Person, id: number) => (await shownTo(person, id)) as Waiting;
  const told = async (person: Person, id: number) => {
    const { status, status_details, queue_position, waiting_for } = await seen(person, id);
    return { status, status_details, queue_position, waiting_for };
  };
  const send = (person: Person, to: Competition = competition) => submit(person, phaseOf(to), Buffer.from("x"));
  /** Of all workers. */
  const lastSeen = (since: string | null) =>
    since === null
      ? lab.inside.db.deleteFrom("workers").execute()
      : lab.inside.db.updateTable("workers").set({ last_seen: since }).execute();
  const submitted = (why: string, position: number | null) => ({
    status: "Submitted",
    status_details: why,
    queue_position: position,
    waiting_for: why,
  });
  const idle = { queue_position: null, waiting_for: null };

  it("is a worker where there is none: since when none was seen", async () => {
    const id = await send(alice);
    await lastSeen(null);
    assert.deepEqual(await told(alice, id), submitted("waiting for a worker: none was seen yet", 1));
    await lab.runAll({ failure: "PROGRAM_EXIT" });
    const next = await send(alice);
    await lastSeen("2026-01-31T13:30:59Z");
    assert.deepEqual(
      await told(alice, next),
      submitted("waiting for a worker: none was seen since 2026-01-31 13:30 UTC", 1),
    );
    await lab.runAll({ scores: { accuracy: 1 } });
    assert.deepEqual(await told(alice, next), { status: "Finished", status_details: null, ...idle });
  });

  it("is its turn else: whose position is 1 is claimed next, whatever runs and whoever was served", async () => {
    const other = await lab.competition(twoTasks, alice, bob);
    const third = await lab.competition({}, bob, eve);
    const people = new Map<number, Person>();
    for (const [person, to] of [
      [alice, competition],
      [alice, competition],
      [bob, competition],
      [alice, other],
      [bob, third],
      [alice, competition],
      [eve, third],
      [eve, competition],
      [bob, other],
      [bob, third],
      [alice, competition],
      [eve, third],
    ] as const)
      people.set(await send(person, to), person);
    const jobs = async () =>
      lab.inside.db
        .selectFrom("submissions as s")
        .innerJoin("jobs as j", "j.id", "s.job_id")
        .select(["s.id", "j.id as job", "s.owner_id", "j.state", "s.parent_id"])
        .where("j.state", "=", "ready")
        .orderBy("s.id")
        .execute();
    const held = [];
    for (let waiting = await jobs(), n = 0; waiting.length > 0; waiting = await jobs(), n++) {
      const places = new Map<string, number | null>();
      for (const { id, job } of waiting) places.set(job, (await seen(lab.organizer, id)).queue_position);
      assert.deepEqual(
        [...places.values()].sort((a, b) => a! - b!),
        waiting.map((_, i) => i + 1),
      );
      const manifest = (await lab.claim())!;
      assert.equal(places.get(manifest.attempt.jobId), 1);
      held.push(manifest);
      // Sometimes nothing has ended, sometimes one, sometimes all.
      const ending = n % 3 === 1 ? held.splice(0, 1) : n % 3 === 2 ? held.splice(0) : [];
      for (const one of ending) await lab.finish(one, { failure: "PROGRAM_EXIT" });
    }
    for (const one of held) await lab.finish(one, { failure: "PROGRAM_EXIT" });
  });

  it("is told to whoever sees the submission, as a number and in words that name nobody", async () => {
    const [first, second, last] = [await send(alice), await send(alice), await send(alice)];
    const other = await send(bob);
    await lastSeen(new Date().toISOString());
    // However many one has submitted, the other's single one is before the second of them.
    const places = [(await seen(alice, first)).queue_position, (await seen(bob, other)).queue_position];
    assert.deepEqual(places.sort(), [1, 2]);
    assert.deepEqual(await told(alice, second), submitted("3rd in the queue", 3));
    assert.deepEqual(await told(lab.organizer, last), submitted("4th in the queue", 4));
    assertRefused(await eve.send("GET", `/api/submissions/${last}/`), 404, "NO_SUCH_SUBMISSION");
    await lab.runAll({ failure: "PROGRAM_EXIT" });
  });

  it("of a parent is that of the first of its children", async () => {
    const double = await lab.competition(twoTasks, bob);
    const id = await send(bob, double);
    await lastSeen(new Date().toISOString());
    assert.deepEqual(await told(bob, id), submitted("1st in the queue", 1));
    const manifest = (await lab.claim())!;
    assert.deepEqual(await told(bob, id), { status: "Running", status_details: null, ...idle });
    await lab.finish(manifest, { failure: "PROGRAM_EXIT" });
    await lab.runAll({ failure: "PROGRAM_EXIT" });
  });

  it("is what its step waits for while it runs, and nothing when it does not wait", async () => {
    const id = await send(alice);
    const manifest = (await lab.claim())!;
    assert.deepEqual(await told(alice, id), {
      status: "Running",
      status_details: "ingestion_hostname-test-host",
      ...idle,
    });
    const words = "waiting for capacity: GPU";
    const { queue_id } = await lab.inside.db
      .selectFrom("jobs")
      .select("queue_id")
      .where("id", "=", manifest.attempt.jobId)
      .executeTakeFirstOrThrow();
    await heartbeat(lab.inside, jobOwners, queue_id, manifest.attempt.id, [
      { step: "prediction", stage: "preparing", waiting: words },
    ]);
    assert.deepEqual(await told(alice, id), {
      status: "Preparing",
      status_details: words,
      queue_position: null,
      waiting_for: words,
    });
    const steps = async () =>
      (await expect<{ steps: Record<string, string | null>[] }>(200, alice, "GET", `/api/submissions/${id}/`)).steps;
    const [begun] = await steps();
    assert.deepEqual([begun!["step"], begun!["started_when"], begun!["ended_when"]], ["prediction", null, null]);
    await lab.finish(manifest, { failure: "PROGRAM_EXIT" });
    // What was reported first stays (A-192).
    const [ended] = await steps();
    assert.equal(ended!["preparing_when"], begun!["preparing_when"]);
    assert.ok(ended!["ended_when"]! >= ended!["preparing_when"]!);
  });

  it("is another try after a failure of the platform's, of which the details go on telling", async () => {
    const id = await send(alice);
    await lab.finish((await lab.claim())!, { failure: "STORAGE_ERROR", message: "The storage was away." });
    const { waiting_for, ...rest } = await told(alice, id);
    assert.deepEqual(rest, {
      status: "Submitted",
      status_details: "The storage was away. It will be tried again.",
      queue_position: null,
    });
    assert.match(waiting_for!, /^waiting for another try at \d{4}-\d\d-\d\d \d\d:\d\d UTC$/);
    await expect(200, alice, "GET", `/api/submissions/${id}/cancel_submission/`);
    assert.deepEqual(await told(alice, id), { status: "Cancelled", status_details: null, ...idle });
  });

  it("is the organizer where submissions do not run by themselves, and the queue once it is drained", async () => {
    const queue = await expect<{ id: string }>(201, lab.organizer, "POST", "/api/queues/", { json: { name: "mine" } });
    const manual = await lab.competition({ auto_run_submissions: false, queue: queue.id }, alice);
    const id = await send(alice, manual);
    const reason = async () => (await seen(alice, id)).waiting_for;
    assert.equal(await reason(), "waiting for an organizer to start it");
    await expect(200, lab.organizer, "PATCH", `/api/queues/${queue.id}/`, { json: { accepts_jobs: false } });
    assert.equal(await reason(), "waiting for an organizer to start it, when the queue takes submissions again");
  });

  it("is the queue's owner once its capacity profile is gone, or its limit of parallel jobs", async () => {
    const profiles = await allProfiles(lab.inside);
    const profile = { cpu: 1024, memoryMiB: 4096, diskGiB: 21, gpus: 0, network: true, users: null };
    await offer(lab.inside, { ...profiles, small: profile });
    const settings = { name: "small", prediction_profile: "small", scoring_profile: "small", max_running: 1 };
    const queue = await expect<{ id: string }>(201, lab.organizer, "POST", "/api/queues/", { json: settings });
    const own = await lab.competition({ queue: queue.id }, alice, bob);
    const id = await send(alice, own);
    await offer(lab.inside, profiles);
    const { waiting_for, queue_position } = await seen(alice, id);
    assert.match(
      waiting_for!,
      /^waiting for the owner of the queue: The queue's capacity profile "small" no longer exists/,
    );
    assert.equal(queue_position, 1);
    await offer(lab.inside, { ...profiles, small: profile });

    const worker = {
      id: "w",
      instance: "i",
      host: "h",
      launcher: "docker",
      capabilities: { outlivesWorker: false },
      slots: 4,
      version: "1",
    };
    await seeWorker(lab.inside.db, [queue.id], worker, null);
    assert.equal((await seen(alice, id)).waiting_for, "1st in the queue");
    await seeWorker(lab.inside.db, [queue.id], worker, "The disk of the worker is full.");
    assert.equal(
      (await seen(alice, id)).waiting_for,
      "waiting for a worker that can run programs: The disk of the worker is full.",
    );
    await seeWorker(lab.inside.db, [queue.id], { ...worker, id: "another" }, null);
    assert.equal((await seen(alice, id)).waiting_for, "1st in the queue", "one can run them");
    assert.ok(await claim(lab.inside, jobOwners, queue.id, worker));
    const next = await send(bob, own);
    assert.deepEqual(await told(bob, next), submitted("1st in the queue, which runs 1 at a time", 1));
  });
});
