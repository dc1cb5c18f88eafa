import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { migrateDuePhases } from "../../../lambdas/competitions/service/migrate.ts";
import type { Competition } from "../../../client/api-client.ts";
import { inDays, phase, programZip, register, submit, upload } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { asked, assertAudited, newestAt, openAudited, trailAt, type Change } from "./audit-lab.ts";
import { expect, phaseOf, shownTo, type Lab } from "../support/lab.ts";

describe("the audit trail", () => {
  let lab: Lab;
  let alice: Person;
  let bob: Person;
  let eve: Person;
  let competition: Competition;
  /** Tests that need one of two phases and tasks have their own. */
  let double: Competition;
  let ids: Map<string, number>;
  beforeAll(async () => {
    ({ lab, alice, bob, eve, ids, competition, double } = await openAudited());
  });
  afterAll(() => lab.close());

  const pathOf = ({ id }: { id: number }) => `/api/competitions/${id}/`;
  const trail = (of: { id: number }, query = "", who = lab.organizer) => trailAt(pathOf(of), who, query);
  const newest = (of: { id: number }, kind: string) => newestAt(pathOf(of), lab.organizer, kind);
  const participant = async (who: Person) =>
    (
      await expect<{ id: number }[]>(
        200,
        lab.organizer,
        "GET",
        `/api/participants/?competition=${competition.id}&user__username=${who.username}`,
      )
    )[0]!.id;
  const finished = (accuracy = 0.5) => lab.submitted(alice, phaseOf(competition), { scores: { accuracy } });
  const edited = (json: object) => ({ method: "PATCH", path: `/api/competitions/${competition.id}/`, json });

  const changes: Record<string, () => Promise<Change>> = {
    "competition.changed": async () => ({
      ...edited({ docker_image: "other:1" }),
      subject: competition.id,
      before: {
        docker_image: (
          await expect<{ docker_image: string }>(200, lab.organizer, "GET", `/api/competitions/${competition.id}/`)
        ).docker_image,
      },
      after: { docker_image: "other:1" },
    }),
    "competition.unpublished": async () => ({
      method: "POST",
      path: `/api/competitions/${competition.id}/toggle_publish/`,
      subject: competition.id,
      before: { published: true },
      after: { published: false },
    }),
    "competition.published": async () => ({
      ...edited({ published: true }),
      subject: competition.id,
      before: { published: false },
      after: { published: true },
    }),
    "collaborator.added": async () => ({
      ...edited({ collaborators: [ids.get(bob.username)] }),
      subject: ids.get(bob.username)!,
      before: null,
      after: {},
    }),
    "collaborator.removed": async () => ({
      ...edited({ collaborators: [] }),
      subject: ids.get(bob.username)!,
      before: {},
      after: null,
    }),
    "participant.denied": async () => ({
      method: "PATCH",
      path: `/api/participants/${await participant(alice)}/`,
      json: { status: "denied" },
      subject: await participant(alice),
      before: { status: "approved" },
      after: { status: "denied" },
    }),
    "participant.pending": async () => ({
      method: "PATCH",
      path: `/api/participants/${await participant(alice)}/`,
      json: { status: "pending" },
      subject: await participant(alice),
      before: { status: "denied" },
      after: { status: "pending" },
    }),
    "participant.unknown": async () => ({
      method: "PATCH",
      path: `/api/participants/${await participant(alice)}/`,
      json: { status: "unknown" },
      subject: await participant(alice),
      before: { status: "pending" },
      after: { status: "unknown" },
    }),
    "participant.approved": async () => ({
      method: "PATCH",
      path: `/api/participants/${await participant(alice)}/`,
      json: { status: "approved" },
      subject: await participant(alice),
      before: { status: "unknown" },
      after: { status: "approved" },
    }),
    "participant.left": async () => {
      const person = await lab.newPerson();
      await register(competition, person);
      return {
        method: "DELETE",
        path: `/api/competitions/${competition.id}/register/`,
        who: person,
        subject: await participant(person),
        before: { status: "approved" },
        after: { status: "left" },
      };
    },
    "phase.changed": async () => ({
      method: "PATCH",
      path: `/api/phases/${phaseOf(competition)}/`,
      json: { max_submissions_per_day: 7 },
      subject: phaseOf(competition),
      before: { max_submissions_per_day: null },
      after: { max_submissions_per_day: 7 },
    }),
    "leaderboard.changed": async () => {
      const { leaderboards } = await expect<{ leaderboards: { id: number }[] }>(
        200,
        lab.organizer,
        "GET",
        `/api/competitions/${competition.id}/`,
      );
      return {
        ...edited({ leaderboards: [{ id: leaderboards[0]!.id, hidden: true }] }),
        subject: leaderboards[0]!.id,
        before: { hidden: false },
        after: { hidden: true },
      };
    },
    "task.data_replaced": async () => {
      const task = competition.phases[0]!.tasks[0]!.id;
      const { scoring_program } = await expect<{ scoring_program: { key: string } }>(
        200,
        lab.organizer,
        "GET",
        `/api/tasks/${task}/`,
      );
      const key = await upload(lab.organizer, "scoring_program", await programZip());
      return {
        method: "PATCH",
        path: `/api/tasks/${task}/`,
        json: { scoring_program: key },
        subject: task,
        before: { scoring_program: scoring_program.key },
        after: { scoring_program: key },
      };
    },
    "queue.changed": async () => {
      const { id } = await expect<{ id: string }>(201, lab.organizer, "POST", "/api/queues/", {
        json: { name: "a queue" },
      });
      await expect(200, lab.organizer, "PATCH", `/api/competitions/${competition.id}/`, { json: { queue: id } });
      return {
        method: "PATCH",
        path: `/api/queues/${id}/`,
        json: { max_running: 2 },
        subject: id,
        before: { max_running: null },
        after: { max_running: 2 },
      };
    },
    "submission.started": async () => {
      await expect(200, lab.organizer, "PATCH", `/api/competitions/${competition.id}/`, {
        json: { auto_run_submissions: false, queue: null },
      });
      const id = await submit(alice, phaseOf(competition), Buffer.from("x"));
      return {
        method: "POST",
        path: `/api/submissions/${id}/run_submission/`,
        subject: id,
        before: { status: "Submitting" },
        after: { status: "Submitted" },
      };
    },
    "submission.cancelled": async () => {
      await expect(200, lab.organizer, "PATCH", `/api/competitions/${competition.id}/`, {
        json: { auto_run_submissions: true, phases: [{ id: phaseOf(competition), max_submissions_per_day: null }] },
      });
      await lab.runAll({ scores: { accuracy: 1 } });
      const id = await submit(alice, phaseOf(competition), Buffer.from("x"));
      return {
        method: "GET",
        path: `/api/submissions/${id}/cancel_submission/`,
        who: alice,
        subject: id,
        before: { status: "Submitted" },
        after: { status: "Cancelled" },
      };
    },
    "submission.ranked": async () => {
      const id = await finished();
      return {
        method: "POST",
        path: `/api/submissions/${id}/submission_leaderboard_connection/`,
        who: alice,
        subject: id,
        before: { on_leaderboard: false },
        after: { on_leaderboard: true },
      };
    },
    "submission.unranked": async () => {
      const id = await finished();
      await expect(200, alice, "POST", `/api/submissions/${id}/submission_leaderboard_connection/`);
      return {
        method: "DELETE",
        path: `/api/submissions/${id}/submission_leaderboard_connection/`,
        subject: id,
        before: { on_leaderboard: true },
        after: { on_leaderboard: false },
      };
    },
    "submission.kept_off": async () => {
      const id = await finished();
      return {
        method: "DELETE",
        path: `/api/submissions/${id}/submission_leaderboard_connection/`,
        subject: id,
        before: { kept_off_leaderboard: false },
        after: { kept_off_leaderboard: true },
      };
    },
    "submission.let_back": async () => {
      const id = await finished();
      await expect(200, lab.organizer, "DELETE", `/api/submissions/${id}/submission_leaderboard_connection/`);
      return {
        method: "POST",
        path: `/api/submissions/${id}/submission_leaderboard_connection/`,
        subject: id,
        before: { kept_off_leaderboard: true },
        after: { kept_off_leaderboard: false },
      };
    },
    "submission.published": async () => {
      const id = await finished();
      return {
        method: "GET",
        path: `/api/submissions/${id}/toggle_public/`,
        who: alice,
        subject: id,
        before: { is_public: false },
        after: { is_public: true },
      };
    },
    "submission.unpublished": async () => {
      const id = await finished();
      await expect(200, alice, "GET", `/api/submissions/${id}/toggle_public/`);
      return {
        method: "GET",
        path: `/api/submissions/${id}/toggle_public/`,
        subject: id,
        before: { is_public: true },
        after: { is_public: false },
      };
    },
    "submission.fact_sheet_changed": async () => {
      const id = await finished();
      return {
        method: "PATCH",
        path: `/api/submissions/${id}/update_fact_sheet/`,
        json: { method: "trees" },
        who: alice,
        subject: id,
        before: { fact_sheet_answers: null },
        after: { fact_sheet_answers: { method: "trees" } },
      };
    },
    "submission.soft_deleted": async () => {
      const id = await finished();
      return {
        method: "DELETE",
        path: `/api/submissions/${id}/soft_delete/`,
        who: alice,
        subject: id,
        before: { is_soft_deleted: false },
        after: { is_soft_deleted: true },
      };
    },
    "submission.deleted": async () => {
      const id = await finished();
      const before = {
        phase: phaseOf(competition),
        owner: ids.get(alice.username),
        status: "Finished",
        on_leaderboard: false,
        scores: [{ column_key: "accuracy", score: "0.5000000000" }],
      };
      return { method: "DELETE", path: `/api/submissions/${id}/`, subject: id, before, after: null };
    },
    "score.edited": async () => {
      const id = await finished();
      const [score] = (await shownTo(lab.organizer, id)).scores;
      return {
        method: "PATCH",
        path: `/api/submission_scores/${score!.id}/`,
        json: { score: 0.75 },
        subject: id,
        before: { column_key: "accuracy", score: "0.5000000000" },
        after: { column_key: "accuracy", score: "0.7500000000" },
      };
    },
  };

  for (const [kind, prepare] of Object.entries(changes))
    it(`${kind}: who, what it was and is, and why, in the transaction of the change, and nothing of one that failed (A-96)`, async () => {
      await assertAudited(
        lab,
        { kind, path: pathOf(competition), reader: lab.organizer, stranger: eve },
        await prepare(),
      );
    });

  it("phases that are added and removed, reruns and migrations by hand name what came of them (A-96)", async () => {
    const { phases } = double;
    const path = `/api/competitions/${double.id}/`;
    const { key } = await expect<{ key: string }>(
      200,
      lab.organizer,
      "GET",
      `/api/tasks/${double.phases[0]!.tasks[0]!.id}/`,
    );
    const later = { name: "Later", start: inDays(9), tasks: [key] };
    const changed = await expect<Competition>(200, lab.organizer, "PATCH", path, {
      json: {
        phases: [...phases.map(({ id }) => ({ id })), later].map((p, i, all) =>
          i === all.length - 2 ? { ...p, end: inDays(8) } : p,
        ),
      },
    });
    const added = changed.phases[2]!.id;
    const event = (await newest(double, "phase.added"))!;
    assert.deepEqual(
      [event.subject.id, event.before, event.after!["name"], event.after!["tasks"]],
      [String(added), null, "Later", [double.phases[0]!.tasks[0]!.id]],
    );
    await expect(204, lab.organizer, "DELETE", `/api/phases/${added}/`);
    const removed = (await newest(double, "phase.removed"))!;
    assert.deepEqual([removed.subject.id, removed.before, removed.after], [String(added), event.after, null]);

    const id = await lab.submitted(alice, phaseOf(double), { scores: { accuracy: 0.5 } });
    const { id: again } = await expect<{ id: number }>(
      200,
      lab.organizer,
      "POST",
      `/api/submissions/${id}/re_run_submission/`,
    );
    const rerun = (await newest(double, "submission.rerun"))!;
    assert.deepEqual(
      [rerun.subject.id, rerun.before, rerun.after],
      [String(id), null, { submission: again, task: null }],
    );

    await lab.runAll({ scores: { accuracy: 0.5 } });
    await expect(200, lab.organizer, "POST", `/api/phases/${phaseOf(double)}/manually_migrate/`);
    const migrated = (await newest(double, "phase.migrated"))!;
    const [copy] = await expect<{ id: number }[]>(
      200,
      lab.organizer,
      "GET",
      `/api/submissions/?phase=${phaseOf(double, 1)}`,
    );
    const parent = (await shownTo(lab.organizer, copy!.id)).parent ?? copy!.id;
    assert.deepEqual(
      [migrated.subject.id, migrated.after],
      [String(phaseOf(double, 1)), { from: phaseOf(double), copies: [{ of: again, id: parent }] }],
    );
    assert.equal(migrated.actor?.username, lab.organizer.username);
    await lab.runAll({ scores: { accuracy: 1 } });
  });

  it("what the platform does by its rules has no actor: ranks that follow a run, migrations that are due (A-96)", async () => {
    const phases = [
      phase({ end: inDays(1) }),
      phase({ index: 1, name: "Next", start: inDays(2), auto_migrate_to_this_phase: true }),
    ];
    const own = await lab.competition({ phases }, alice);
    const first = await lab.submitted(alice, phaseOf(own), { scores: { accuracy: 0.5, duration: 1 } });
    const second = await lab.submitted(alice, phaseOf(own), { scores: { accuracy: 0.25, duration: 1 } });
    const ranks = (await trail(own, "subject=submission")).results.map(({ kind, subject, actor }) => [
      kind,
      subject.id,
      actor,
    ]);
    assert.deepEqual(ranks, [
      ["submission.ranked", String(second), null],
      ["submission.unranked", String(first), null],
      ["submission.ranked", String(first), null],
    ]);

    await lab.inside.db
      .updateTable("phases")
      .set({ ends_at: inDays(-0.5) })
      .where("id", "=", phaseOf(own))
      .execute();
    await lab.inside.db
      .updateTable("phases")
      .set({ starts_at: inDays(-0.25) })
      .where("id", "=", phaseOf(own, 1))
      .execute();
    await migrateDuePhases(lab.inside);
    const migrated = (await newest(own, "phase.migrated"))!;
    assert.deepEqual([migrated.actor, migrated.after!["from"]], [null, phaseOf(own)]);
    await lab.runAll({ scores: { accuracy: 1, duration: 1 } });
  });

  it("begins with who made it and who came, and outlives the competition for superusers (A-97)", async () => {
    const own = await lab.competition({}, alice);
    const story = (await trail(own)).results.reverse();
    assert.deepEqual(
      story.map(({ kind }) => kind),
      ["competition.created", "competition.published", "participant.registered"],
    );
    assert.deepEqual(
      story.map(({ actor }) => actor?.username),
      [lab.organizer.username, lab.organizer.username, alice.username],
    );
    assert.deepEqual(story[2]!.after, { status: "approved" });
    await expect(204, lab.organizer, "DELETE", `/api/competitions/${own.id}/`);
    assertRefused(await lab.organizer.send("GET", `/api/competitions/${own.id}/audit/`), 404, "NO_SUCH_COMPETITION");
    const last = (await trail(own, "page_size=1", lab.admin)).results[0]!;
    assert.deepEqual([last.kind, last.after], ["competition.deleted", null]);
  });

  it("is its organizers' and superusers', comes in pages, newest first, and can be narrowed down (A-97)", async () => {
    for (const who of [alice, eve])
      assertRefused(await who.send("GET", `/api/competitions/${competition.id}/audit/`), 403, "NOT_ALLOWED");
    const all = (await trail(competition, "page_size=1000", lab.admin)).results;
    assert.deepEqual(
      all.map(({ id }) => id),
      all.map(({ id }) => id).sort((a, b) => b - a),
    );
    const { results, count, next } = await trail(competition, "page_size=3&page=2");
    assert.deepEqual([results, count, next !== null], [all.slice(3, 6), all.length, true]);
    assert.deepEqual((await trail(competition, `page_size=2&before=${all[4]!.id}`)).results, all.slice(5, 7));

    const aliceId = ids.get(alice.username)!;
    const { results: hers } = await trail(competition, `actor=${aliceId}&subject=submission`);
    assert.deepEqual(
      hers,
      all.filter(({ actor, subject }) => actor?.id === aliceId && subject.kind === "submission"),
    );
    assert.ok(hers.length > 0);
    const { subject } = hers[0]!;
    assert.deepEqual(
      (await trail(competition, `subject=submission&subject_id=${subject.id}`)).results,
      all.filter((e) => e.subject.kind === "submission" && e.subject.id === subject.id),
    );
    assertRefused(
      await lab.organizer.send("GET", `/api/competitions/${competition.id}/audit/?kind=nothing`),
      400,
      "INVALID",
    );
  });

  it("is a table with format=csv, and holds no secret (A-97)", async () => {
    const { text, headers } = await lab.organizer.send("GET", `/api/competitions/${competition.id}/audit.csv`);
    assert.match(headers.get("content-type")!, /^text\/csv/);
    const [header, ...rows] = text.trimEnd().split("\r\n");
    assert.equal(header, "id,created_when,actor,kind,subject,subject_id,before,after,reason,impersonated_by");
    assert.equal(rows.length, (await trail(competition)).count);
    const { secret_key } = await expect<{ secret_key: string }>(
      200,
      lab.organizer,
      "GET",
      `/api/competitions/${competition.id}/`,
    );
    assert.ok(!text.includes(secret_key));
  });

  it("refuses a reason that is too long, or that no text can hold, and changes nothing for it", async () => {
    const change = { ...edited({ reward: "none" }), subject: 0, before: null, after: null };
    for (const reason of ["x".repeat(1001), "\u0000"])
      assert.equal((await asked(lab, change, lab.organizer, reason)).status, 400);
    assert.notEqual((await newest(competition, "competition.changed"))?.after?.["reward"], "none");
  });
});
