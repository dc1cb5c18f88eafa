import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sql } from "kysely";
import { jobOwners } from "../../../lambdas/functions/job-owners.ts";
import { claim, failAttempt, heartbeat } from "../../../lambdas/jobs/service/attempts.ts";
import { rerunPiece } from "../../../lambdas/competitions/service/rerun.ts";
import { phase, submit } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";
import { boardWithRule, expect, openLabWithPeople, twoTasks, type Lab, type ShownSubmission } from "../support/lab.ts";

describe("runs", () => {
  let lab: Lab;
  let alice: Person;
  let bob: Person;
  beforeAll(async () => {
    ({ lab, alice, bob } = await openLabWithPeople());
  });
  afterAll(() => lab.close());

  type Shown = ShownSubmission & { started_when: string | null; failure_code: string | null };
  const shown = (id: number, person: Person = alice) => expect<Shown>(200, person, "GET", `/api/submissions/${id}/`);
  const onlyPhase = async (yaml: Record<string, unknown>, ...people: Person[]) =>
    (await lab.competition(yaml, ...people)).phases[0]!;
  const dataOf = (ids: number[]) =>
    lab.inside.db
      .selectFrom("submissions")
      .select(["owner_id", "data_id", "fact_sheet_answers"])
      .where("id", "in", ids)
      .execute();

  describe("the runs of a submission", () => {
    it("on several tasks: a parent without a task, and a child per task in the order of their ids, with the same owner and file (R-1)", async () => {
      // The order of the phase's tasks differs from the order of their ids.
      const { id: phaseId, tasks } = await onlyPhase({ ...twoTasks, phases: [phase({ tasks: [1, 0] })] }, alice);
      assert.deepEqual(
        tasks.map(({ name }) => name),
        ["Second", "First"],
      );
      const id = await submit(alice, phaseId, Buffer.from("x"));
      const parent = await shown(id);
      assert.deepEqual([parent.task, parent.parent, parent.children.length], [null, null, 2]);
      const children = await Promise.all(parent.children.map((child) => shown(child)));
      assert.deepEqual(
        children.map(({ task, parent: of }) => [task!.name, of]),
        [
          ["First", id],
          ["Second", id],
        ],
      );
      const [first, ...others] = await dataOf([id, ...parent.children]);
      assert.deepEqual(others, [first, first]);
      await lab.runAll({ scores: { accuracy: 1 } });
    });

    it("on one task, chosen or the only one: the submission runs itself (R-1, R-2)", async () => {
      const { id: phaseId, tasks } = await onlyPhase(twoTasks, alice);
      const chosen = await shown(await submit(alice, phaseId, Buffer.from("x"), [tasks[1]!.id]));
      assert.deepEqual([chosen.task!.name, chosen.children], [tasks[1]!.name, []]);
      const single = await shown(await submit(alice, (await onlyPhase({}, alice)).id, Buffer.from("x")));
      assert.deepEqual([single.task!.name, single.children], ["Only task", []]);
      await lab.runAll({ scores: { accuracy: 1 } });
    });

    it("a submission counts once against the limits, however many children it has, unless it fails; cancelled and deleted ones count (R-4)", async () => {
      const { id: phaseId } = await onlyPhase(
        { ...twoTasks, phases: [phase({ tasks: [0, 1], max_submissions: 2 })], ...boardWithRule("Add") },
        alice,
        bob,
      );
      const can = async (person = alice) =>
        (await expect<{ can: boolean }>(200, person, "GET", `/api/can_make_submission/${phaseId}/`)).can;
      await lab.submitted(alice, phaseId, { failure: "PROGRAM_EXIT" });
      const cancelled = await submit(alice, phaseId, Buffer.from("x"));
      await expect(200, alice, "POST", `/api/submissions/${cancelled}/cancel_submission/`);
      assert.equal(await can(), true);
      const deleted = await lab.submitted(alice, phaseId, { scores: {} });
      await expect(200, alice, "DELETE", `/api/submissions/${deleted}/soft_delete/`);
      assert.deepEqual([await can(), await can(bob)], [false, true]);
    });
  });

  it("a run has warnings of its worker and about its scores, whether it finished or failed; a parent has those of its children; people see none about hidden output (R-78)", async () => {
    type Warned = Shown & {
      warnings: string[];
      warning_details: { code: string; message: string; step: string | null }[];
    };
    const warned = (id: number, person: Person) => expect<Warned>(200, person, "GET", `/api/submissions/${id}/`);
    const codes = async (id: number, person: Person) =>
      (await warned(id, person)).warning_details.map(({ code, step }) => `${code} ${step}`).sort();
    const { id: phaseId } = await onlyPhase(
      { ...twoTasks, phases: [phase({ tasks: [0, 1], hide_score_output: true })] },
      alice,
    );
    const folder = { code: "SINGLE_FOLDER" as const, message: "One folder." };
    const leftOut = { code: "OUTPUT_LEFT_OUT" as const, message: "A link." };
    const id = await lab.submitted(alice, phaseId, ({ task }) =>
      task === "First"
        ? { scores: { accuracy: "no\u0000number \ud83d" }, warnings: [folder] }
        : { failure: "PROGRAM_EXIT", warnings: [folder, leftOut] },
    );
    const [first, second] = (await warned(id, alice)).children;
    const scores = ["SCORE_INVALID scoring", "SCORE_MISSING scoring"];
    assert.deepEqual(await codes(first!, lab.organizer), [...scores, "SINGLE_FOLDER null"]);
    assert.deepEqual(await codes(second!, lab.organizer), ["OUTPUT_LEFT_OUT prediction", "SINGLE_FOLDER null"]);
    assert.deepEqual(await codes(id, lab.organizer), ["OUTPUT_LEFT_OUT prediction", ...scores, "SINGLE_FOLDER null"]);
    assert.deepEqual(await codes(id, alice), ["OUTPUT_LEFT_OUT prediction", "SINGLE_FOLDER null"]);
    const { warnings, warning_details: details } = await warned(first!, lab.organizer);
    assert.deepEqual(
      warnings,
      details.map(({ message }) => message),
    );
    assert.ok(warnings.some((sentence) => sentence.includes("no\uFFFDnumber \uFFFD")));
  });

  it("scores in UTF-16, with NUL or with half a surrogate pair end a run with the right status and a sentence (R-105)", async () => {
    const { id: phaseId } = await onlyPhase(boardWithRule("Add"), alice);
    const endOf = async (scores: Buffer) => {
      const {
        status,
        failure_code: code,
        status_details: details,
      } = await shown(await lab.submitted(alice, phaseId, { scores }));
      return `${status} ${code}: ${details}`;
    };
    const utf16 = Buffer.from('\uFEFF{"accuracy": 1}', "utf16le");
    for (const notText of [utf16, Buffer.from(utf16).swap16(), Buffer.from('{"accuracy": 1}\0'), Buffer.from("\0")])
      assert.match(
        await endOf(notText),
        /^Failed BAD_SCORES: scores\.json is not text in UTF-8: .* Write it in UTF-8\.$/,
      );
    const half = Buffer.from([0xed, 0xa0, 0xbd]);
    assert.match(
      await endOf(Buffer.concat([half, utf16.subarray(0, 1)])),
      /^Failed BAD_SCORES: scores\.json is not valid JSON/,
    );
    for (const scores of ['{"accuracy": 1, "x\\ud83d": "\\u0000"}', '{"accuracy": "\\u0000\\udc00"}'])
      assert.match(await endOf(Buffer.from(scores)), /^Finished null: null$/);
  });

  describe("statuses", () => {
    it("a parent is Running from its first child's start until all children have ended (R-13)", async () => {
      const { id: phaseId } = await onlyPhase(twoTasks, alice);
      const id = await submit(alice, phaseId, Buffer.from("x"));
      const status = async () => (await shown(id)).status;
      const seen = [await status()];
      const first = await lab.claim();
      seen.push(await status());
      await lab.finish(first!, { failure: "PROGRAM_EXIT" });
      seen.push(await status());
      await lab.runAll({ scores: { accuracy: 1 } });
      assert.deepEqual([...seen, await status()], ["Submitted", "Running", "Running", "Finished"]);
    });

    it("a parent whose children all failed is Failed (R-13)", async () => {
      const { id: phaseId } = await onlyPhase(twoTasks, alice);
      const parent = await shown(await lab.submitted(alice, phaseId, { failure: "PROGRAM_EXIT" }));
      assert.deepEqual(
        [parent.status, parent.failure_code, parent.status_details],
        ["Failed", "PROGRAM_EXIT", "All tasks failed: It failed."],
      );
    });

    it("details contain the host, and started_when is the first start, even after a retry (R-15)", async () => {
      const id = await submit(alice, (await onlyPhase({}, alice)).id, Buffer.from("x"));
      assert.equal((await shown(id)).started_when, null);
      const manifest = await lab.claim();
      const running = await shown(id);
      assert.deepEqual([running.status, running.status_details], ["Running", "ingestion_hostname-test-host"]);
      assert.ok(running.started_when);
      await lab.release(manifest!);
      assert.deepEqual([(await shown(id)).status], ["Submitted"]);
      const again = await lab.claim();
      const { queue_id: queue } = await lab.inside.db
        .selectFrom("jobs")
        .select("queue_id")
        .where("id", "=", again!.attempt.jobId)
        .executeTakeFirstOrThrow();
      await heartbeat(lab.inside, jobOwners, queue, again!.attempt.id, [
        { step: "prediction", stage: "done" },
        { step: "scoring", stage: "running" },
      ]);
      const scoring = await shown(id);
      assert.deepEqual([scoring.status, scoring.status_details], ["Running", "scoring_hostname-test-host"]);
      assert.equal(scoring.started_when, running.started_when);
      await lab.finish(again!, { scores: { accuracy: 1 } });
    });

    it("a submission fails with a reason after its worker was lost three times, and does not count (R-14)", async () => {
      const { id: phaseId } = await onlyPhase({ phases: [phase({ max_submissions: 1 })] }, alice);
      const id = await submit(alice, phaseId, Buffer.from("x"));
      for (const expected of ["Submitted", "Submitted", "Failed"]) {
        const manifest = await lab.claim();
        await failAttempt(lab.inside, jobOwners, manifest!.attempt.id, {
          code: "WORKER_LOST",
          message: "The worker that ran this went silent.",
          step: null,
        });
        assert.equal((await shown(id)).status, expected);
      }
      const { failure_code, status_details } = await shown(id);
      assert.deepEqual(
        [failure_code, status_details],
        ["WORKER_LOST", "The worker that ran this went silent. It was tried 3 times."],
      );
      assert.equal(
        (await expect<{ can: boolean }>(200, alice, "GET", `/api/can_make_submission/${phaseId}/`)).can,
        true,
      );
    });

    it("reports of an attempt that lost its job, and repeated reports, change nothing (R-12, R-77)", async () => {
      const id = await submit(alice, (await onlyPhase({}, alice)).id, Buffer.from("x"));
      const lost = await lab.claim();
      await failAttempt(lab.inside, jobOwners, lost!.attempt.id, {
        code: "WORKER_LOST",
        message: "It went silent.",
        step: null,
      });
      const second = await lab.claim();
      for (let i = 0; i < 2; i++) await lab.finish(second!, { scores: { accuracy: 0.5 } });
      await lab.finish(lost!, { scores: { accuracy: 0.9 } });
      await lab.finish(lost!, { failure: "PROGRAM_EXIT" });
      const { status, scores } = await shown(id);
      assert.deepEqual([status, scores.map(({ score }) => score)], ["Finished", ["0.5000000000"]]);
    });
  });

  describe("the time limit", () => {
    const limitsOf = async (phaseId: number) => {
      await submit(alice, phaseId, Buffer.from("x"));
      const { spec } = await lab.inside.db
        .selectFrom("jobs")
        .select("spec")
        .orderBy("ready_when", "desc")
        .executeTakeFirstOrThrow();
      return spec.steps.map(({ name, timeLimitSeconds }) => [name, timeLimitSeconds]);
    };

    it("applies to each step; the default queue caps it, an organizer's own queue does not (R-80, R-81)", async () => {
      const long = [phase({ execution_time_limit: 6000 })];
      const { id: brief } = await onlyPhase({ phases: [phase({ execution_time_limit: 77 })] }, alice);
      assert.deepEqual(await limitsOf(brief), [
        ["prediction", 77],
        ["scoring", 77],
      ]);
      const { id: onDefault } = await onlyPhase({ phases: long }, alice);
      assert.deepEqual(await limitsOf(onDefault), [
        ["prediction", 600],
        ["scoring", 600],
      ]);
      await lab.runAll({ scores: {} });
      const { id: queue } = await expect<{ id: string }>(201, lab.organizer, "POST", "/api/queues/", {
        json: { name: "my own" },
      });
      const { id: onOwn } = await onlyPhase({ phases: long, queue }, alice);
      assert.deepEqual(await limitsOf(onOwn), [
        ["prediction", 6000],
        ["scoring", 6000],
      ]);
      assert.ok(
        await claim(lab.inside, jobOwners, queue, {
          id: "w",
          instance: "i",
          host: "h",
          launcher: "sandbox",
          capabilities: { outlivesWorker: false },
          slots: 1,
          version: "1",
        }),
      );
    });
  });

  describe("of a phase, all again", () => {
    it("rerun_submissions reruns ended submissions, by GET and POST, and returns their number", async () => {
      const competition = await lab.competition(twoTasks, alice);
      const phaseId = competition.phases[0]!.id;
      await lab.submitted(alice, phaseId, { scores: { accuracy: 1 } });
      await lab.submitted(alice, phaseId, { failure: "PROGRAM_EXIT" });
      const path = `/api/phases/${phaseId}/rerun_submissions/`;
      assertRefused(await alice.send("GET", path), 403, "NOT_ALLOWED");
      assert.deepEqual(await expect(200, lab.organizer, "GET", path), { count: 2, skipped: [] });
      assert.deepEqual(await expect(200, lab.organizer, "POST", path), { count: 2, skipped: [] });
      await lab.runAll({ scores: { accuracy: 1 } });
      assert.deepEqual(await expect(200, lab.organizer, "POST", path), { count: 6, skipped: [] });
      await lab.runAll({ scores: { accuracy: 1 } });
    });

    it("rerun_submissions allows more than 30 only on one's own queue (A-35)", async () => {
      const competition = await lab.competition({}, alice);
      const phaseId = competition.phases[0]!.id;
      const id = await lab.submitted(alice, phaseId, { scores: { accuracy: 1 } });
      const { db } = lab.inside;
      const { participant_id, owner_id, data_id, task_id } = await db
        .selectFrom("submissions")
        .selectAll()
        .where("id", "=", id)
        .executeTakeFirstOrThrow();
      await db
        .insertInto("submissions")
        .values(
          Array.from({ length: 30 }, () => ({
            phase_id: phaseId,
            participant_id,
            owner_id,
            data_id,
            task_id,
            status: "Failed" as const,
          })),
        )
        .execute();
      const path = `/api/phases/${phaseId}/rerun_submissions/`;
      assertRefused(await lab.organizer.send("POST", path), 403, "TOO_MANY_RERUNS");
      const { id: queue } = await expect<{ id: string }>(201, lab.organizer, "POST", "/api/queues/", {
        json: { name: "for reruns" },
      });
      await expect(200, lab.organizer, "PATCH", `/api/competitions/${competition.id}/`, { json: { queue } });
      assert.deepEqual(await expect(200, lab.organizer, "POST", path), { count: 31, skipped: [] });
    });

    it("rerun_submissions skips submissions that cannot run, and reruns large numbers in pieces, each once (A-35)", async () => {
      const competition = await lab.competition({}, alice);
      const phaseId = competition.phases[0]!.id;
      const id = await lab.submitted(alice, phaseId, { scores: { accuracy: 1 } });
      const { id: queue } = await expect<{ id: string }>(201, lab.organizer, "POST", "/api/queues/", {
        json: { name: "for many" },
      });
      await expect(200, lab.organizer, "PATCH", `/api/competitions/${competition.id}/`, { json: { queue } });
      const { db } = lab.inside;
      const { participant_id, owner_id, data_id, task_id } = await db
        .selectFrom("submissions")
        .selectAll()
        .where("id", "=", id)
        .executeTakeFirstOrThrow();
      const add = (count: number, task: number | null) =>
        db
          .insertInto("submissions")
          .values(
            Array.from({ length: count }, () => ({
              phase_id: phaseId,
              participant_id,
              owner_id,
              data_id,
              task_id: task,
              status: "Failed" as const,
            })),
          )
          .returning("id")
          .execute();
      const [gone] = await add(1, null);
      const path = `/api/phases/${phaseId}/rerun_submissions/`;
      assert.deepEqual(await expect(200, lab.organizer, "POST", path), { count: 1, skipped: [gone!.id] });

      await add(1000, task_id);
      const started = async () =>
        (await db.selectFrom("jobs").select("id").where("queue_id", "=", queue).execute()).length;
      const before = await started();
      assert.deepEqual(await expect(200, lab.organizer, "POST", path), { count: 1001, skipped: [gone!.id] });
      await waitFor("all to run again", async () => (await started()) === before + 1001);
      const messages = await db
        .selectFrom("outbox")
        .select("body")
        .where(sql<string>`body->>'type'`, "=", "rerun")
        .execute();
      assert.equal(messages.length, 2);
      for (const { body } of messages) await rerunPiece(lab.inside, body["piece"] as number);
      assert.equal(await started(), before + 1001);
    });
  });

  it("a refused submission creates no run and no parent without children (R-1)", async () => {
    const { id: phaseId, tasks } = await onlyPhase(twoTasks, alice);
    await lab.inside.db.updateTable("tasks").set({ scoring_program_id: null }).where("id", "=", tasks[1]!.id).execute();
    const key = (await expect<{ results: { key: string }[] }>(200, alice, "GET", "/api/datasets/?_type=submission"))
      .results[0]!.key;
    const before = await lab.contents();
    assertRefused(
      await alice.send("POST", "/api/submissions/", { json: { phase: phaseId, data: key } }),
      400,
      "NO_SCORING_PROGRAM",
    );
    assert.deepEqual((await lab.contents()).rows, before.rows);
  });
});
