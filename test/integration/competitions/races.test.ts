import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sql } from "kysely";
import { jobOwners } from "../../../lambdas/functions/job-owners.ts";
import { extendLease } from "../../../lambdas/jobs/db/jobs.ts";
import { isFull } from "../../../lambdas/jobs/db/served-queues.ts";
import { requestCancel } from "../../../lambdas/jobs/db/stop-jobs.ts";
import { lockFamily } from "../../../lambdas/competitions/db/submission-changes.ts";
import type { Manifest } from "../../../contract/job.ts";
import { failAttempt } from "../../../lambdas/jobs/service/attempts.ts";
import { sweep } from "../../../lambdas/functions/sweep.ts";
import { inDays, phase, submit } from "../../support/competitions.ts";
import { expireLeases } from "../../support/leases.ts";
import type { Person } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";
import { boardWithRule, expect, openLab, twoTasks, type Lab, type ShownSubmission } from "../support/lab.ts";

describe("concurrency", () => {
  let lab: Lab;
  let alice: Person;
  beforeAll(async () => {
    lab = await openLab();
    alice = await lab.newPerson();
  });
  afterAll(() => lab.close());

  const times = <Result>(n: number, ask: (i: number) => Promise<Result>) =>
    Promise.all(Array.from({ length: n }, (_, i) => ask(i)));
  const shown = (id: number) => expect<ShownSubmission>(200, lab.organizer, "GET", `/api/submissions/${id}/`);

  it("two organizers start a submission only once", async () => {
    const competition = await lab.competition({ ...twoTasks, auto_run_submissions: false }, alice);
    const id = await submit(alice, competition.phases[0]!.id, Buffer.from("x"));
    const answers = await times(6, () => lab.organizer.send("POST", `/api/submissions/${id}/run_submission/`));
    assert.deepEqual(answers.map(({ status }) => status).filter((status) => status === 200).length, 1);
    assert.ok(
      answers.every(({ status }) => [200, 403, 409].includes(status)),
      answers.map(({ text }) => text).join("\n"),
    );
    let jobs = 0;
    for (let manifest = await lab.claim(); manifest; manifest = await lab.claim()) {
      jobs++;
      await lab.finish(manifest, { scores: { accuracy: 1 } });
    }
    assert.equal(jobs, 2);
    assert.equal((await shown(id)).status, "Finished");
  });

  it("a phase migrates each submission only once", async () => {
    const phases = [phase({ end: inDays(1) }), phase({ index: 1, name: "Next", start: inDays(2) })];
    const competition = await lab.competition({ phases, ...boardWithRule("Force_Latest_Multiple") }, alice);
    for (let i = 0; i < 3; i++) await lab.submitted(alice, competition.phases[0]!.id, { scores: { accuracy: i } });
    const answers = await times(4, () =>
      lab.organizer.send("POST", `/api/phases/${competition.phases[0]!.id}/manually_migrate/`),
    );
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 200],
    );
    const copies = await expect<unknown[]>(200, alice, "GET", `/api/submissions/?phase=${competition.phases[1]!.id}`);
    assert.equal(copies.length, 3);
    await lab.runAll({ scores: { accuracy: 1 } });
  });

  it("cancelling and finishing a submission's children at once gives one of the two results, with the existing scores", async () => {
    const competition = await lab.competition(
      {
        ...twoTasks,
        ...boardWithRule("Force_Last", [
          { title: "Sum", key: "sum", index: 1, computation: "sum", computation_indexes: [0] },
        ]),
      },
      alice,
    );
    for (let round = 0; round < 8; round++) {
      const id = await submit(alice, competition.phases[0]!.id, Buffer.from("x"));
      const manifests = [await lab.claim(), await lab.claim()].filter((manifest) => manifest !== null);
      const cancelled = lab.organizer.send("GET", `/api/submissions/${id}/cancel_submission/`);
      await Promise.all([cancelled, ...manifests.map((manifest) => lab.finish(manifest, { scores: { accuracy: 1 } }))]);
      assert.equal((await cancelled).status, 200, (await cancelled).text);
      const parent = await shown(id);
      const children = await Promise.all(parent.children.map(shown));
      const finished = children.filter(({ status }) => status === "Finished").length;
      assert.ok(children.every(({ status }) => ["Finished", "Cancelled"].includes(status)));
      assert.equal(parent.status, finished > 0 ? "Finished" : "Cancelled");
      const sums = parent.scores.filter(({ column_key }) => column_key === "sum").map(({ score }) => Number(score));
      assert.deepEqual(sums, finished > 0 ? [finished] : []);
    }
  });

  it("a person cannot create more than five queues", async () => {
    const answers = await times(8, (i) => alice.send("POST", "/api/queues/", { json: { name: `queue ${i}` } }));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 201, 201, 201, 201, 403, 403, 403]);
  });

  it("a competition is published and unpublished as often as requested", async () => {
    const competition = await lab.competition();
    const answers = await times(6, () =>
      expect<{ published: boolean }>(200, lab.organizer, "POST", `/api/competitions/${competition.id}/toggle_publish/`),
    );
    assert.equal(answers.filter(({ published }) => published).length, 3);
  });

  it("two organizers change different parts of a competition, and both changes are kept (A-21)", async () => {
    const competition = await lab.competition();
    const changes = [
      { title: "Another" },
      { terms: "Other terms" },
      { reward: "A prize" },
      { report: "https://example.org/" },
    ];
    const answers = await times(4, (i) =>
      lab.organizer.send("PATCH", `/api/competitions/${competition.id}/`, { json: changes[i] }),
    );
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 200],
      answers.map(({ text }) => text.slice(0, 200)).join("\n"),
    );
    const after = await expect<Record<string, string>>(
      200,
      lab.organizer,
      "GET",
      `/api/competitions/${competition.id}/`,
    );
    for (const change of changes) for (const [name, value] of Object.entries(change)) assert.equal(after[name], value);
  });

  /** Waits until a session of this database waits for a lock of another one. */
  const somebodyWaits = () =>
    waitFor("a session to wait", async () => {
      const { rows } =
        await sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
          lab.inside.db,
        );
      return rows.length > 0;
    });
  const jobOf = (manifest: Manifest) => manifest.attempt.jobId;
  const claimed = async (): Promise<Manifest> => {
    const manifest = await lab.claim();
    assert.ok(manifest);
    return manifest;
  };
  const lose = (manifest: Manifest) =>
    failAttempt(lab.inside, jobOwners, manifest.attempt.id, {
      code: "WORKER_LOST",
      message: "It went silent.",
      step: null,
    });

  it("an attempt whose heartbeat arrives during the sweep keeps its job", async () => {
    const competition = await lab.competition({}, alice);
    const id = await submit(alice, competition.phases[0]!.id, Buffer.from("x"));
    const manifest = await claimed();
    const { db } = lab.inside;
    await expireLeases(db, jobOf(manifest));
    const sweeping = await db.transaction().execute(async (tx) => {
      await extendLease(tx, manifest.attempt.id, 45, null);
      const swept = sweep(lab.inside, jobOwners);
      await somebodyWaits();
      return [swept];
    });
    await Promise.all(sweeping);
    await lab.finish(manifest, { scores: { accuracy: 1 } });
    assert.equal((await shown(id)).status, "Finished");
  });

  it("a run that is cancelled while its last attempt is lost is cancelled, not quarantined", async () => {
    const competition = await lab.competition({}, alice);
    const id = await submit(alice, competition.phases[0]!.id, Buffer.from("x"));
    for (let i = 0; i < 2; i++) await lose(await claimed());
    const last = await claimed();
    const losing = await lab.inside.db.transaction().execute(async (tx) => {
      await requestCancel(tx, [jobOf(last)]);
      const lost = lose(last);
      await somebodyWaits();
      return [lost];
    });
    await Promise.all(losing);
    assert.equal((await shown(id)).status, "Cancelled");
    const job = await lab.inside.db
      .selectFrom("jobs")
      .select(["state", "quarantined_when"])
      .where("id", "=", jobOf(last))
      .executeTakeFirstOrThrow();
    assert.deepEqual(job, { state: "cancelled", quarantined_when: null });
  });

  it("a replay waits for a claim on the same queue before it locks what the claim needs", async () => {
    const competition = await lab.competition(twoTasks, alice);
    const parent = await submit(alice, competition.phases[0]!.id, Buffer.from("x"));
    const lost = await claimed();
    await lose(lost);
    for (let i = 0; i < 2; i++) await lose(await claimed());
    const other = await claimed();
    const { db } = lab.inside;
    const { queue_id: queueId } = await db
      .selectFrom("jobs")
      .select("queue_id")
      .where("id", "=", jobOf(lost))
      .executeTakeFirstOrThrow();
    await db.updateTable("queues").set({ max_running: 5 }).where("id", "=", queueId).execute();
    const replaying = await db.transaction().execute(async (tx) => {
      assert.equal(await isFull(tx, queueId), false);
      const replayed = lab.admin.send("POST", `/api/queues/${queueId}/quarantine/${jobOf(lost)}/replay/`);
      await somebodyWaits();
      await sql`set local lock_timeout = '2s'`.execute(tx);
      await lockFamily(tx, parent);
      return [replayed];
    });
    assert.deepEqual(
      (await Promise.all(replaying)).map(({ status }) => status),
      [204],
    );
    await db.updateTable("queues").set({ max_running: null }).where("id", "=", queueId).execute();
    await lab.finish(other, { scores: { accuracy: 1 } });
    await lab.runAll({ scores: { accuracy: 1 } });
    assert.equal((await shown(parent)).status, "Finished");
  });

  it("a submission made while its owner is being denied obeys the decision", async () => {
    const competition = await lab.competition({}, alice);
    const { db } = lab.inside;
    const decided = await db.transaction().execute(async (tx) => {
      await tx
        .updateTable("participants")
        .set({ status: "denied" })
        .where("competition_id", "=", competition.id)
        .where("user_id", "in", (eb) => eb.selectFrom("users").select("id").where("username", "=", alice.username))
        .execute();
      const submitted = submit(alice, competition.phases[0]!.id, Buffer.from("x"));
      submitted.catch(() => {});
      await somebodyWaits();
      return [submitted];
    });
    await assert.rejects(decided[0]!, /You are not approved to participate/);
    assert.deepEqual(
      await expect<unknown[]>(200, lab.organizer, "GET", `/api/submissions/?phase=${competition.phases[0]!.id}`),
      [],
    );
  });

  it("deleting a submission while it ends is harmless", async () => {
    const competition = await lab.competition(twoTasks, alice);
    for (let round = 0; round < 5; round++) {
      const id = await submit(alice, competition.phases[0]!.id, Buffer.from("x"));
      const manifests = [await lab.claim(), await lab.claim()].filter((manifest) => manifest !== null);
      const gone = lab.organizer.send("DELETE", `/api/submissions/${id}/`);
      await Promise.all([gone, ...manifests.map((manifest) => lab.finish(manifest, { scores: { accuracy: 1 } }))]);
      assert.equal((await gone).status, 204, (await gone).text);
      assert.equal((await lab.organizer.send("GET", `/api/submissions/${id}/`)).status, 404);
    }
  });
});
