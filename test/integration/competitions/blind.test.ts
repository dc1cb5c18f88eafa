import assert from "node:assert/strict";
import { afterAll, beforeAll, it } from "@jest/globals";
import { findCompetitionDetail } from "../../../lambdas/competitions/db/competitions.ts";
import { inDays, phase } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { boardWithRule, expect, listedTo, openLab, phaseOf, shownTo, type Lab } from "../support/lab.ts";

let lab: Lab;
let alice: Person;
let bob: Person;
beforeAll(async () => {
  lab = await openLab();
  [alice, bob] = [await lab.newPerson(), await lab.newPerson()];
});
afterAll(() => lab.close());

it("only organizers see the results of a blind phase until they unblind it, which the audit trail records; other phases are open (A-103)", async () => {
  const phases = [phase({ end: inDays(1) }), phase({ index: 1, name: "Other", start: inDays(2) })];
  const columns = boardWithRule("Force_Best", [{ title: "Half", key: "half", index: 1 }]);
  const competition = await lab.competition({ phases, ...columns, enable_detailed_results: true }, alice, bob);
  // Phases of a bundle cannot overlap, so the test makes both current.
  await lab.inside.db
    .updateTable("phases")
    .set({ starts_at: inDays(-1) })
    .where("id", "=", phaseOf(competition, 1))
    .execute();
  const path = `/api/phases/${phaseOf(competition)}/blind/`;
  const turn = (blind: boolean) => expect(200, lab.organizer, "PUT", path, { json: { blind } });
  assertRefused(await alice.send("PUT", path, { json: { blind: true } }), 403, "NOT_ALLOWED");
  await turn(true);

  const run = { scores: { accuracy: 0.75, half: 0.5 }, details: "<h1>Fine</h1>" };
  const id = await lab.submitted(alice, phaseOf(competition), run);
  const open = await lab.submitted(alice, phaseOf(competition, 1), run);
  const board = (
    await expect<{ leaderboards: { id: number }[] }>(200, alice, "GET", `/api/competitions/${competition.id}/`)
  ).leaderboards[0]!.id;
  /** What each person sees of the results of the phase. */
  const seen = async (who: Person) => {
    const shown = await who.send<{
      scores?: unknown[];
      on_leaderboard?: boolean;
      permissions?: Record<string, boolean>;
    }>("GET", `/api/submissions/${id}/`);
    const listed = (await listedTo(who, `phase=${phaseOf(competition)}`)).find((s) => s.id === id);
    const entries = await expect<{ submissions: { id: number }[] }>(200, who, "GET", `/api/leaderboards/${board}/`);
    const status = async (what: string) => (await who.send("GET", `/api/${what}/`)).status;
    return {
      scores: (shown.body.scores ?? []).length + (listed?.scores ?? []).length,
      ranked: [shown.body.on_leaderboard ?? false, listed?.on_leaderboard ?? false],
      found: (await listedTo(who, `phase=${phaseOf(competition)}&on_leaderboard=true`)).length,
      deletable: shown.body.permissions!["soft_delete"],
      entries: entries.submissions.map((entry) => entry.id),
      board: await status(`phases/${phaseOf(competition)}/get_leaderboard`),
      history: await status(`phases/${phaseOf(competition)}/score_history`),
      results: [
        await status(`submissions/${id}/get_details`),
        await status(`submissions/${id}/logs`),
        await status(`submissions/${id}/get_detail_result`),
      ],
    };
  };
  const nothing = {
    ...{ scores: 0, ranked: [false, false], found: 0, deletable: false, entries: [open], board: 403, history: 403 },
    results: [403, 403, 403],
  };
  const everything = {
    ...{ scores: 4, ranked: [true, true], found: 1, deletable: false, entries: [id, open], board: 200, history: 200 },
    results: [200, 200, 200],
  };
  assert.deepEqual(await seen(alice), nothing);
  for (const [method, path] of [
    ["DELETE", ""],
    ["DELETE", "soft_delete/"],
  ] as const)
    assertRefused(await alice.send(method, `/api/submissions/${id}/${path}`), 403, "PHASE_BLIND");
  assert.equal((await shownTo(alice, id)).status, "Finished", "that it ran is hers to know");
  assert.equal((await bob.send("GET", `/api/submissions/${id}/`)).status, 404);
  assert.deepEqual(
    (await bob.send("GET", `/api/phases/${phaseOf(competition)}/get_leaderboard/`)).body["code"],
    "PHASE_BLIND",
  );
  const strangers = async () =>
    (await lab.send<{ id: number }[]>("GET", `/api/submissions/?phase=${phaseOf(competition)}`)).body.map((s) => s.id);
  assert.deepEqual(await strangers(), []);
  assert.deepEqual(await seen(lab.organizer), everything);

  await turn(false);
  assert.deepEqual([await seen(alice), await strangers()], [everything, [id]]);
  await turn(false);
  const { results } = await expect<{
    results: { kind: string; before: object; after: object; actor: { username: string } }[];
  }>(200, lab.organizer, "GET", `/api/competitions/${competition.id}/audit/?subject=phase`);
  assert.deepEqual(
    results.map(({ kind, before, after, actor }) => [kind, before, after, actor.username]),
    [
      ["phase.unblinded", { blind: true }, { blind: false }, lab.organizer.username],
      ["phase.blinded", { blind: false }, { blind: true }, lab.organizer.username],
    ],
    "once each",
  );
});

