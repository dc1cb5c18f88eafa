import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Competition } from "../../../client/api-client.ts";
import { artifacts } from "../../../contract/job.ts";
import { phase, submit, upload } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import {
  boardWithRule,
  expect,
  openLabWithCompetitions,
  phaseOf,
  scoresOf,
  shownTo,
  type Lab,
  type ShownSubmission,
} from "../support/lab.ts";

describe("answers, results and scores of submissions", () => {
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

  describe("fact sheets", () => {
    const question = (key: string, rest: object) => ({
      key,
      type: "text",
      title: key,
      selection: "",
      is_required: "false",
      is_on_leaderboard: "false",
      ...rest,
    });
    let asked: Competition;
    beforeAll(async () => {
      asked = await lab.competition(
        {
          fact_sheet: {
            method: question("method", { is_required: "true", is_on_leaderboard: "true" }),
            kind: question("kind", { type: "select", selection: ["deep", "shallow"] }),
            open: question("open", { type: "checkbox", selection: [true, false], is_required: "true" }),
          },
          ...boardWithRule("Force_Last"),
        },
        alice,
        bob,
      );
    });
    const answers = (rest: object = {}) => ({ method: "trees", kind: "shallow", open: false, ...rest });
    async function answered(fact_sheet_answers: unknown) {
      const data = await upload(alice, "submission", Buffer.from("x"));
      return alice.send("POST", "/api/submissions/", { json: { phase: phaseOf(asked), data, fact_sheet_answers } });
    }

    it("may be omitted even if some are required, because scripts send none (A-31)", async () => {
      for (const none of [null, {}, undefined]) assert.equal((await answered(none)).status, 201);
      await lab.runAll({ scores: { accuracy: 0.1 } });
    });

    it("must cover exactly the questions (A-31)", async () => {
      assertRefused(await answered({ method: "trees" }), 400, "BAD_FACT_SHEET");
      assertRefused(await answered(answers({ extra: 1 })), 400, "BAD_FACT_SHEET", /extra/);
      assertRefused(await answered(answers({ kind: "wide" })), 400, "BAD_FACT_SHEET", /wide/);
      assertRefused(await answered(answers({ method: "" })), 400, "BAD_FACT_SHEET", /method/);
      assert.equal((await answered(answers())).status, 201);
      await lab.runAll({ scores: { accuracy: 0.1 } });
    });

    it("can be changed for a parent and its children, by owner and organizers", async () => {
      const id = await lab.submitted(alice, phaseOf(asked), { scores: { accuracy: 0.1 } });
      const update = (person: Person, json: unknown) =>
        person.send("PATCH", `/api/submissions/${id}/update_fact_sheet/`, { json });
      assert.equal((await update(bob, answers())).status, 403);
      assertRefused(await update(alice, { method: "x" }), 400, "BAD_FACT_SHEET");
      assert.deepEqual((await update(alice, answers({ method: "forest" }))).body, {});
      assert.equal((await shownTo(alice, id)).fact_sheet_answers?.["method"], "forest");
    });

    it("are on the leaderboard only if meant for it, and hidden from other users elsewhere (A-52)", async () => {
      const id = await lab.submitted(alice, phaseOf(asked), { scores: { accuracy: 0.1 } });
      await expect(200, lab.organizer, "PATCH", `/api/submissions/${id}/update_fact_sheet/`, { json: answers() });
      const board = await expect<{ fact_sheet_keys: unknown; submissions: { fact_sheet_answers: unknown }[] }>(
        200,
        bob,
        "GET",
        `/api/phases/${phaseOf(asked)}/get_leaderboard/`,
      );
      assert.deepEqual(board.fact_sheet_keys, [["method", "method"]]);
      assert.deepEqual(board.submissions[0]!.fact_sheet_answers, { method: "trees" });
      assert.equal((await shownTo(bob, id)).fact_sheet_answers, null);
    });
  });

  describe("all logs from one cursor (A-208)", () => {
    interface Entries {
      cursor: string;
      attempt: number;
      entries: { stream: string; time: string; text: string }[];
      complete: boolean;
      ask_again_seconds: number;
    }
    const logs = (id: number, query = "") =>
      expect<Entries>(200, alice, "GET", `/api/submissions/${id}/log_entries/?${query}`);

    it("come in order while they grow, wait for more, and end with what was printed last", async () => {
      const id = await submit(alice, phaseOf(single), Buffer.from("x"));
      const before = await logs(id);
      assert.deepEqual([before.entries, before.complete, before.attempt, before.ask_again_seconds], [[], false, 0, 2]);
      const manifest = (await lab.claim())!;
      const { db, objects } = lab.inside;
      const ship = (stream: "stdout" | "stderr", offset: number, text: string) => {
        const key = artifacts.prefix(manifest.attempt.id) + artifacts.logChunk("prediction", "program", stream, offset);
        return objects.put({ bucket: "jobs", key }, Buffer.from(text));
      };
      const progress = JSON.stringify({ step: "prediction", stage: "running" });
      await db.updateTable("attempts").set({ progress }).where("id", "=", manifest.attempt.id).execute();
      await ship("stdout", 0, "log");
      await ship("stderr", 0, "careful\n");
      const first = await logs(id, `cursor=${before.cursor}`);
      assert.deepEqual(first.entries.map(({ stream, text }) => [stream, text]).toSorted(), [
        ["prediction_stderr", "careful\n"],
        ["prediction_stdout", "log"],
      ]);
      assert.ok(first.entries.every(({ time }) => !Number.isNaN(Date.parse(time))));
      assert.deepEqual((await logs(id, `cursor=${first.cursor}`)).entries, []);
      const waiting = logs(id, `cursor=${first.cursor}&wait=20`);
      await ship("stdout", 3, " of");
      const second = await waiting;
      assert.deepEqual(
        second.entries.map(({ text }) => text),
        [" of"],
      );
      assert.equal(second.ask_again_seconds, 0);
      // As the last pieces are sent with the whole log only.
      const whole = artifacts.prefix(manifest.attempt.id) + artifacts.log("prediction", "program", "stderr");
      await objects.put({ bucket: "jobs", key: whole }, Buffer.from("careful\nvery"));
      await lab.finish(manifest, { scores: { accuracy: 0.5 } });
      const last = await logs(id, `cursor=${second.cursor}&wait=20`);
      assert.deepEqual(last.entries.map(({ stream, text }) => [stream, text]).toSorted(), [
        ["prediction_stderr", "very"],
        ["prediction_stdout", " prediction\n"],
        ["scoring_stdout", "log of scoring\n"],
      ]);
      assert.equal(last.complete, true);
      const again = await logs(id);
      assert.equal(
        again.entries
          .filter(({ stream }) => stream === "prediction_stdout")
          .map(({ text }) => text)
          .join("|"),
        "log| of| prediction\n",
      );
      assert.deepEqual(
        again.entries.map(({ time }) => time),
        again.entries.map(({ time }) => time).toSorted(),
      );
      assert.deepEqual(await logs(id, `cursor=${again.cursor}&wait=20`), {
        ...again,
        entries: [],
        ask_again_seconds: 0,
      });
      assert.equal((await db.selectFrom("waits").selectAll().execute()).length, 0);
    });

    it("do not wait where many wait already, and say when to ask again", async () => {
      const id = await submit(alice, phaseOf(single), Buffer.from("x"));
      const { db } = lab.inside;
      const { id: user_id } = await db
        .selectFrom("users")
        .select("id")
        .where("username", "=", alice.username)
        .executeTakeFirstOrThrow();
      const until = new Date(Date.now() + 3_600_000);
      await db
        .insertInto("waits")
        .values([1, 2].map(() => ({ user_id, until })))
        .execute();
      const { entries, ask_again_seconds } = await logs(id, "wait=20");
      assert.deepEqual([entries, ask_again_seconds], [[], 2]);
      await db.deleteFrom("waits").execute();
      await expect(200, alice, "POST", `/api/submissions/${id}/cancel_submission/`);
      const { complete } = await logs(id, "wait=20");
      assert.equal(complete, true);
    });

    it("refuse a cursor that is none", async () => {
      const id = await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.1 } });
      for (const cursor of ["x", "1-2", "1-0-0-0-0-0-0-0-x"])
        assertRefused(
          await alice.send("GET", `/api/submissions/${id}/log_entries/?cursor=${cursor}`),
          400,
          "BAD_CURSOR",
        );
      assertRefused(await alice.send("GET", `/api/submissions/${id}/log_entries/?wait=21`), 400, "INVALID");
    });
  });

  describe("detailed results", () => {
    const result = (person: { send: Person["send"] }, id: number) =>
      person.send<string>("GET", `/api/submissions/${id}/get_detail_result/`);
    const anybody = { send: ((method: string, path: string) => lab.send(method, path)) as Person["send"] };

    it("are 404 if disabled, with the reason in error_msg", async () => {
      const id = await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.1 }, details: "<p>" });
      const answer = await lab.organizer.send("GET", `/api/submissions/${id}/get_detail_result/`);
      assertRefused(answer, 404, "DETAILED_RESULTS_OFF");
      assert.equal(typeof answer.body["error_msg"], "string");
    });

    it("are visible to everybody in a published competition, to participants in a private one, and to organizers only with hidden output", async () => {
      const competition = await lab.competition({ enable_detailed_results: true }, alice, bob);
      const id = await lab.submitted(alice, phaseOf(competition), {
        scores: { accuracy: 0.1 },
        details: "<h1>Fine</h1>",
      });
      const open = await result(anybody, id);
      assert.equal(open.status, 200);
      assert.equal(await (await fetch(open.body)).text(), "<h1>Fine</h1>");
      await lab.organizer.send("POST", `/api/competitions/${competition.id}/toggle_publish/`);
      assert.deepEqual(
        await Promise.all([anybody, eve, bob, alice, lab.organizer].map(async (who) => (await result(who, id)).status)),
        [404, 404, 200, 200, 200],
      );
      await lab.organizer.send("PATCH", `/api/phases/${phaseOf(competition)}/`, { json: { hide_output: true } });
      assert.deepEqual(
        await Promise.all([bob, alice, lab.organizer].map(async (who) => (await result(who, id)).status)),
        [403, 403, 200],
      );
    });

    it("are 404 if there are none (A-86)", async () => {
      const competition = await lab.competition({ enable_detailed_results: true }, alice);
      const id = await lab.submitted(alice, phaseOf(competition), { scores: { accuracy: 0.1 } });
      assertRefused(await alice.send("GET", `/api/submissions/${id}/get_detail_result/`), 404, "NO_DETAILED_RESULT");
    });
  });

  describe("hidden output", () => {
    const details = (person: Person, id: number) =>
      person.send<Record<string, unknown>>("GET", `/api/submissions/${id}/get_details/`);

    it("hides logs and files from participants, not from organizers", async () => {
      const competition = await lab.competition({ phases: [phase({ hide_output: true })] }, alice);
      const id = await lab.submitted(alice, phaseOf(competition), { scores: { accuracy: 0.1 } });
      assertRefused(await details(alice, id), 403, "OUTPUT_HIDDEN");
      assertRefused(await alice.send("GET", `/api/submissions/${id}/logs/`), 403, "OUTPUT_HIDDEN");
      assert.equal((await details(lab.organizer, id)).status, 200);
    });

    it("of one step hides only its link", async () => {
      const competition = await lab.competition({ phases: [phase({ hide_prediction_output: true })] }, alice);
      const id = await lab.submitted(alice, phaseOf(competition), { scores: { accuracy: 0.1 } });
      const { body } = await details(alice, id);
      assert.equal(body["prediction_result"], null);
      assert.equal(typeof body["scoring_result"], "string");
      await lab.organizer.send("PATCH", `/api/phases/${phaseOf(competition)}/`, {
        json: { hide_prediction_output: false, hide_score_output: true },
      });
      const { body: now } = await details(alice, id);
      assert.equal(typeof now["prediction_result"], "string");
      assert.equal(now["scoring_result"], null);
      assert.equal(typeof (await details(lab.organizer, id)).body["scoring_result"], "string");
    });

    it("details of other people's submissions are for organizers only, even on the leaderboard", async () => {
      const id = await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.1 } });
      await expect(200, alice, "POST", `/api/submissions/${id}/submission_leaderboard_connection/`);
      assertRefused(await details(bob, id), 403, "OUTPUT_HIDDEN");
      assert.equal((await shownTo(bob, id)).id, id);
    });
  });

  describe("editing scores", () => {
    it("recomputes computed scores of a child and its parent, which has the scores of all children (A-47, A-54, L-5)", async () => {
      const id = await lab.submitted(alice, phaseOf(double), ({ task }) => ({
        scores: { accuracy: task === "First" ? 0.25 : 0.5 },
      }));
      const parent = await shownTo(lab.organizer, id);
      const listed = ({ scores }: ShownSubmission) => scores.map(({ column_key, score }) => `${column_key} ${score}`);
      assert.deepEqual(listed(parent), ["accuracy 0.2500000000", "accuracy 0.5000000000", "sum 0.7500000000"]);
      const tasks = (double.phases[0]!.tasks as { id: number }[]).map(({ id }) => id);
      const taskIds = (parent.scores as { task_id?: number | null }[]).map(({ task_id }) => task_id);
      assert.deepEqual(taskIds, [...tasks, null]);
      const child = await shownTo(lab.organizer, parent.children[0]!);
      const score = child.scores.find(({ column_key }) => column_key === "accuracy")!;
      const answer = await expect(200, lab.organizer, "PATCH", `/api/submission_scores/${score.id}/`, {
        json: { score: 1.5 },
      });
      assert.deepEqual(answer, { id: score.id, index: 0, score: "1.5000000000", column_key: "accuracy" });
      assert.deepEqual(scoresOf(await shownTo(lab.organizer, child.id)), {
        accuracy: "1.5000000000",
        sum: "1.5000000000",
      });
      const changed = await shownTo(lab.organizer, id);
      assert.deepEqual(listed(changed), ["accuracy 1.5000000000", "accuracy 0.5000000000", "sum 2.0000000000"]);
      assert.equal(changed.scores[0]!.id, score.id);
    });

    it("is allowed to organizers, requires numbers, and refuses computed columns", async () => {
      const id = await lab.submitted(alice, phaseOf(double), { scores: { accuracy: 0.25 } });
      const [child] = (await shownTo(alice, id)).children;
      const { scores } = await shownTo(lab.organizer, child!);
      const at = (key: string) => `/api/submission_scores/${scores.find(({ column_key }) => column_key === key)!.id}/`;
      assertRefused(await alice.send("PATCH", at("accuracy"), { form: { score: "1" } }), 403, "NOT_ALLOWED");
      assertRefused(await lab.organizer.send("PATCH", at("accuracy"), { form: { score: "high" } }), 400, "INVALID");
      assertRefused(await lab.organizer.send("PATCH", at("sum"), { form: { score: "1" } }), 400, "COMPUTED_SCORE");
      await expect(200, lab.organizer, "PATCH", at("accuracy"), { form: { score: "1e-5" } });
    });

    it("selects the best submission again under Force_Best", async () => {
      const competition = await lab.competition(boardWithRule("Force_Best"), alice);
      const better = await lab.submitted(alice, phaseOf(competition), { scores: { accuracy: 0.9 } });
      const worse = await lab.submitted(alice, phaseOf(competition), { scores: { accuracy: 0.1 } });
      const [score] = (await shownTo(lab.organizer, worse)).scores;
      await expect(200, lab.organizer, "PATCH", `/api/submission_scores/${score!.id}/`, { json: { score: "0.95" } });
      assert.deepEqual(
        [(await shownTo(alice, better)).on_leaderboard, (await shownTo(alice, worse)).on_leaderboard],
        [false, true],
      );
    });
  });
});
