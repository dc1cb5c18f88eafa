import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Competition } from "../../../client/api-client.ts";
import { submit } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { expect, listedTo, openLabWithCompetitions, phaseOf, type Lab, type ShownSubmission } from "../support/lab.ts";

describe("submissions", () => {
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

  describe("the list", () => {
    it("is an array of one's own submissions, newest first; organizers get those of their competitions", async () => {
      const mine = await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.1 } });
      const bobs = await lab.submitted(bob, phaseOf(single), { scores: { accuracy: 0.1 } });
      const ids = async (person: Person, query = "") => (await listedTo(person, query)).map(({ id }) => id);
      const own = await ids(alice, `phase=${phaseOf(single)}`);
      assert.deepEqual(
        own,
        [...own].sort((a, b) => b - a),
      );
      assert.deepEqual([own.includes(mine), own.includes(bobs)], [true, false]);
      assert.ok((await ids(lab.organizer, `phase__competition=${single.id}`)).includes(bobs));
      assert.deepEqual(await ids(eve), []);
      assert.deepEqual(await ids(lab.organizer, `phase=${phaseOf(single)}&status=Running`), []);
      assert.ok((await ids(lab.organizer, `search=${bob.username}`)).every((id) => id !== mine));
    });

    it("of a bot contains the submissions to competitions that allow robots", async () => {
      const bot = await lab.newPerson({ isBot: true });
      const id = await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.1 } });
      const sees = async () => (await listedTo(bot, `phase=${phaseOf(single)}`)).some((s) => s.id === id);
      assert.equal(await sees(), false);
      await expect(200, lab.organizer, "PATCH", `/api/competitions/${single.id}/`, {
        json: { allow_robot_submissions: true },
      });
      assert.equal(await sees(), true);
      assert.equal((await bot.send("GET", `/api/submissions/${id}/get_details/`)).status, 200);
      await expect(200, lab.organizer, "PATCH", `/api/competitions/${single.id}/`, {
        json: { allow_robot_submissions: false },
      });
    });

    it("of an anonymous visitor contains Finished entries of open leaderboards", async () => {
      const id = await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.1 } });
      const sees = async () =>
        (await lab.send<ShownSubmission[]>("GET", `/api/submissions/?phase=${phaseOf(single)}`)).body.some(
          (s) => s.id === id,
        );
      assert.equal(await sees(), false);
      await expect(200, alice, "POST", `/api/submissions/${id}/submission_leaderboard_connection/`);
      assert.equal(await sees(), true);
      await expect(200, alice, "DELETE", `/api/submissions/${id}/submission_leaderboard_connection/`);
    });

    it("is a table with format=csv, in which no text can become a formula", async () => {
      const data = (await expect<{ results: { key: string }[] }>(200, alice, "GET", "/api/datasets/?_type=submission"))
        .results[0]!.key;
      await lab.inside.db.updateTable("datasets").set({ file_name: '=1+1,"x".zip' }).where("key", "=", data).execute();
      await expect(201, alice, "POST", "/api/submissions/", { json: { phase: phaseOf(single), data } });
      await lab.runAll({ scores: { accuracy: 0.1 } });
      const answer = await alice.send("GET", `/api/submissions/?phase=${phaseOf(single)}&format=csv`);
      assert.match(answer.headers.get("content-type") ?? "", /^text\/csv/);
      const [header, first] = answer.text.split("\r\n");
      assert.equal(
        header,
        "Submission ID,File Name,Owner,Created When,Status,Phase,Parent ID,Task,Place,Score: accuracy",
      );
      assert.match(
        first!,
        new RegExp(
          `^\\d+,"'=1\\+1,""x"".zip",${alice.username},[-0-9T:.]+Z,Finished,Only phase,,Only task,,0\\.1000000000$`,
        ),
      );
    });

    it("as a table has tasks, scores and places on the leaderboard (A-138)", async () => {
      const parents = [];
      for (const accuracy of [0.25, 0.5]) {
        const id = await submit(alice, phaseOf(double), Buffer.from("x"));
        await lab.runAll(({ task }) => ({ scores: { accuracy: task === "First" ? accuracy : 0.1 } }));
        parents.push(id);
      }
      await expect(200, alice, "POST", `/api/submissions/${parents[1]}/submission_leaderboard_connection/`);
      const { text } = await lab.organizer.send("GET", `/api/submissions/?format=csv&phase=${phaseOf(double)}`);
      const rows = text.split("\r\n").map((row) => row.split(","));
      const [, ...shown] = rows.filter((row) => row.length > 1).map((row) => [row[0], ...row.slice(6)]);
      const [first, second] = parents.map(String);
      assert.deepEqual(
        shown.map(([id, parent, ...rest]) => [id === first || id === second ? "parent" : parent, ...rest]),
        [
          [second, "Second", "1", "0.1000000000", "0.1000000000"],
          [second, "First", "1", "0.5000000000", "0.5000000000"],
          ["parent", "", "1", "", "0.6000000000"],
          [first, "Second", "", "0.1000000000", "0.1000000000"],
          [first, "First", "", "0.2500000000", "0.2500000000"],
          ["parent", "", "", "", "0.3500000000"],
        ],
      );
    });

    it("can be cancelled in part: those that have ended are named (A-34)", async () => {
      const ended = await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.1 } });
      const waiting = [
        await submit(alice, phaseOf(single), Buffer.from("x")),
        await submit(bob, phaseOf(single), Buffer.from("x")),
      ];
      const [mine, bobs] = waiting;
      const cancel = (person: Person, ids: unknown[]) =>
        person.send("POST", "/api/submissions/cancel_many/", { json: ids });
      assert.deepEqual((await cancel(alice, [ended, mine, bobs])).body, {
        cancelled: [mine],
        skipped: [
          { id: bobs, code: "NO_SUCH_SUBMISSION", detail: `There is no submission ${bobs}.` },
          { id: ended, code: "OVER_ALREADY", detail: `Submission ${ended} has already ended.` },
        ],
      });
      assert.deepEqual((await cancel(lab.organizer, waiting)).body["cancelled"], [bobs]);
      assertRefused(await cancel(lab.organizer, waiting), 400, "OVER_ALREADY");
    });

    it("download_many contains only files that the user may download", async () => {
      const ids = [
        await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.1 } }),
        await lab.submitted(bob, phaseOf(single), { scores: { accuracy: 0.1 } }),
      ];
      const files = await expect<{ name: string; url: string }[]>(
        200,
        lab.organizer,
        "POST",
        "/api/submissions/download_many/",
        { json: { pks: ids } },
      );
      assert.equal(files.length, 2);
      assert.equal(await (await fetch(files[0]!.url)).text(), "a submission");
      assert.equal((await alice.send("POST", "/api/submissions/download_many/", { json: { pks: ids } })).status, 404);
    });
  });

  it("worker reports over Codabench's routes are refused", async () => {
    const id = await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.1 } });
    assertRefused(
      await lab.organizer.send("PATCH", `/api/submissions/${id}/`, { form: { status: "Failed" } }),
      405,
      "METHOD_NOT_ALLOWED",
    );
    assert.equal(
      (await lab.send("POST", `/api/upload_submission_scores/${id}/`, { content: { json: {} } })).status,
      404,
    );
  });

  it("organizers can submit to a queue they may use, participants cannot, and an empty organization means none (A-45)", async () => {
    const { id: queue } = await expect<{ id: string }>(201, lab.organizer, "POST", "/api/queues/", {
      json: { name: "mine" },
    });
    const data = (await expect<{ results: { key: string }[] }>(200, alice, "GET", "/api/datasets/?_type=submission"))
      .results[0]!.key;
    const send = (rest: object) =>
      alice.send("POST", "/api/submissions/", { json: { phase: phaseOf(single), data, ...rest } });
    assertRefused(await send({ queue }), 400, "NO_SUCH_QUEUE");
    await expect(200, lab.organizer, "PATCH", `/api/queues/${queue}/`, { json: { is_public: true } });
    assertRefused(await send({ queue }), 403, "NOT_ALLOWED");
    assert.equal((await send({ organization: null, queue: "" })).status, 201);
    assert.equal((await send({ organization: "" })).status, 201);
    await lab.runAll({ scores: { accuracy: 0.1 } });
  });
});