/** The audit events of a competition's phases, oldest first. */
async function phaseEvents(id: number) {
  type Event = {
    kind: string;
    subject: { id: string };
    before: object | null;
    after: object | null;
    actor: { username: string };
    reason: string | null;
  };
  const { results } = await expect<{ results: Event[] }>(
    200,
    lab.organizer,
    "GET",
    `/api/competitions/${id}/audit/?subject=phase`,
  );
  return results.reverse();
}

it("bundles and forms can make phases blind, and leave blind what the route blinded (A-109)", async () => {
  const phases = [phase({ end: inDays(1), blind: true }), phase({ index: 1, name: "Other", start: inDays(2) })];
  const competition = await lab.competition({ phases, ...boardWithRule("Force_Last") }, alice);
  const [first, second] = [phaseOf(competition), phaseOf(competition, 1)];
  const path = `/api/competitions/${competition.id}/`;
  const blind = async () =>
    (await expect<{ phases: { blind: boolean }[] }>(200, alice, "GET", path)).phases.map((one) => one.blind);
  const board = async () => (await alice.send("GET", `/api/phases/${first}/get_leaderboard/`)).status;
  await lab.submitted(alice, first, { scores: { accuracy: 0.75 } });
  assert.deepEqual([await blind(), await board(), await phaseEvents(competition.id)], [[true, false], 403, []]);

  assertRefused(await alice.send("PATCH", `/api/phases/${first}/`, { json: { blind: false } }), 403, "NOT_ALLOWED");
  await expect(200, lab.organizer, "PATCH", path, {
    json: { phases: [{ id: first, name: "First", blind: false }, { id: second }] },
  });
  assert.deepEqual([await blind(), await board()], [[false, false], 200]);
  await expect(200, lab.organizer, "PATCH", path, { json: { title: "Another title" } });
  await expect(200, lab.organizer, "PUT", `/api/phases/${second}/`, { json: { blind: "true" } });
  assert.deepEqual(await blind(), [false, true]);
  await expect(200, lab.organizer, "PUT", `/api/phases/${second}/blind/`, { json: { blind: false } });

  assert.deepEqual(
    (await phaseEvents(competition.id)).map(({ kind, subject, before, after, actor }) => [
      kind,
      Number(subject.id),
      before,
      after,
      actor.username,
    ]),
    [
      ["phase.changed", first, { name: "Only phase" }, { name: "First" }],
      ["phase.unblinded", first, { blind: true }, { blind: false }],
      ["phase.blinded", second, { blind: false }, { blind: true }],
      ["phase.unblinded", second, { blind: true }, { blind: false }],
    ].map((event) => [...event, lab.organizer.username]),
  );
});

it("a form loaded before results were shown does not hide them again (A-21, A-109)", async () => {
  const competition = await lab.competition({ phases: [phase({ blind: true })] }, alice);
  const first = phaseOf(competition);
  const form = await findCompetitionDetail(lab.inside.db, competition.id);
  await expect(200, lab.organizer, "PUT", `/api/phases/${first}/blind/`, { json: { blind: false } });
  const found = await findCompetitionDetail(lab.inside.db, competition.id);
  assert.notEqual(found?.competition.version, form?.competition.version);
  await Promise.all([
    expect(200, lab.organizer, "PUT", `/api/phases/${first}/blind/`, { json: { blind: true } }),
    expect(200, lab.organizer, "PATCH", `/api/competitions/${competition.id}/`, { json: { title: "Meanwhile" } }),
  ]);
  const { title, phases } = await expect<{ title: string; phases: { blind: boolean }[] }>(
    200,
    alice,
    "GET",
    `/api/competitions/${competition.id}/`,
  );
  assert.deepEqual([title, phases[0]!.blind], ["Meanwhile", true]);
});
