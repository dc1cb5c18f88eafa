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

    it("has pages with page or page_size, with counts by status and what one may do (A-201, A-202)", async () => {
      interface Page {
        count: number;
        next: string | null;
        results: (ShownSubmission & { permissions: Record<string, boolean> })[];
        counts: Record<string, number>;
      }
      const failed = await lab.submitted(bob, phaseOf(double), { failure: "PROGRAM_EXIT" }).catch(() => null);
      assert.equal(failed, null, "bob does not take part in it");
      const ended = await lab.submitted(bob, phaseOf(single), { failure: "PROGRAM_EXIT" });
      const page = (person: Person, query: string) =>
        expect<Page>(200, person, "GET", `/api/submissions/?phase=${phaseOf(single)}&${query}`);
      const all = await page(lab.organizer, "page=1");
      assert.equal(all.count, all.results.length);
      assert.deepEqual(
        all.counts,
        Object.fromEntries(
          [...Map.groupBy(all.results, ({ status }) => status)].map(([status, some]) => [status, some.length]),
        ),
      );
      const bobs = await page(lab.organizer, `owner=${bob.username}&status=Failed,Cancelled&page_size=1&ordering=id`);
      assert.deepEqual([bobs.count, bobs.results[0]!.id], [bobs.counts["Failed"], ended]);
      const [first, second] = [await page(lab.organizer, "page_size=1"), all.results[1]!.id];
      const next = await lab.organizer.send<Page>("GET", new URL(first.next!).pathname + new URL(first.next!).search);
      assert.equal(next.body.results[0]!.id, second);
      assertRefused(await bob.send("GET", "/api/submissions/?page=99"), 404, "NO_SUCH_PAGE");
      const mine = (await page(bob, "page=1")).results.find(({ id }) => id === ended)!.permissions;
      const organizers = all.results.find(({ id }) => id === ended)!.permissions;
      assert.deepEqual(
        ["delete", "run", "edit_scores", "logs"].map((name) => [mine[name], organizers[name]]),
        [
          [true, true],
          [false, true],
          [false, true],
          [true, true],
        ],
      );
      assert.deepEqual(
        (await expect<{ permissions: unknown }>(200, bob, "GET", `/api/submissions/${ended}/`)).permissions,
        mine,
      );
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

  describe("one", () => {
    it("of several tasks is listed without its children with with_children=false (A-201)", async () => {
      const id = await submit(alice, phaseOf(double), Buffer.from("x"));
      await lab.runAll({ scores: { accuracy: 0.3 } });
      const listed = await listedTo(alice, `phase=${phaseOf(double)}&with_children=false`);
      assert.ok(listed.every(({ parent }) => parent === null) && listed.some((one) => one.id === id));
    });

    it("that failed says where and what was printed last; of a parent, the child that failed first (A-204)", async () => {
      const id = await submit(alice, phaseOf(double), Buffer.from("x"));
      await lab.runAll(({ task }) =>
        task === "Second" ? { failure: "PROGRAM_EXIT", message: "It broke." } : { scores: { accuracy: 0.5 } },
      );
      interface Shown extends ShownSubmission {
        failure: Record<string, unknown> | null;
        runs: { id: number; status: string; task: { name: string } }[];
        competition: number;
      }
      const shown = (person: Person, of = id) => expect<Shown>(200, person, "GET", `/api/submissions/${of}/`);
      const parent = await shown(alice);
      assert.deepEqual(
        parent.runs.map(({ status, task }) => [task.name, status]),
        [
          ["First", "Finished"],
          ["Second", "Failed"],
        ],
      );
      assert.deepEqual([parent.status, parent.failure, parent.competition], ["Finished", null, double.id]);
      const told = {
        submission: parent.runs[1]!.id,
        code: "PROGRAM_EXIT",
        message: "It broke.",
        step: "scoring",
        container: "program",
        exit_code: 0,
        stream: "stdout",
        last_lines: ["log of scoring"],
      };
      assert.deepEqual((await shown(alice, parent.runs[1]!.id)).failure, told);
      const both = await submit(alice, phaseOf(double), Buffer.from("x"));
      await lab.runAll({ failure: "PROGRAM_EXIT", message: "It broke." });
      const { failure, runs } = await shown(alice, both);
      assert.ok(runs.some((run) => run.id === failure!["submission"]));
      await expect(200, lab.organizer, "PATCH", `/api/phases/${phaseOf(double)}/`, { json: { hide_output: true } });
      const hidden = (await shown(alice, both)).failure!;
      assert.deepEqual([hidden["container"], hidden["last_lines"], hidden["code"]], [null, [], "PROGRAM_EXIT"]);
      assert.deepEqual((await shown(lab.organizer, both)).failure, failure);
      await expect(200, lab.organizer, "PATCH", `/api/phases/${phaseOf(double)}/`, { json: { hide_output: false } });
    });

    it("is answered with 304 to a client that has it already (A-205)", async () => {
      const id = await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.2 } });
      const get = (path: string, etag?: string, who = alice) =>
        lab.send("GET", path, {
          authorization: `Token ${who.token}`,
          ...(etag === undefined ? {} : { headers: { "if-none-match": etag } }),
        });
      const first = await get(`/api/submissions/${id}/`);
      const etag = first.headers.get("etag")!;
      assert.match(etag, /^W\/"[\w-]{27}"$/);
      assert.deepEqual(
        [first.headers.get("cache-control"), first.headers.get("vary")],
        ["private, no-cache", "authorization, cookie"],
      );
      const again = await get(`/api/submissions/${id}/`, `"other", ${etag}`);
      assert.deepEqual([again.status, again.text, again.headers.get("etag")], [304, "", etag]);
      // Links are signed anew with each answer.
      const details = await get(`/api/submissions/${id}/get_details/`);
      assert.equal((await get(`/api/submissions/${id}/get_details/`, details.headers.get("etag")!)).status, 304);
      assert.deepEqual(
        await expect(200, alice, "POST", `/api/submissions/${id}/submission_leaderboard_connection/`),
        {},
      );
      const changed = await get(`/api/submissions/${id}/`, etag);
      assert.deepEqual([changed.status, changed.body["on_leaderboard"]], [200, true]);
      const denied = await get(`/api/submissions/${id}/get_details/`, "*", eve);
      assert.deepEqual([denied.status, denied.headers.get("cache-control")], [403, "no-store"]);
    });
  });
});
