import assert from "node:assert/strict";
import { afterAll, beforeAll, beforeEach, describe, it } from "@jest/globals";
import { sql } from "kysely";
import { jobOwners } from "../../../lambdas/functions/job-owners.ts";
import { insertRerunPiece } from "../../../lambdas/competitions/db/reruns.ts";
import { rerunPiece } from "../../../lambdas/competitions/service/rerun.ts";
import { sweep } from "../../../lambdas/functions/sweep.ts";
import type { Competition } from "../../../client/api-client.ts";
import { phase, submit } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";
import {
  expect,
  listedTo,
  openLabWithCompetitions,
  phaseOf,
  scoresOf,
  shownTo,
  twoTasks,
  type Lab,
} from "../support/lab.ts";

describe("rerunning and cancelling submissions", () => {
  let lab: Lab;
  let alice: Person;
  let bob: Person;
  let eve: Person;
  let single: Competition;
  let double: Competition;
  beforeAll(async () => {
    ({ lab, alice, bob, eve, single, double } = await openLabWithCompetitions());
  });
  afterAll(() => lab.close());

  describe("rerunning", () => {
    it("keeps owner, phase, file and answers, and does not change the old submission", async () => {
      const id = await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.5 } });
      const { id: again } = await expect<{ id: number }>(
        200,
        lab.organizer,
        "POST",
        `/api/submissions/${id}/re_run_submission/`,
      );
      await lab.runAll({ scores: { accuracy: 0.75 } });
      const [old, young] = [await shownTo(alice, id), await shownTo(alice, again)];
      assert.deepEqual([scoresOf(old), scoresOf(young)], [{ accuracy: "0.5000000000" }, { accuracy: "0.7500000000" }]);
      assert.deepEqual(
        [young.owner, young.phase, young.filename, young.is_specific_task_re_run],
        [alice.username, old.phase, old.filename, false],
      );
    });

    it("runs the children of the new submission on the same tasks as the old one's", async () => {
      const [first] = double.phases[0]!.tasks;
      const chosen = await submit(alice, phaseOf(double), Buffer.from("x"), [first!.id]);
      const whole = await submit(alice, phaseOf(double), Buffer.from("x"));
      await lab.runAll({ scores: { accuracy: 1 } });
      const rerun = async (id: number) =>
        shownTo(
          alice,
          (await expect<{ id: number }>(200, lab.organizer, "POST", `/api/submissions/${id}/re_run_submission/`)).id,
        );
      assert.deepEqual([(await rerun(chosen)).task?.id, (await rerun(chosen)).children], [first!.id, []]);
      const again = await rerun(whole);
      const tasks = await Promise.all(again.children.map(async (child) => (await shownTo(alice, child)).task?.name));
      assert.deepEqual(tasks, ["First", "Second"]);
      await lab.runAll({ scores: { accuracy: 1 } });
    });

    it("is refused to participants, and before the submission has ended", async () => {
      const id = await submit(alice, phaseOf(single), Buffer.from("x"));
      assertRefused(await alice.send("POST", `/api/submissions/${id}/re_run_submission/`), 403, "NOT_ALLOWED");
      assertRefused(await lab.organizer.send("POST", `/api/submissions/${id}/re_run_submission/`), 403, "NOT_OVER");
      await lab.runAll({ scores: { accuracy: 1 } });
    });

    it("on a specific task marks the rerun, which never enters the leaderboard (A-33)", async () => {
      const id = await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.5 } });
      const { key } = (await shownTo(lab.organizer, id)).task!;
      const path = `/api/submissions/${id}/re_run_submission/?task_key=${key}`;
      const { id: again } = await expect<{ id: number }>(200, lab.organizer, "POST", path);
      await lab.runAll({ scores: { accuracy: 0.9 } });
      const young = await shownTo(lab.organizer, again);
      assert.deepEqual([young.is_specific_task_re_run, young.task?.key], [true, key]);
      const connect = await lab.admin.send("POST", `/api/submissions/${again}/submission_leaderboard_connection/`);
      assertRefused(connect, 403, "TASK_RERUN");
    });

    it("accepts a task without a competition if the user may use it", async () => {
      const id = await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.5 } });
      const { scoring_program } = (await shownTo(lab.organizer, id)).task!;
      const task = await expect<{ id: number; key: string }>(201, lab.organizer, "POST", "/api/tasks/", {
        json: { name: "On its own", scoring_program },
      });
      const path = `/api/submissions/${id}/re_run_submission/?task_key=${task.key}`;
      const { id: again } = await expect<{ id: number }>(200, lab.organizer, "POST", path);
      await lab.runAll({ scores: { accuracy: 0.9 } });
      assert.equal((await shownTo(lab.organizer, again)).task?.name, "On its own");
      await expect(204, lab.organizer, "DELETE", `/api/tasks/${task.id}/`);
      const gone = await lab.organizer.send("POST", `/api/submissions/${again}/re_run_submission/`);
      assertRefused(gone, 404, "TASK_GONE");
      assert.equal(typeof gone.body["error_msg"], "string");
      const strange = await eve.send("POST", path);
      assert.equal(strange.status, 404);
    });

    it("several skips and names those that cannot be rerun (A-34)", async () => {
      const ids = [
        await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.1 } }),
        await lab.submitted(bob, phaseOf(single), { scores: { accuracy: 0.2 } }),
      ];
      const before = (await listedTo(lab.organizer, `phase=${phaseOf(single)}`)).length;
      const waiting = await submit(alice, phaseOf(single), Buffer.from("x"));
      const path = "/api/submissions/re_run_many_submissions/";
      const strange = await lab.organizer.send("POST", path, { json: [999_999] });
      assertRefused(strange, 404, "NO_SUCH_SUBMISSION", /999999/);
      const { submissions, skipped } = await expect<{
        submissions: number[];
        skipped: { id: number; code: string }[];
      }>(200, lab.organizer, "POST", path, { json: [...ids, 999_999, waiting] });
      assert.equal(submissions.length, 2);
      assert.deepEqual(
        skipped.map(({ id, code }) => [id, code]),
        [
          [999_999, "NO_SUCH_SUBMISSION"],
          [waiting, "NOT_OVER"],
        ],
      );
      await expect(200, lab.organizer, "DELETE", `/api/submissions/delete_many/`, { json: [waiting] });
      assert.equal((await listedTo(lab.organizer, `phase=${phaseOf(single)}`)).length, before + 2);
      await lab.runAll({ scores: { accuracy: 0.3 } });
    });

    it("does not count against the participant's limits (R-5, A-32)", async () => {
      const competition = await lab.competition({ phases: [phase({ max_submissions: 1 })] }, alice);
      const id = await lab.submitted(alice, phaseOf(competition), { scores: { accuracy: 0.5 } });
      await expect(200, lab.organizer, "POST", `/api/submissions/${id}/re_run_submission/`);
      await lab.runAll({ scores: { accuracy: 0.5 } });
    });
  });

  describe("a piece of a phase's rerun (A-35)", () => {
    let phaseId: number;
    let queueId: string;
    let piece: number;
    /** Stores a piece of one submission, and no message for it: that is lost. */
    beforeEach(async () => {
      const competition = await lab.competition({}, alice);
      phaseId = phaseOf(competition);
      const submission = await lab.submitted(alice, phaseId, { scores: { accuracy: 1 } });
      const { id: queue } = await expect<{ id: string }>(201, lab.organizer, "POST", "/api/queues/", {
        json: { name: "for a rerun" },
      });
      queueId = queue;
      await expect(200, lab.organizer, "PATCH", `/api/competitions/${competition.id}/`, { json: { queue } });
      const { db } = lab.inside;
      const { owner_id: askedBy } = await db
        .selectFrom("submissions")
        .select("owner_id")
        .where("id", "=", submission)
        .executeTakeFirstOrThrow();
      piece = await db
        .transaction()
        .execute((tx) => insertRerunPiece(tx, { phaseId, submissions: [submission], askedBy, reason: null }));
    });

    const waited = (minutes: number) =>
      lab.inside.db
        .updateTable("rerun_pieces")
        .set({
          created_when: sql<Date>`created_when - make_interval(mins => ${minutes})`,
          sent_when: sql<Date>`sent_when - make_interval(mins => ${minutes})`,
        })
        .where("id", "=", piece)
        .execute();
    const count = async (rows: Promise<unknown[]>) => (await rows).length;
    const messages = () =>
      count(
        lab.inside.db
          .selectFrom("outbox")
          .select("id")
          .where(sql<string>`body->>'type'`, "=", "rerun")
          .where(sql<string>`body->>'piece'`, "=", String(piece))
          .execute(),
      );
    const runs = () => count(lab.inside.db.selectFrom("jobs").select("id").where("queue_id", "=", queueId).execute());
    const submissions = async () => (await listedTo(lab.organizer, `phase=${phaseId}`)).length;

    it("is sent again by one sweep when its message is lost, and done once", async () => {
      await waited(4);
      await sweep(lab.inside, jobOwners);
      assert.equal(await messages(), 0);
      await waited(2);
      await Promise.all([sweep(lab.inside, jobOwners), sweep(lab.inside, jobOwners)]);
      await waitFor("the piece to be done", async () => (await runs()) === 1);
      await rerunPiece(lab.inside, piece);
      assert.deepEqual([await messages(), await runs(), await submissions()], [1, 1, 2]);
      await waited(6);
      await sweep(lab.inside, jobOwners);
      assert.equal(await messages(), 1);
    });

    it("is sent again after longer and longer times until it can be done", async () => {
      const accepts = (accepts_jobs: boolean) =>
        lab.inside.db.updateTable("queues").set({ accepts_jobs }).where("id", "=", queueId).execute();
      await accepts(false);
      for (const [minutes, expected] of [
        [6, 1],
        [4, 1],
        [3, 2],
        [12, 2],
        [2, 3],
      ] as const) {
        await waited(minutes);
        await sweep(lab.inside, jobOwners);
        assert.equal(await messages(), expected);
      }
      assert.deepEqual([await runs(), await submissions()], [0, 1]);
      await accepts(true);
      await waited(60);
      await sweep(lab.inside, jobOwners);
      await waitFor("the piece to be done", async () => (await runs()) === 1);
      assert.equal(await submissions(), 2);
    });

    it("is done once by messages that arrive at once", async () => {
      await Promise.all([1, 2, 3].map(() => rerunPiece(lab.inside, piece)));
      assert.deepEqual([await runs(), await submissions()], [1, 2]);
    });
  });

  describe("with auto_run_submissions: false", () => {
    let manual: Competition;
    beforeAll(async () => {
      manual = await lab.competition({ ...twoTasks, auto_run_submissions: false }, alice);
    });

    it("a submission waits until an organizer starts it, once (R-3)", async () => {
      const id = await submit(alice, phaseOf(manual), Buffer.from("x"));
      assert.equal(await lab.claim(), null);
      assert.equal((await shownTo(alice, id)).status, "Submitting");
      assertRefused(await alice.send("POST", `/api/submissions/${id}/run_submission/`), 403, "NOT_ALLOWED");
      assert.deepEqual(await expect(200, lab.organizer, "POST", `/api/submissions/${id}/run_submission/`), { id });
      assertRefused(await lab.organizer.send("POST", `/api/submissions/${id}/run_submission/`), 403, "STARTED_ALREADY");
      await lab.runAll({ scores: { accuracy: 0.5 } });
      assert.equal((await shownTo(alice, id)).status, "Finished");
    });

    it("a waiting submission can be cancelled, with GET or POST (A-209)", async () => {
      const id = await submit(alice, phaseOf(manual), Buffer.from("x"));
      assert.deepEqual(await expect(200, alice, "GET", `/api/submissions/${id}/cancel_submission/`), {
        canceled: true,
      });
      assert.equal((await shownTo(alice, id)).status, "Cancelled");
      assert.deepEqual(await expect(200, alice, "POST", `/api/submissions/${id}/cancel_submission/`), {
        canceled: false,
      });
    });
  });

  describe("cancelling", () => {
    it("cancels the children of a parent", async () => {
      const id = await submit(alice, phaseOf(double), Buffer.from("x"));
      await expect(200, alice, "GET", `/api/submissions/${id}/cancel_submission/`);
      const parent = await shownTo(alice, id);
      assert.equal(parent.status, "Cancelled");
      for (const child of parent.children) assert.equal((await shownTo(alice, child)).status, "Cancelled");
      assert.equal(await lab.claim(), null);
    });

    it("of the last waiting child leaves a Finished parent with the existing scores (A-36)", async () => {
      const id = await submit(alice, phaseOf(double), Buffer.from("x"));
      const manifest = await lab.claim();
      await lab.finish(manifest!, { scores: { accuracy: 0.25 } });
      const { children } = await shownTo(alice, id);
      const statuses = await Promise.all(
        children.map(async (child) => [child, (await shownTo(alice, child)).status] as const),
      );
      const waiting = statuses.find(([, status]) => status !== "Finished")![0];
      await expect(200, alice, "GET", `/api/submissions/${waiting}/cancel_submission/`);
      const parent = await shownTo(alice, id);
      assert.equal(parent.status, "Finished");
      assert.deepEqual(scoresOf(parent), { accuracy: "0.2500000000", sum: "0.2500000000" });
    });

    it("ends a run that a stopping worker then gives back", async () => {
      const id = await submit(alice, phaseOf(single), Buffer.from("x"));
      const manifest = await lab.claim();
      await expect(200, alice, "GET", `/api/submissions/${id}/cancel_submission/`);
      await lab.release(manifest!);
      assert.equal((await shownTo(alice, id)).status, "Cancelled");
      assert.equal(await lab.claim(), null);
    });

    it("is allowed to the owner and organizers", async () => {
      const id = await submit(alice, phaseOf(single), Buffer.from("x"));
      assert.equal((await bob.send("GET", `/api/submissions/${id}/cancel_submission/`)).status, 404);
      await expect(200, lab.organizer, "GET", `/api/submissions/${id}/cancel_submission/`);
    });
  });
});
