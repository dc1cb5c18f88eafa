import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Competition } from "../../../client/api-client.ts";
import { phase, submit } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { boardWithRule, expect, openLabWithPeople, phaseOf, shownTo, twoTasks, type Lab } from "../support/lab.ts";

describe("a leaderboard that the platform fills", () => {
  let lab: Lab;
  let alice: Person;
  let bob: Person;
  beforeAll(async () => {
    ({ lab, alice, bob } = await openLabWithPeople());
  });
  afterAll(() => lab.close());

  const scored = (who: Person, competition: Competition, accuracy: number, more: Record<string, number> = {}) =>
    lab.submitted(who, phaseOf(competition), { scores: { accuracy, ...more } });
  const rows = async (competition: Competition, at = 0) =>
    (
      await expect<{ submissions: { id: number }[] }>(
        200,
        lab.organizer,
        "GET",
        `/api/phases/${phaseOf(competition, at)}/get_leaderboard/`,
      )
    ).submissions.map(({ id }) => id);
  const edit = (competition: Competition, changes: Record<string, unknown>) =>
    expect(200, lab.organizer, "PATCH", `/api/competitions/${competition.id}/`, { json: changes });
  const connection = (id: number) => `/api/submissions/${id}/submission_leaderboard_connection/`;

  it("shows another submission of the owner when the leading one is deleted (L-28)", async () => {
    for (const [rule, next] of [
      ["Force_Best", "second"],
      ["Force_Last", "third"],
    ] as const) {
      const competition = await lab.competition(boardWithRule(rule), alice, bob);
      const other = await scored(bob, competition, 0.3);
      const ids = {
        second: await scored(alice, competition, 0.5),
        best: await scored(alice, competition, 0.9),
        third: await scored(alice, competition, 0.4),
      };
      const last = await scored(alice, competition, 0.1);
      const leading = rule === "Force_Best" ? ids.best : last;
      assert.ok((await rows(competition)).includes(leading));
      await expect(204, lab.organizer, "DELETE", `/api/submissions/${leading}/`);
      assert.deepEqual(await rows(competition), [ids[next], other]);
    }
  });

  it("replaces a score by that of its rerun, as a whole and in its place in time (L-28)", async () => {
    const competition = await lab.competition({ ...twoTasks, ...boardWithRule("Force_Best") }, alice);
    const wrong = await scored(alice, competition, 0.9);
    const other = await scored(alice, competition, 0.5);
    const { id: rerun } = await expect<{ id: number }>(
      200,
      lab.organizer,
      "POST",
      `/api/submissions/${wrong}/re_run_submission/`,
    );
    assert.deepEqual(await rows(competition), [wrong], "while it runs, the old score remains");
    await lab.runAll({ scores: { accuracy: 0.25 } });
    assert.deepEqual(await rows(competition), [other]);
    await edit(competition, { leaderboards: [{ submission_rule: "Force_Last" }] });
    assert.deepEqual(await rows(competition), [other], "the rerun was submitted earlier");
    await edit(competition, { leaderboards: [{ submission_rule: "Force_Latest_Multiple" }] });
    assert.deepEqual(await rows(competition), [other, rerun]);
  });

  it("lets only organizers undo a rerun, which brings the original back (L-45)", async () => {
    const competition = await lab.competition({ ...twoTasks, ...boardWithRule("Force_Best") }, alice);
    const original = await scored(alice, competition, 0.9);
    const again = async () =>
      (await expect<{ id: number }>(200, lab.organizer, "POST", `/api/submissions/${original}/re_run_submission/`)).id;
    const rerun = await again();
    const [child] = (await shownTo(alice, rerun)).children;
    for (const id of [rerun, child])
      assertRefused(await alice.send("GET", `/api/submissions/${id}/cancel_submission/`), 403, "RERUN_BY_ORGANIZERS");
    await lab.runAll({ scores: { accuracy: 0.25 } });
    const other = await scored(alice, competition, 0.5);
    assertRefused(await alice.send("DELETE", `/api/submissions/${rerun}/`), 403, "RERUN_BY_ORGANIZERS");
    await expect(200, alice, "DELETE", `/api/submissions/${rerun}/soft_delete/`);
    assert.deepEqual(await rows(competition), [other]);
    await expect(204, lab.organizer, "DELETE", `/api/submissions/${rerun}/`);
    assert.deepEqual(await rows(competition), [original]);
  });

  it("shows what was submitted last, whatever ends last (L-20)", async () => {
    const competition = await lab.competition(boardWithRule("Force_Last"), alice);
    const first = await submit(alice, phaseOf(competition), Buffer.from("1"));
    const second = await submit(alice, phaseOf(competition), Buffer.from("2"));
    const [one, two] = [await lab.claim(), await lab.claim()];
    await lab.finish(two!, { scores: { accuracy: 0.5 } });
    assert.deepEqual(await rows(competition), [second]);
    await lab.finish(one!, { scores: { accuracy: 0.75 } });
    assert.deepEqual(await rows(competition), [second]);
    assert.equal((await shownTo(alice, first)).on_leaderboard, false);
  });

  it("follows its rule, its sorting, its primary column and its computed columns (L-29)", async () => {
    const time = { title: "Time", key: "time", index: 1, sorting: "asc" };
    const competition = await lab.competition({ ...twoTasks, ...boardWithRule("Force_Last", [time]) }, alice);
    const fast = await scored(alice, competition, 0.5, { time: 1 });
    const good = await scored(alice, competition, 0.9, { time: 7 });
    const last = await scored(alice, competition, 0.1, { time: 5 });
    const seen: number[][] = [await rows(competition)];
    const board = async (changes: Record<string, unknown>) => {
      await edit(competition, { leaderboards: [changes] });
      seen.push(await rows(competition));
    };
    await board({ submission_rule: "Force_Best" });
    await board({ primary_index: 1 });
    const { leaderboards } = await expect<{ leaderboards: { columns: { id: number; index: number }[] }[] }>(
      200,
      lab.organizer,
      "GET",
      `/api/competitions/${competition.id}/`,
    );
    const [accuracy, duration] = leaderboards[0]!.columns as { id: number }[] as [{ id: number }, { id: number }];
    await board({ columns: [{ id: accuracy.id }, { id: duration.id, sorting: "desc" }] });
    assert.deepEqual(seen, [[last], [good], [fast], [good]]);

    const sum = { title: "Sum", key: "sum", index: 2, computation: "min", computation_indexes: [0] };
    const kept = [{ id: accuracy.id }, { id: duration.id }];
    await board({ columns: [...kept, { ...sum, sorting: "asc" }], primary_index: 2 });
    assert.deepEqual(seen.at(-1), [last]);
    const computed = async (id: number) =>
      (await shownTo(alice, id)).scores.flatMap(({ column_key, score }) => (column_key === "sum" ? [score] : []));
    const { children } = await shownTo(alice, good);
    assert.deepEqual(await computed(good), ["0.9000000000"]);
    assert.deepEqual(await computed(children[0]!), ["0.9000000000"]);
    await board({ columns: kept, primary_index: 0 });
    assert.deepEqual([await computed(good), seen.at(-1)], [[], [good]]);
  });

  it("loses the rows of a participant who is denied, and has them again after an approval (L-27)", async () => {
    for (const rule of ["Force_Best", "Add"]) {
      const competition = await lab.competition(boardWithRule(rule), alice, bob);
      const ids = [await scored(alice, competition, 0.9), await scored(bob, competition, 0.5)];
      if (rule === "Add")
        for (const [at, who] of [alice, bob].entries()) await expect(200, who, "POST", connection(ids[at]!));
      assert.deepEqual(await rows(competition), ids);
      const [participant] = await expect<[{ id: number }]>(
        200,
        lab.organizer,
        "GET",
        `/api/participants/?competition=${competition.id}&user__username=${alice.username}`,
      );
      const decide = (status: string) =>
        expect(200, lab.organizer, "PATCH", `/api/participants/${participant.id}/`, { json: { status } });
      await decide("denied");
      assert.deepEqual(await rows(competition), ids.slice(1));
      if (rule === "Add") assertRefused(await alice.send("POST", connection(ids[0]!)), 403, "NOT_APPROVED");
      await decide("approved");
      if (rule === "Add") await expect(200, alice, "POST", connection(ids[0]!));
      assert.deepEqual(await rows(competition), ids);
    }
  });

  it("keeps off what an organizer takes off, as evidence, until they put it back (L-26)", async () => {
    const competition = await lab.competition(boardWithRule("Force_Best"), alice);
    const honest = await scored(alice, competition, 0.5);
    const cheat = await scored(alice, competition, 0.9);
    await expect(200, lab.organizer, "DELETE", connection(cheat));
    assert.deepEqual(await rows(competition), [honest]);
    assertRefused(await alice.send("DELETE", `/api/submissions/${cheat}/soft_delete/`), 403, "KEPT_OFF_LEADERBOARD");
    assertRefused(await alice.send("DELETE", `/api/submissions/${cheat}/`), 403, "KEPT_OFF_LEADERBOARD");
    await expect(200, lab.organizer, "POST", `/api/submissions/${cheat}/re_run_submission/`);
    await lab.runAll({ scores: { accuracy: 0.95 } });
    await scored(alice, competition, 0.1);
    await edit(competition, { leaderboards: [{ submission_rule: "Force_Latest_Multiple" }] });
    await edit(competition, { leaderboards: [{ submission_rule: "Force_Best" }] });
    assert.deepEqual(await rows(competition), [honest]);
    const { kept_off_leaderboard } = await expect(200, alice, "GET", `/api/submissions/${cheat}/`);
    assert.equal(kept_off_leaderboard, true);
    await expect(200, lab.organizer, "POST", connection(cheat));
    assert.notDeepEqual(await rows(competition), [honest]);
  });

  it("is right after changes that happen at the same time (L-29)", async () => {
    const time = { title: "Time", key: "time", index: 1 };
    const sum = { title: "Sum", key: "sum", index: 2, computation: "sum", computation_indexes: [0, 1] };
    for (let round = 0; round < 3; round++) {
      const competition = await lab.competition({ ...twoTasks, ...boardWithRule("Force_Last", [time]) }, alice, bob);
      const old = await scored(alice, competition, 0.9, { time: 0.9 });
      for (let at = 0; at < 3; at++)
        for (const who of [alice, bob]) await submit(who, phaseOf(competition), Buffer.from(`${at}`));
      const manifests = [];
      for (let manifest = await lab.claim(); manifest; manifest = await lab.claim()) manifests.push(manifest);
      const columns = (
        await expect<{ leaderboards: [{ columns: { id: number }[] }] }>(
          200,
          lab.organizer,
          "GET",
          `/api/competitions/${competition.id}/`,
        )
      ).leaderboards[0].columns.map(({ id }) => ({ id }));
      await Promise.all([
        ...manifests.map((manifest, at) =>
          lab.finish(manifest, { scores: { accuracy: (at % 5) / 10, time: (at % 3) / 10 } }),
        ),
        edit(competition, {
          leaderboards: [{ submission_rule: "Force_Best", primary_index: 2, columns: [...columns, sum] }],
        }),
        expect(204, lab.organizer, "DELETE", `/api/submissions/${old}/`),
      ]);
      const found = await rows(competition);
      const shownSums = await lab.inside.db
        .selectFrom("submissions as s")
        .innerJoin("submission_scores as sc", "sc.submission_id", "s.id")
        .innerJoin("leaderboard_columns as lc", "lc.id", "sc.column_id")
        .select(["s.id", "s.owner_id", "sc.score"])
        .where("s.phase_id", "=", phaseOf(competition))
        .where("s.parent_id", "is", null)
        .where("lc.key", "=", "sum")
        .execute();
      assert.equal(shownSums.length, 6, "every submission has its computed score");
      const best = [...Map.groupBy(shownSums, ({ owner_id }) => owner_id).values()].map((own) =>
        Math.max(...own.map(({ score }) => Number(score))),
      );
      assert.deepEqual(found.map((id) => Number(shownSums.find((one) => one.id === id)?.score)).sort(), best.sort());
    }
  });

  it("keeps the order of submissions in the phase to which they migrate (L-20)", async () => {
    const day = 86_400_000;
    const at = (days: number) => new Date(Date.now() + days * day).toISOString();
    const competition = await lab.competition(
      {
        phases: [phase({ start: at(-2), end: at(1) }), phase({ name: "Final", index: 1, start: at(2) })],
        ...boardWithRule("Force_Latest_Multiple"),
      },
      alice,
    );
    await scored(alice, competition, 0.1);
    await scored(alice, competition, 0.2);
    await expect(200, lab.organizer, "POST", `/api/phases/${phaseOf(competition)}/manually_migrate/`);
    await edit(competition, { leaderboards: [{ submission_rule: "Force_Last" }] });
    const [one, two] = [await lab.claim(), await lab.claim()];
    await lab.finish(two!, { scores: { accuracy: 0.2 } });
    await lab.finish(one!, { scores: { accuracy: 0.1 } });
    const { rows: copies } = await lab.inside.db
      .selectFrom("submissions")
      .select("id")
      .where("phase_id", "=", phaseOf(competition, 1))
      .orderBy("id", "desc")
      .execute()
      .then((found) => ({ rows: found.map(({ id }) => id) }));
    assert.deepEqual(await rows(competition, 1), copies.slice(0, 1));
  });
});
