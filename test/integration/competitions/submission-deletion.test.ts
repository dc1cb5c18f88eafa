import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Competition } from "../../../client/api-client.ts";
import { phase, submit } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";
import { expect, listedTo, openLabWithCompetitions, phaseOf, shownTo, type Lab } from "../support/lab.ts";

describe("deleting submissions and making them public", () => {
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

  describe("deleting", () => {
    const connect = (person: Person, id: number) =>
      expect(200, person, "POST", `/api/submissions/${id}/submission_leaderboard_connection/`);

    it("is allowed to owners if the submission is not on the leaderboard, to organizers always, and to others never", async () => {
      const [off, on] = [
        await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.1 } }),
        await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.2 } }),
      ];
      await connect(alice, on);
      assertRefused(await bob.send("DELETE", `/api/submissions/${on}/`), 403, "NOT_ALLOWED");
      assert.equal((await bob.send("DELETE", `/api/submissions/${off}/`)).status, 404);
      assertRefused(await alice.send("DELETE", `/api/submissions/${on}/`), 403, "ON_LEADERBOARD");
      await expect(204, alice, "DELETE", `/api/submissions/${off}/`);
      await expect(204, lab.organizer, "DELETE", `/api/submissions/${on}/`);
      for (const id of [off, on])
        assert.equal((await lab.organizer.send("GET", `/api/submissions/${id}/`)).status, 404);
    });

    it("deletes the outputs, and the file if no other submission uses it", async () => {
      const id = await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.1 } });
      const { id: again } = await expect<{ id: number }>(
        200,
        lab.organizer,
        "POST",
        `/api/submissions/${id}/re_run_submission/`,
      );
      await lab.runAll({ scores: { accuracy: 0.1 } });
      const links = await expect<{ data_file: string; scoring_result: string }>(
        200,
        alice,
        "GET",
        `/api/submissions/${id}/get_details/`,
      );
      const status = async (url: string) => (await fetch(url)).status;
      await expect(204, lab.organizer, "DELETE", `/api/submissions/${id}/`);
      await waitFor("the output to be gone", async () => (await status(links.scoring_result)) === 404);
      assert.equal(await status(links.data_file), 200);
      await expect(204, lab.organizer, "DELETE", `/api/submissions/${again}/`);
      await waitFor("the file to be gone", async () => (await status(links.data_file)) === 404);
    });

    it("of a parent deletes its children; a child cannot be deleted alone (A-37)", async () => {
      const id = await lab.submitted(alice, phaseOf(double), { scores: { accuracy: 0.1 } });
      const { children } = await shownTo(alice, id);
      assertRefused(await alice.send("DELETE", `/api/submissions/${children[0]}/`), 400, "PART_OF_A_SUBMISSION");
      await expect(204, alice, "DELETE", `/api/submissions/${id}/`);
      assert.equal((await alice.send("GET", `/api/submissions/${children[0]}/`)).status, 404);
    });

    it("stops a running submission and erases its outputs when it has ended", async () => {
      const id = await submit(alice, phaseOf(single), Buffer.from("x"));
      const manifest = await lab.claim();
      await expect(204, alice, "DELETE", `/api/submissions/${id}/`);
      await lab.finish(manifest!, { scores: { accuracy: 0.5 } });
      assert.equal((await alice.send("GET", `/api/submissions/${id}/`)).status, 404);
      const left = async () => (await lab.contents()).objects.filter((key) => key.includes(manifest!.attempt.id));
      await waitFor("what it left to be gone", async () => (await left()).length === 0);
    });

    it("prevents a submission that a stopping worker gives back from running again", async () => {
      const id = await submit(alice, phaseOf(single), Buffer.from("x"));
      const manifest = await lab.claim();
      await expect(204, alice, "DELETE", `/api/submissions/${id}/`);
      await lab.release(manifest!);
      assert.equal(await lab.claim(), null);
    });

    it("of several skips and names those that the person cannot delete (A-34)", async () => {
      const ids = [
        await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.1 } }),
        await lab.submitted(bob, phaseOf(single), { scores: { accuracy: 0.1 } }),
      ];
      const [mine, bobs] = ids;
      const detail = `There is no submission ${bobs}.`;
      assert.deepEqual(await expect(200, alice, "DELETE", "/api/submissions/delete_many/", { json: ids }), {
        deleted: [mine],
        skipped: [{ id: bobs, code: "NO_SUCH_SUBMISSION", detail }],
      });
      await shownTo(bob, bobs!);
      const skipped = [{ id: mine, code: "NO_SUCH_SUBMISSION", detail: `There is no submission ${mine}.` }];
      assert.deepEqual(await expect(200, lab.organizer, "DELETE", "/api/submissions/delete_many/", { json: ids }), {
        deleted: [bobs],
        skipped,
      });
      assertRefused(
        await lab.organizer.send("DELETE", "/api/submissions/delete_many/", { json: ids }),
        404,
        "NO_SUCH_SUBMISSION",
      );
    });

    describe("soft deletion", () => {
      const soft = (person: Person, id: number) => person.send("DELETE", `/api/submissions/${id}/soft_delete/`);

      it("erases the files and keeps the row, which counts (A-38)", async () => {
        const competition = await lab.competition({ phases: [phase({ max_submissions: 1 })] }, alice);
        const id = await lab.submitted(alice, phaseOf(competition), { scores: { accuracy: 0.1 } });
        // Force_Last put it on the leaderboard.
        assertRefused(await soft(alice, id), 403, "ON_LEADERBOARD");
        await lab.inside.db.updateTable("submissions").set({ on_leaderboard: false }).where("id", "=", id).execute();
        const links = await expect<{ data_file: string }>(200, alice, "GET", `/api/submissions/${id}/get_details/`);
        const answer = await soft(alice, id);
        assert.deepEqual([answer.status, typeof answer.body["message"]], [200, "string"]);
        await waitFor("the file to be gone", async () => (await fetch(links.data_file)).status === 404);
        const can = await expect<{ can: boolean }>(
          200,
          alice,
          "GET",
          `/api/can_make_submission/${phaseOf(competition)}/`,
        );
        assert.equal(can.can, false);
      });

      it("is allowed to the owner, after the end, once", async () => {
        const id = await submit(alice, phaseOf(single), Buffer.from("x"));
        assertRefused(await soft(alice, id), 403, "NOT_OVER");
        await lab.runAll({ scores: { accuracy: 0.1 } });
        assert.equal((await soft(bob, id)).status, 404);
        assertRefused(await soft(lab.organizer, id), 403, "NOT_ALLOWED");
        assert.equal((await soft(alice, id)).status, 200);
        const again = await soft(alice, id);
        assertRefused(again, 400, "SOFT_DELETED_ALREADY");
        assert.equal(typeof again.body["error"], "string");
      });

      it("hides the submission from its owner; organizers see it on request, without its file name (A-76)", async () => {
        const id = await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.1 } });
        await soft(alice, id);
        const has = async (person: Person, query: string) => (await listedTo(person, query)).some((s) => s.id === id);
        assert.equal(await has(alice, "show_is_soft_deleted=true"), false);
        assert.equal(await has(lab.organizer, ""), false);
        assert.equal(await has(lab.organizer, "show_is_soft_deleted=true"), true);
        assert.equal(await has(lab.organizer, "is_soft_deleted=true"), true);
        const row = await shownTo(lab.organizer, id);
        assert.deepEqual([row.is_soft_deleted, row.filename], [true, "Deleted File"]);
        assert.equal((await alice.send("GET", `/api/submissions/${id}/`)).status, 404);
      });
    });
  });

  describe("making submissions public", () => {
    const toggle = (person: Person, id: number) => person.send("GET", `/api/submissions/${id}/toggle_public/`);

    it("gives access to the submission and its file, and can be reversed", async () => {
      const id = await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.1 } });
      const { data } = await lab.inside.db
        .selectFrom("submissions as s")
        .innerJoin("datasets as d", "d.id", "s.data_id")
        .select("d.key as data")
        .where("s.id", "=", id)
        .executeTakeFirstOrThrow();
      const seen = async () => [
        (await eve.send("GET", `/api/submissions/${id}/`)).status,
        (await eve.send("GET", `/datasets/download/${data}/`)).status,
      ];
      assert.deepEqual(await seen(), [404, 404]);
      assert.equal((await toggle(bob, id)).status, 404);
      assert.deepEqual((await toggle(alice, id)).body, {});
      assert.deepEqual(await seen(), [200, 302]);
      await toggle(alice, id);
      assert.deepEqual(await seen(), [404, 404]);
    });

    it("is refused to participants if organizers forbid it (A-63)", async () => {
      const competition = await lab.competition({ can_participants_make_submissions_public: false }, alice);
      const id = await lab.submitted(alice, phaseOf(competition), { scores: { accuracy: 0.1 } });
      assertRefused(await toggle(alice, id), 403, "NOT_ALLOWED");
      const [dataset] = (
        await expect<{ results: { id: number }[] }>(200, alice, "GET", "/api/datasets/?_type=submission")
      ).results;
      const way = await alice.send("PATCH", `/api/datasets/${dataset!.id}/`, { json: { is_public: true } });
      assertRefused(way, 403, "MUST_STAY_PRIVATE");
      assert.equal((await toggle(lab.organizer, id)).status, 200);
    });
  });
});
