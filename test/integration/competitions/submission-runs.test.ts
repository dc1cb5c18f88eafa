import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Competition } from "../../../client/api-client.ts";
import { phase, submit } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
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

describe("running submissions again and cancelling them", () => {
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

  describe("running again", () => {
    it("keeps owner, phase, file and answers, and leaves the old one as it was", async () => {
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

    it("runs the children of the new one on the tasks of the old one's children", async () => {
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

    it("is not for participants, nor before it is over", async () => {
      const id = await submit(alice, phaseOf(single), Buffer.from("x"));
      assertRefused(await alice.send("POST", `/api/submissions/${id}/re_run_submission/`), 403, "NOT_ALLOWED");
      assertRefused(await lab.organizer.send("POST", `/api/submissions/${id}/re_run_submission/`), 403, "NOT_OVER");
      await lab.runAll({ scores: { accuracy: 1 } });
    });

    it("on a task named by key is marked, and never gets on the leaderboard (A-33)", async () => {
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

    it("takes a task that is in no competition, if it may be used", async () => {
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

    it("many at once is all or none (A-34)", async () => {
      const ids = [
        await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.1 } }),
        await lab.submitted(bob, phaseOf(single), { scores: { accuracy: 0.2 } }),
      ];
      const before = (await listedTo(lab.organizer, `phase=${phaseOf(single)}`)).length;
      const strange = await lab.organizer.send("POST", "/api/submissions/re_run_many_submissions/", {
        json: [...ids, 999_999],
      });
      assertRefused(strange, 404, "NO_SUCH_SUBMISSION", /999999/);
      assert.equal((await listedTo(lab.organizer, `phase=${phaseOf(single)}`)).length, before);
      await expect(200, lab.organizer, "POST", "/api/submissions/re_run_many_submissions/", { json: ids });
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

  describe("where submissions do not run by themselves", () => {
    let manual: Competition;
    beforeAll(async () => {
      manual = await lab.competition({ ...twoTasks, auto_run_submissions: false }, alice);
    });

    it("one waits until an organizer starts it, once (R-3)", async () => {
      const id = await submit(alice, phaseOf(manual), Buffer.from("x"));
      assert.equal(await lab.claim(), null);
      assert.equal((await shownTo(alice, id)).status, "Submitting");
      assertRefused(await alice.send("POST", `/api/submissions/${id}/run_submission/`), 403, "NOT_ALLOWED");
      assert.deepEqual(await expect(200, lab.organizer, "POST", `/api/submissions/${id}/run_submission/`), { id });
      assertRefused(await lab.organizer.send("POST", `/api/submissions/${id}/run_submission/`), 403, "STARTED_ALREADY");
      await lab.runAll({ scores: { accuracy: 0.5 } });
      assert.equal((await shownTo(alice, id)).status, "Finished");
    });

    it("one that waits can be cancelled", async () => {
      const id = await submit(alice, phaseOf(manual), Buffer.from("x"));
      assert.deepEqual(await expect(200, alice, "GET", `/api/submissions/${id}/cancel_submission/`), {
        canceled: true,
      });
      assert.equal((await shownTo(alice, id)).status, "Cancelled");
      assert.deepEqual(await expect(200, alice, "GET", `/api/submissions/${id}/cancel_submission/`), {
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

    it("of the last child that waits leaves a finished parent with the scores there are (A-36)", async () => {
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

    it("what a stopping worker gives back then ends it", async () => {
      const id = await submit(alice, phaseOf(single), Buffer.from("x"));
      const manifest = await lab.claim();
      await expect(200, alice, "GET", `/api/submissions/${id}/cancel_submission/`);
      await lab.release(manifest!);
      assert.equal((await shownTo(alice, id)).status, "Cancelled");
      assert.equal(await lab.claim(), null);
    });

    it("is for its owner and the organizers", async () => {
      const id = await submit(alice, phaseOf(single), Buffer.from("x"));
      assert.equal((await bob.send("GET", `/api/submissions/${id}/cancel_submission/`)).status, 404);
      await expect(200, lab.organizer, "GET", `/api/submissions/${id}/cancel_submission/`);
    });
  });
});
