import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Competition } from "../../../scripts/client.ts";
import { phase, submit } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";
import { boardWithRule, expect, openLab, twoTasks, type Lab, type ShownSubmission } from "./lab.ts";

describe("submissions", () => {
  let lab: Lab;
  let alice: Person;
  let bob: Person;
  let eve: Person;
  let single: Competition;
  let double: Competition;
  before(async () => {
    lab = await openLab();
    [alice, bob, eve] = await Promise.all([lab.newPerson(), lab.newPerson(), lab.newPerson()]);
    single = await lab.competition(boardWithRule("Add_And_Delete"), alice, bob);
    double = await lab.competition(
      { ...twoTasks, ...boardWithRule("Add_And_Delete", [{ title: "Sum", key: "sum", index: 1, computation: "sum", computation_indexes: [0] }]) },
      alice,
    );
  });
  after(() => lab.close());

  const shown = (person: Person, id: number) => expect<ShownSubmission>(200, person, "GET", `/api/submissions/${id}/`);
  const list = (person: Person, query: string) => expect<ShownSubmission[]>(200, person, "GET", `/api/submissions/?${query}`);
  const phaseOf = (competition: Competition) => competition.phases[0]!.id;
  const scoresOf = ({ scores }: ShownSubmission) => Object.fromEntries(scores.map(({ column_key, score }) => [column_key, score]));

  describe("running again", () => {
    it("keeps owner, phase, file and answers, and leaves the old one as it was", async () => {
      const id = await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.5 } });
      const { id: again } = await expect<{ id: number }>(200, lab.organizer, "POST", `/api/submissions/${id}/re_run_submission/`);
      await lab.runAll({ scores: { accuracy: 0.75 } });
      const [old, young] = [await shown(alice, id), await shown(alice, again)];
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
        shown(alice, (await expect<{ id: number }>(200, lab.organizer, "POST", `/api/submissions/${id}/re_run_submission/`)).id);
      assert.deepEqual([(await rerun(chosen)).task?.id, (await rerun(chosen)).children], [first!.id, []]);
      const again = await rerun(whole);
      const tasks = await Promise.all(again.children.map(async (child) => (await shown(alice, child)).task?.name));
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
      const { key } = (await shown(lab.organizer, id)).task!;
      const path = `/api/submissions/${id}/re_run_submission/?task_key=${key}`;
      const { id: again } = await expect<{ id: number }>(200, lab.organizer, "POST", path);
      await lab.runAll({ scores: { accuracy: 0.9 } });
      const young = await shown(lab.organizer, again);
      assert.deepEqual([young.is_specific_task_re_run, young.task?.key], [true, key]);
      const connect = await lab.admin.send("POST", `/api/submissions/${again}/submission_leaderboard_connection/`);
      assertRefused(connect, 403, "TASK_RERUN");
    });

    it("takes a task that is in no competition, if it may be used", async () => {
      const id = await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.5 } });
      const { scoring_program } = (await shown(lab.organizer, id)).task!;
      const task = await expect<{ id: number; key: string }>(201, lab.organizer, "POST", "/api/tasks/", {
        json: { name: "On its own", scoring_program },
      });
      const path = `/api/submissions/${id}/re_run_submission/?task_key=${task.key}`;
      const { id: again } = await expect<{ id: number }>(200, lab.organizer, "POST", path);
      await lab.runAll({ scores: { accuracy: 0.9 } });
      assert.equal((await shown(lab.organizer, again)).task?.name, "On its own");
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
      const before = (await list(lab.organizer, `phase=${phaseOf(single)}`)).length;
      const strange = await lab.organizer.send("POST", "/api/submissions/re_run_many_submissions/", { json: [...ids, 999_999] });
      assertRefused(strange, 404, "NO_SUCH_SUBMISSION", /999999/);
      assert.equal((await list(lab.organizer, `phase=${phaseOf(single)}`)).length, before);
      await expect(200, lab.organizer, "POST", "/api/submissions/re_run_many_submissions/", { json: ids });
      assert.equal((await list(lab.organizer, `phase=${phaseOf(single)}`)).length, before + 2);
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
    before(async () => {
      manual = await lab.competition({ ...twoTasks, auto_run_submissions: false }, alice);
    });

    it("one waits until an organizer starts it, once (R-3)", async () => {
      const id = await submit(alice, phaseOf(manual), Buffer.from("x"));
      assert.equal(await lab.claim(), null);
      assert.equal((await shown(alice, id)).status, "Submitting");
      assertRefused(await alice.send("POST", `/api/submissions/${id}/run_submission/`), 403, "NOT_ALLOWED");
      assert.deepEqual(await expect(200, lab.organizer, "POST", `/api/submissions/${id}/run_submission/`), { id });
      assertRefused(await lab.organizer.send("POST", `/api/submissions/${id}/run_submission/`), 403, "STARTED_ALREADY");
      await lab.runAll({ scores: { accuracy: 0.5 } });
      assert.equal((await shown(alice, id)).status, "Finished");
    });

    it("one that waits can be cancelled", async () => {
      const id = await submit(alice, phaseOf(manual), Buffer.from("x"));
      assert.deepEqual(await expect(200, alice, "GET", `/api/submissions/${id}/cancel_submission/`), { canceled: true });
      assert.equal((await shown(alice, id)).status, "Cancelled");
      assert.deepEqual(await expect(200, alice, "GET", `/api/submissions/${id}/cancel_submission/`), { canceled: false });
    });
  });

  describe("cancelling", () => {
    it("cancels the children of a parent", async () => {
      const id = await submit(alice, phaseOf(double), Buffer.from("x"));
      await expect(200, alice, "GET", `/api/submissions/${id}/cancel_submission/`);
      const parent = await shown(alice, id);
      assert.equal(parent.status, "Cancelled");
      for (const child of parent.children) assert.equal((await shown(alice, child)).status, "Cancelled");
      assert.equal(await lab.claim(), null);
    });

    it("of the last child that waits leaves a finished parent with the scores there are (A-36)", async () => {
      const id = await submit(alice, phaseOf(double), Buffer.from("x"));
      const manifest = await lab.claim();
      await lab.finish(manifest!, { scores: { accuracy: 0.25 } });
      const { children } = await shown(alice, id);
      const statuses = await Promise.all(children.map(async (child) => [child, (await shown(alice, child)).status] as const));
      const waiting = statuses.find(([, status]) => status !== "Finished")![0];
      await expect(200, alice, "GET", `/api/submissions/${waiting}/cancel_submission/`);
      const parent = await shown(alice, id);
      assert.equal(parent.status, "Finished");
      assert.deepEqual(scoresOf(parent), { accuracy: "0.2500000000", sum: "0.2500000000" });
    });

    it("what a stopping worker gives back then ends it", async () => {
      const id = await submit(alice, phaseOf(single), Buffer.from("x"));
      const manifest = await lab.claim();
      await expect(200, alice, "GET", `/api/submissions/${id}/cancel_submission/`);
      await lab.release(manifest!);
      assert.equal((await shown(alice, id)).status, "Cancelled");
      assert.equal(await lab.claim(), null);
    });

    it("is for its owner and the organizers", async () => {
      const id = await submit(alice, phaseOf(single), Buffer.from("x"));
      assert.equal((await bob.send("GET", `/api/submissions/${id}/cancel_submission/`)).status, 404);
      await expect(200, lab.organizer, "GET", `/api/submissions/${id}/cancel_submission/`);
    });
  });

  describe("deleting", () => {
    const connect = (person: Person, id: number) =>
      expect(200, person, "POST", `/api/submissions/${id}/submission_leaderboard_connection/`);

    it("an owner deletes what is off the leaderboard, an organizer anything, others nothing", async () => {
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
      for (const id of [off, on]) assert.equal((await lab.organizer.send("GET", `/api/submissions/${id}/`)).status, 404);
    });

    it("takes the file along once no other submission has it, and what runs left", async () => {
      const id = await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.1 } });
      const { id: again } = await expect<{ id: number }>(200, lab.organizer, "POST", `/api/submissions/${id}/re_run_submission/`);
      await lab.runAll({ scores: { accuracy: 0.1 } });
      const links = await expect<{ data_file: string; scoring_result: string }>(200, alice, "GET", `/api/submissions/${id}/get_details/`);
      const status = async (url: string) => (await fetch(url)).status;
      await expect(204, lab.organizer, "DELETE", `/api/submissions/${id}/`);
      await waitFor("the output to be gone", async () => (await status(links.scoring_result)) === 404);
      assert.equal(await status(links.data_file), 200);
      await expect(204, lab.organizer, "DELETE", `/api/submissions/${again}/`);
      await waitFor("the file to be gone", async () => (await status(links.data_file)) === 404);
    });

    it("of a parent takes its children, a child alone stays (A-37)", async () => {
      const id = await lab.submitted(alice, phaseOf(double), { scores: { accuracy: 0.1 } });
      const { children } = await shown(alice, id);
      assertRefused(await alice.send("DELETE", `/api/submissions/${children[0]}/`), 400, "PART_OF_A_SUBMISSION");
      await expect(204, alice, "DELETE", `/api/submissions/${id}/`);
      assert.equal((await alice.send("GET", `/api/submissions/${children[0]}/`)).status, 404);
    });

    it("stops what runs, and erases what that leaves when it is over", async () => {
      const id = await submit(alice, phaseOf(single), Buffer.from("x"));
      const manifest = await lab.claim();
      await expect(204, alice, "DELETE", `/api/submissions/${id}/`);
      await lab.finish(manifest!, { scores: { accuracy: 0.5 } });
      assert.equal((await alice.send("GET", `/api/submissions/${id}/`)).status, 404);
      const left = async () => (await lab.contents()).objects.filter((key) => key.includes(manifest!.attempt.id));
      await waitFor("what it left to be gone", async () => (await left()).length === 0);
    });

    it("of what a stopping worker gives back does not let it run again", async () => {
      const id = await submit(alice, phaseOf(single), Buffer.from("x"));
      const manifest = await lab.claim();
      await expect(204, alice, "DELETE", `/api/submissions/${id}/`);
      await lab.release(manifest!);
      assert.equal(await lab.claim(), null);
    });

    it("many at once is all or none, and each is asked about", async () => {
      const ids = [
        await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.1 } }),
        await lab.submitted(bob, phaseOf(single), { scores: { accuracy: 0.1 } }),
      ];
      assertRefused(await alice.send("DELETE", "/api/submissions/delete_many/", { json: ids }), 404, "NO_SUCH_SUBMISSION");
      await shown(alice, ids[0]!);
      assert.deepEqual(await expect(200, lab.organizer, "DELETE", "/api/submissions/delete_many/", { json: ids }), {});
      assertRefused(await lab.organizer.send("DELETE", "/api/submissions/delete_many/", { json: ids }), 404, "NO_SUCH_SUBMISSION");
    });

    describe("softly", () => {
      const soft = (person: Person, id: number) => person.send("DELETE", `/api/submissions/${id}/soft_delete/`);

      it("erases the files and leaves the row, which counts (A-38)", async () => {
        const competition = await lab.competition({ phases: [phase({ max_submissions: 1 })] }, alice);
        const id = await lab.submitted(alice, phaseOf(competition), { scores: { accuracy: 0.1 } });
        // Force_Last put it on the leaderboard, from which nobody but a superuser takes it.
        await expect(200, lab.admin, "POST", `/api/submissions/${id}/submission_leaderboard_connection/`);
        assertRefused(await soft(alice, id), 403, "ON_LEADERBOARD");
        await lab.inside.db.updateTable("submissions").set({ on_leaderboard: false }).where("id", "=", id).execute();
        const links = await expect<{ data_file: string }>(200, alice, "GET", `/api/submissions/${id}/get_details/`);
        const answer = await soft(alice, id);
        assert.deepEqual([answer.status, typeof answer.body["message"]], [200, "string"]);
        await waitFor("the file to be gone", async () => (await fetch(links.data_file)).status === 404);
        const can = await expect<{ can: boolean }>(200, alice, "GET", `/api/can_make_submission/${phaseOf(competition)}/`);
        assert.equal(can.can, false);
      });

      it("is for the owner, of what is over, once", async () => {
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

      it("hides it from its owner, and organizers see it when they ask, with no name of the file (A-76)", async () => {
        const id = await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.1 } });
        await soft(alice, id);
        const has = async (person: Person, query: string) => (await list(person, query)).some((s) => s.id === id);
        assert.equal(await has(alice, "show_is_soft_deleted=true"), false);
        assert.equal(await has(lab.organizer, ""), false);
        assert.equal(await has(lab.organizer, "show_is_soft_deleted=true"), true);
        assert.equal(await has(lab.organizer, "is_soft_deleted=true"), true);
        const row = await shown(lab.organizer, id);
        assert.deepEqual([row.is_soft_deleted, row.filename], [true, "Deleted File"]);
        assert.equal((await alice.send("GET", `/api/submissions/${id}/`)).status, 404);
      });
    });
  });

  describe("showing them to everybody", () => {
    const toggle = (person: Person, id: number) => person.send("GET", `/api/submissions/${id}/toggle_public/`);

    it("opens the row and the file, and closes them again", async () => {
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
      assert.deepEqual(await seen(), [404, 403]);
      assert.equal((await toggle(bob, id)).status, 404);
      assert.deepEqual((await toggle(alice, id)).body, {});
      assert.deepEqual(await seen(), [200, 302]);
      await toggle(alice, id);
      assert.deepEqual(await seen(), [404, 403]);
    });

    it("is refused to participants where the organizers forbid it (A-63)", async () => {
      const competition = await lab.competition({ can_participants_make_submissions_public: false }, alice);
      const id = await lab.submitted(alice, phaseOf(competition), { scores: { accuracy: 0.1 } });
      assertRefused(await toggle(alice, id), 403, "NOT_ALLOWED");
      const [dataset] = (await expect<{ results: { id: number }[] }>(200, alice, "GET", "/api/datasets/?_type=submission")).results;
      const way = await alice.send("PATCH", `/api/datasets/${dataset!.id}/`, { json: { is_public: true } });
      assertRefused(way, 403, "MUST_STAY_PRIVATE");
      assert.equal((await toggle(lab.organizer, id)).status, 200);
    });
  });

  describe("fact sheets", () => {
    const question = (key: string, rest: object) => ({ key, type: "text", title: key, selection: "", is_required: "false", is_on_leaderboard: "false", ...rest });
    let asked: Competition;
    before(async () => {
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
      const data = (await expect<{ results: { key: string }[] }>(200, alice, "GET", "/api/datasets/?_type=submission")).results[0]!.key;
      return alice.send("POST", "/api/submissions/", { json: { phase: phaseOf(asked), data, fact_sheet_answers } });
    }

    it("none at all is taken even where some are required, for scripts send none (A-31)", async () => {
      for (const none of [null, {}, undefined]) assert.equal((await answered(none)).status, 201);
      await lab.runAll({ scores: { accuracy: 0.1 } });
    });

    it("every question must be answered, and nothing else (A-31)", async () => {
      assertRefused(await answered({ method: "trees" }), 400, "BAD_FACT_SHEET");
      assertRefused(await answered(answers({ extra: 1 })), 400, "BAD_FACT_SHEET", /extra/);
      assertRefused(await answered(answers({ kind: "wide" })), 400, "BAD_FACT_SHEET", /wide/);
      assertRefused(await answered(answers({ method: "" })), 400, "BAD_FACT_SHEET", /method/);
      assert.equal((await answered(answers())).status, 201);
      await lab.runAll({ scores: { accuracy: 0.1 } });
    });

    it("answers change for a parent and its children, by owner and organizers", async () => {
      const id = await lab.submitted(alice, phaseOf(asked), { scores: { accuracy: 0.1 } });
      const update = (person: Person, json: unknown) => person.send("PATCH", `/api/submissions/${id}/update_fact_sheet/`, { json });
      assert.equal((await update(bob, answers())).status, 403);
      assertRefused(await update(alice, { method: "x" }), 400, "BAD_FACT_SHEET");
      assert.deepEqual((await update(alice, answers({ method: "forest" }))).body, {});
      assert.equal((await shown(alice, id)).fact_sheet_answers?.["method"], "forest");
    });

    it("only answers that are meant for the leaderboard are on it, and nobody else's are seen (A-52)", async () => {
      const id = await lab.submitted(alice, phaseOf(asked), { scores: { accuracy: 0.1 } });
      await expect(200, lab.organizer, "PATCH", `/api/submissions/${id}/update_fact_sheet/`, { json: answers() });
      const board = await expect<{ fact_sheet_keys: unknown; submissions: { fact_sheet_answers: unknown }[] }>(
        200, bob, "GET", `/api/phases/${phaseOf(asked)}/get_leaderboard/`,
      );
      assert.deepEqual(board.fact_sheet_keys, [["method", "method"]]);
      assert.deepEqual(board.submissions[0]!.fact_sheet_answers, { method: "trees" });
      assert.equal((await shown(bob, id)).fact_sheet_answers, null);
    });
  });

  describe("detailed results", () => {
    const result = (person: { send: Person["send"] }, id: number) => person.send<string>("GET", `/api/submissions/${id}/get_detail_result/`);
    const anybody = { send: ((method: string, path: string) => lab.send(method, path)) as Person["send"] };

    it("are 404 where they are off, and say so under error_msg", async () => {
      const id = await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.1 }, details: "<p>" });
      const answer = await lab.organizer.send("GET", `/api/submissions/${id}/get_detail_result/`);
      assertRefused(answer, 404, "DETAILED_RESULTS_OFF");
      assert.equal(typeof answer.body["error_msg"], "string");
    });

    it("of a published competition are anybody's, of a private one its people's, of hidden output the organizers'", async () => {
      const competition = await lab.competition({ enable_detailed_results: true }, alice, bob);
      const id = await lab.submitted(alice, phaseOf(competition), { scores: { accuracy: 0.1 }, details: "<h1>Fine</h1>" });
      const open = await result(anybody, id);
      assert.equal(open.status, 200);
      assert.equal(await (await fetch(open.body)).text(), "<h1>Fine</h1>");
      await lab.organizer.send("POST", `/api/competitions/${competition.id}/toggle_publish/`);
      assert.deepEqual(
        await Promise.all([anybody, eve, bob, alice, lab.organizer].map(async (who) => (await result(who, id)).status)),
        [403, 403, 200, 200, 200],
      );
      await lab.organizer.send("PATCH", `/api/phases/${phaseOf(competition)}/`, { json: { hide_output: true } });
      assert.deepEqual(await Promise.all([bob, alice, lab.organizer].map(async (who) => (await result(who, id)).status)), [403, 403, 200]);
    });

    it("that there are none is 404 (A-86)", async () => {
      const competition = await lab.competition({ enable_detailed_results: true }, alice);
      const id = await lab.submitted(alice, phaseOf(competition), { scores: { accuracy: 0.1 } });
      assertRefused(await alice.send("GET", `/api/submissions/${id}/get_detail_result/`), 404, "NO_DETAILED_RESULT");
    });
  });

  describe("hidden output", () => {
    const details = (person: Person, id: number) => person.send<Record<string, unknown>>("GET", `/api/submissions/${id}/get_details/`);

    it("hides logs and files from participants and not from organizers", async () => {
      const competition = await lab.competition({ phases: [phase({ hide_output: true })] }, alice);
      const id = await lab.submitted(alice, phaseOf(competition), { scores: { accuracy: 0.1 } });
      assertRefused(await details(alice, id), 403, "OUTPUT_HIDDEN");
      assertRefused(await alice.send("GET", `/api/submissions/${id}/logs/`), 403, "OUTPUT_HIDDEN");
      assert.equal((await details(lab.organizer, id)).status, 200);
    });

    it("of one step hides that one link", async () => {
      const competition = await lab.competition({ phases: [phase({ hide_prediction_output: true })] }, alice);
      const id = await lab.submitted(alice, phaseOf(competition), { scores: { accuracy: 0.1 } });
      const { body } = await details(alice, id);
      assert.equal(body["prediction_result"], null);
      assert.equal(typeof body["scoring_result"], "string");
      await lab.organizer.send("PATCH", `/api/phases/${phaseOf(competition)}/`, { json: { hide_prediction_output: false, hide_score_output: true } });
      const { body: now } = await details(alice, id);
      assert.equal(typeof now["prediction_result"], "string");
      assert.equal(now["scoring_result"], null);
      assert.equal(typeof (await details(lab.organizer, id)).body["scoring_result"], "string");
    });

    it("details of somebody else's submission are for organizers only, even on the leaderboard", async () => {
      const id = await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.1 } });
      await expect(200, alice, "POST", `/api/submissions/${id}/submission_leaderboard_connection/`);
      assertRefused(await details(bob, id), 403, "OUTPUT_HIDDEN");
      assert.equal((await shown(bob, id)).id, id);
    });
  });

  describe("editing scores", () => {
    it("computes what is made of them again, for a child and its parent, which has the scores of all its children (A-47, A-54, L-5)", async () => {
      const id = await lab.submitted(alice, phaseOf(double), ({ task }) => ({ scores: { accuracy: task === "First" ? 0.25 : 0.5 } }));
      const parent = await shown(lab.organizer, id);
      const listed = ({ scores }: ShownSubmission) => scores.map(({ column_key, score }) => `${column_key} ${score}`);
      assert.deepEqual(listed(parent), ["accuracy 0.2500000000", "accuracy 0.5000000000", "sum 0.7500000000"]);
      const child = await shown(lab.organizer, parent.children[0]!);
      const score = child.scores.find(({ column_key }) => column_key === "accuracy")!;
      const answer = await expect(200, lab.organizer, "PATCH", `/api/submission_scores/${score.id}/`, { json: { score: 1.5 } });
      assert.deepEqual(answer, { id: score.id, index: 0, score: "1.5000000000", column_key: "accuracy" });
      assert.deepEqual(scoresOf(await shown(lab.organizer, child.id)), { accuracy: "1.5000000000", sum: "1.5000000000" });
      const changed = await shown(lab.organizer, id);
      assert.deepEqual(listed(changed), ["accuracy 1.5000000000", "accuracy 0.5000000000", "sum 2.0000000000"]);
      assert.equal(changed.scores[0]!.id, score.id);
    });

    it("is for organizers, takes numbers, and leaves computed ones alone", async () => {
      const id = await lab.submitted(alice, phaseOf(double), { scores: { accuracy: 0.25 } });
      const [child] = (await shown(alice, id)).children;
      const { scores } = await shown(lab.organizer, child!);
      const at = (key: string) => `/api/submission_scores/${scores.find(({ column_key }) => column_key === key)!.id}/`;
      assertRefused(await alice.send("PATCH", at("accuracy"), { form: { score: "1" } }), 403, "NOT_ALLOWED");
      assertRefused(await lab.organizer.send("PATCH", at("accuracy"), { form: { score: "high" } }), 400, "INVALID");
      assertRefused(await lab.organizer.send("PATCH", at("sum"), { form: { score: "1" } }), 400, "COMPUTED_SCORE");
      await expect(200, lab.organizer, "PATCH", at("accuracy"), { form: { score: "1e-5" } });
    });

    it("chooses the best again where the best leads by itself", async () => {
      const competition = await lab.competition(boardWithRule("Force_Best"), alice);
      const better = await lab.submitted(alice, phaseOf(competition), { scores: { accuracy: 0.9 } });
      const worse = await lab.submitted(alice, phaseOf(competition), { scores: { accuracy: 0.1 } });
      const [score] = (await shown(lab.organizer, worse)).scores;
      await expect(200, lab.organizer, "PATCH", `/api/submission_scores/${score!.id}/`, { json: { score: "0.95" } });
      assert.deepEqual([(await shown(alice, better)).on_leaderboard, (await shown(alice, worse)).on_leaderboard], [false, true]);
    });
  });

  describe("the list", () => {
    it("is an array, newest first, of one's own; organizers get those of their competitions", async () => {
      const mine = await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.1 } });
      const bobs = await lab.submitted(bob, phaseOf(single), { scores: { accuracy: 0.1 } });
      const ids = async (person: Person, query = "") => (await list(person, query)).map(({ id }) => id);
      const own = await ids(alice, `phase=${phaseOf(single)}`);
      assert.deepEqual(own, [...own].sort((a, b) => b - a));
      assert.deepEqual([own.includes(mine), own.includes(bobs)], [true, false]);
      assert.ok((await ids(lab.organizer, `phase__competition=${single.id}`)).includes(bobs));
      assert.deepEqual(await ids(eve), []);
      assert.deepEqual(await ids(lab.organizer, `phase=${phaseOf(single)}&status=Running`), []);
      assert.ok((await ids(lab.organizer, `search=${bob.username}`)).every((id) => id !== mine));
    });

    it("of a bot has what was submitted where robots are welcome", async () => {
      const bot = await lab.newPerson({ isBot: true });
      const id = await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.1 } });
      const sees = async () => (await list(bot, `phase=${phaseOf(single)}`)).some((s) => s.id === id);
      assert.equal(await sees(), false);
      await expect(200, lab.organizer, "PATCH", `/api/competitions/${single.id}/`, { json: { allow_robot_submissions: true } });
      assert.equal(await sees(), true);
      assert.equal((await bot.send("GET", `/api/submissions/${id}/get_details/`)).status, 200);
      await expect(200, lab.organizer, "PATCH", `/api/competitions/${single.id}/`, { json: { allow_robot_submissions: false } });
    });

    it("of nobody who is logged in has finished entries of open leaderboards", async () => {
      const id = await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.1 } });
      const sees = async () =>
        (await lab.send<ShownSubmission[]>("GET", `/api/submissions/?phase=${phaseOf(single)}`)).body.some((s) => s.id === id);
      assert.equal(await sees(), false);
      await expect(200, alice, "POST", `/api/submissions/${id}/submission_leaderboard_connection/`);
      assert.equal(await sees(), true);
      await expect(200, alice, "DELETE", `/api/submissions/${id}/submission_leaderboard_connection/`);
    });

    it("is a table with format=csv, in which no text can become a formula", async () => {
      const data = (await expect<{ results: { key: string }[] }>(200, alice, "GET", "/api/datasets/?_type=submission")).results[0]!.key;
      await lab.inside.db.updateTable("datasets").set({ file_name: "=1+1,\"x\".zip" }).where("key", "=", data).execute();
      await expect(201, alice, "POST", "/api/submissions/", { json: { phase: phaseOf(single), data } });
      await lab.runAll({ scores: { accuracy: 0.1 } });
      const answer = await alice.send("GET", `/api/submissions/?phase=${phaseOf(single)}&format=csv`);
      assert.match(answer.headers.get("content-type") ?? "", /^text\/csv/);
      const [header, first] = answer.text.split("\r\n");
      assert.equal(header, "Submission ID,File Name,Owner,Created When,Status,Phase");
      assert.match(first!, new RegExp(`^\\d+,"'=1\\+1,""x"".zip",${alice.username},[-0-9T:.]+Z,Finished,Only phase$`));
    });

    it("downloads files of those one may", async () => {
      const ids = [
        await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.1 } }),
        await lab.submitted(bob, phaseOf(single), { scores: { accuracy: 0.1 } }),
      ];
      const files = await expect<{ name: string; url: string }[]>(200, lab.organizer, "POST", "/api/submissions/download_many/", { json: { pks: ids } });
      assert.equal(files.length, 2);
      assert.equal(await (await fetch(files[0]!.url)).text(), "a submission");
      assert.equal((await alice.send("POST", "/api/submissions/download_many/", { json: { pks: ids } })).status, 404);
    });
  });

  it("what a worker reports is not taken over Codabench's routes for it", async () => {
    const id = await lab.submitted(alice, phaseOf(single), { scores: { accuracy: 0.1 } });
    assertRefused(await lab.organizer.send("PATCH", `/api/submissions/${id}/`, { form: { status: "Failed" } }), 405, "METHOD_NOT_ALLOWED");
    assert.equal((await lab.send("POST", `/api/upload_submission_scores/${id}/`, { content: { json: {} } })).status, 404);
  });

  it("organizers send one to a queue they may use, participants do not, and an organization is refused (A-45)", async () => {
    const { id: queue } = await expect<{ id: string }>(201, lab.organizer, "POST", "/api/queues/", { json: { name: "mine" } });
    const data = (await expect<{ results: { key: string }[] }>(200, alice, "GET", "/api/datasets/?_type=submission")).results[0]!.key;
    const send = (rest: object) => alice.send("POST", "/api/submissions/", { json: { phase: phaseOf(single), data, ...rest } });
    assertRefused(await send({ queue }), 400, "NO_SUCH_QUEUE");
    await expect(200, lab.organizer, "PATCH", `/api/queues/${queue}/`, { json: { is_public: true } });
    assertRefused(await send({ queue }), 403, "NOT_ALLOWED");
    assertRefused(await send({ organization: 3 }), 400, "INVALID");
    assert.equal((await send({ organization: null, queue: "" })).status, 201);
    await lab.runAll({ scores: { accuracy: 0.1 } });
  });
});
