import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sql } from "kysely";
import { migrateDuePhases } from "../../../lambdas/competitions/service/migrate.ts";
import type { Competition } from "../../../client/api-client.ts";
import { inDays, phase, submit } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { boardWithRule, expect, openLabWithPeople, twoTasks, type Lab, type ShownSubmission } from "../support/lab.ts";

describe("auto_migrate_to_this_phase (R-6)", () => {
  let lab: Lab;
  let alice: Person;
  let bob: Person;
  beforeAll(async () => {
    ({ lab, alice, bob } = await openLabWithPeople());
  });
  afterAll(() => lab.close());

  const twoPhases = (settings: Record<string, unknown> = {}) =>
    lab.competition(
      {
        tasks: twoTasks.tasks,
        phases: [
          phase({ tasks: [0, 1], end: inDays(1) }),
          phase({
            index: 1,
            name: "Next",
            start: inDays(2),
            tasks: [0, 1],
            max_submissions: 1,
            auto_migrate_to_this_phase: true,
          }),
        ],
        ...boardWithRule("Force_Best"),
        ...settings,
      },
      alice,
      bob,
    );
  /** Starts the second phase. */
  const begin = async ({ phases }: Competition) => {
    const { db } = lab.inside;
    await db
      .updateTable("phases")
      .set({ ends_at: inDays(-0.5) })
      .where("id", "=", phases[0]!.id)
      .execute();
    await db
      .updateTable("phases")
      .set({ starts_at: inDays(0) })
      .where("id", "=", phases[1]!.id)
      .execute();
  };
  /** Moves everything two hours into the past. */
  const twoHoursPass = async ({ phases: [first, second] }: Competition) => {
    const { db } = lab.inside;
    const earlier = (column: string) => sql<Date>`${sql.ref(column)} - interval '2 hours'`;
    await db
      .updateTable("submissions")
      .set({ created_when: earlier("created_when") })
      .where("phase_id", "=", first!.id)
      .execute();
    await db
      .updateTable("phases")
      .set({ starts_at: earlier("starts_at") })
      .where("id", "=", second!.id)
      .execute();
  };
  const copies = async ({ phases }: Competition) =>
    (await expect<ShownSubmission[]>(200, lab.organizer, "GET", `/api/submissions/?phase=${phases[1]!.id}`)).filter(
      ({ parent }) => parent === null,
    );

  it("copies leaderboard entries when the phase has started and nothing of the previous one runs", async () => {
    const competition = await twoPhases();
    const [first] = competition.phases;
    await lab.submitted(alice, first!.id, { scores: { accuracy: 0.5 } });
    await lab.submitted(alice, first!.id, { scores: { accuracy: 0.25 } });
    await migrateDuePhases(lab.inside);
    assert.deepEqual(await copies(competition), [], "the phase has not started");

    const running = await submit(bob, first!.id, Buffer.from("x"));
    const claimed = await lab.claim();
    assert.ok(claimed);
    await begin(competition);
    await migrateDuePhases(lab.inside);
    assert.deepEqual(await copies(competition), [], "something runs");

    await lab.finish(claimed, { scores: { accuracy: 0.75 } });
    await lab.runAll(({ submission }) => ({ scores: { accuracy: submission > running ? 0.75 : 0 } }));
    await migrateDuePhases(lab.inside);
    const made = await copies(competition);
    assert.deepEqual(
      made.map(({ owner, children, status }) => [owner, children.length, status]),
      [
        [bob.username, 2, "Submitted"],
        [alice.username, 2, "Submitted"],
      ],
    );

    await lab.runAll({ scores: { accuracy: 1 } });
    await migrateDuePhases(lab.inside);
    assert.equal((await copies(competition)).length, 2, "it happens once");
  });

  it("ignores entries made after the migration, and migrates again if the start of the phase is moved", async () => {
    const competition = await twoPhases();
    const [first, second] = competition.phases;
    await begin(competition);
    await migrateDuePhases(lab.inside);
    // Organizers may submit to a phase that has ended.
    await lab.submitted(lab.organizer, first!.id, { scores: { accuracy: 0.5 } });
    await migrateDuePhases(lab.inside);
    assert.deepEqual(await copies(competition), []);

    // Simulates a phase that had started before its start was moved to the present one.
    await lab.inside.db
      .updateTable("phases")
      .set({ migrated_when: inDays(-1) })
      .where("id", "=", second!.id)
      .execute();
    await migrateDuePhases(lab.inside);
    assert.equal((await copies(competition)).length, 1);
    await lab.runAll({ scores: { accuracy: 1 } });
  });

  it("does not wait for queued jobs, or longer than an hour for running ones; later results follow (R-6)", async () => {
    const [waiting, running] = [await twoPhases(), await twoPhases()];
    for (const competition of [waiting, running])
      await lab.submitted(alice, competition.phases[0]!.id, { scores: { accuracy: 0.5 } });
    const stuck = await submit(bob, running.phases[0]!.id, Buffer.from("x"));
    const claimed = [await lab.claim(), await lab.claim()].filter((manifest) => manifest !== null);
    assert.equal(claimed.length, 2);
    await submit(bob, waiting.phases[0]!.id, Buffer.from("x"));
    const owners = async (competition: Competition) => (await copies(competition)).map(({ owner }) => owner).sort();
    const [justHer, both] = [[alice.username], [alice.username, bob.username].sort()];

    for (const competition of [waiting, running]) await begin(competition);
    await migrateDuePhases(lab.inside);
    assert.deepEqual([await owners(waiting), await owners(running)], [justHer, []]);
    await twoHoursPass(running);
    await migrateDuePhases(lab.inside);
    await migrateDuePhases(lab.inside);
    assert.deepEqual([await owners(waiting), await owners(running)], [justHer, justHer]);
    assert.equal((await expect<ShownSubmission>(200, bob, "GET", `/api/submissions/${stuck}/`)).status, "Running");

    for (const manifest of claimed) await lab.finish(manifest, { scores: { accuracy: 1 } });
    await lab.runAll({ scores: { accuracy: 1 } });
    for (let minute = 0; minute < 2; minute++) await migrateDuePhases(lab.inside);
    assert.deepEqual([await owners(waiting), await owners(running)], [both, both]);
    await lab.runAll({ scores: { accuracy: 1 } });

    // From now on there are no more submissions.
    await lab.submitted(lab.organizer, running.phases[0]!.id, { scores: { accuracy: 1 } });
    await migrateDuePhases(lab.inside);
    assert.deepEqual(await owners(running), both);
  });

  it("does not wait for submissions that an organizer never started", async () => {
    const competition = await twoPhases({ auto_run_submissions: false });
    const [first] = competition.phases;
    const ran = await submit(alice, first!.id, Buffer.from("x"));
    await expect(200, lab.organizer, "POST", `/api/submissions/${ran}/run_submission/`);
    await lab.runAll({ scores: { accuracy: 0.5 } });
    await submit(bob, first!.id, Buffer.from("x"));
    await begin(competition);
    await migrateDuePhases(lab.inside);
    assert.deepEqual(
      (await copies(competition)).map(({ owner }) => owner),
      [alice.username],
    );
    await lab.runAll({ scores: { accuracy: 1 } });
  });

  it("does not wait for running submissions if started by hand, and copies parents as wholes (R-6)", async () => {
    const competition = await twoPhases();
    const [first] = competition.phases;
    await lab.submitted(alice, first!.id, { scores: { accuracy: 0.5 } });
    const stuck = await submit(bob, first!.id, Buffer.from("x"));
    const claimed = await lab.claim();
    assert.ok(claimed);
    await expect(200, lab.organizer, "POST", `/api/phases/${first!.id}/manually_migrate/`);
    const made = await copies(competition);
    assert.deepEqual(
      made.map(({ owner, children }) => [owner, children.length]),
      [[alice.username, 2]],
    );
    const running = await expect<ShownSubmission>(200, bob, "GET", `/api/submissions/${stuck}/`);
    assert.deepEqual([running.status], ["Running"]);
    await lab.finish(claimed, { scores: { accuracy: 1 } });
    await lab.runAll({ scores: { accuracy: 1 } });
  });

  it("does not delay other phases if one cannot be migrated to", async () => {
    const [bad, good] = [await twoPhases(), await twoPhases()];
    for (const { phases } of [bad, good]) await lab.submitted(alice, phases[0]!.id, { scores: { accuracy: 0.5 } });
    await lab.inside.db.deleteFrom("phase_tasks").where("phase_id", "=", bad.phases[1]!.id).execute();
    for (const competition of [bad, good]) await begin(competition);
    await migrateDuePhases(lab.inside);
    assert.deepEqual([(await copies(bad)).length, (await copies(good)).length], [0, 1]);
    await lab.runAll({ scores: { accuracy: 1 } });
  });

  it("manually_migrate copies leaderboard entries to the next phase once, with parents as wholes (A-44)", async () => {
    const competition: Competition = await lab.competition(
      {
        tasks: twoTasks.tasks,
        phases: [
          phase({ tasks: [0, 1], end: inDays(1) }),
          phase({ index: 1, name: "Next", start: inDays(2), tasks: [0, 1], max_submissions: 1 }),
        ],
        ...boardWithRule("Add_And_Delete"),
      },
      alice,
    );
    const [from, to] = [competition.phases[0]!, competition.phases[1]!];
    const on = await lab.submitted(alice, from.id, { scores: { accuracy: 1 } });
    await lab.submitted(alice, from.id, { scores: { accuracy: 2 } });
    await expect(200, alice, "POST", `/api/submissions/${on}/submission_leaderboard_connection/`);
    const migrate = () => lab.organizer.send("POST", `/api/phases/${from.id}/manually_migrate/`);
    assertRefused(await alice.send("POST", `/api/phases/${from.id}/manually_migrate/`), 403, "NOT_ALLOWED");
    for (const count of [1, 0]) assert.deepEqual((await migrate()).body, { count });
    const copies = (await expect<ShownSubmission[]>(200, alice, "GET", `/api/submissions/?phase=${to.id}`)).filter(
      ({ parent }) => parent === null,
    );
    assert.equal(copies.length, 1);
    assert.equal(copies[0]!.children.length, 2);
    await lab.runAll({ scores: { accuracy: 1 } });
    assertRefused(await lab.organizer.send("POST", `/api/phases/${to.id}/manually_migrate/`), 400, "NO_NEXT_PHASE");
  });
});
