import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { inDays, phase } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { boardWithRule, expect, listedTo, openLab, phaseOf, shownTo, type Lab } from "./lab.ts";

let lab: Lab;
let alice: Person;
let bob: Person;
before(async () => {
  lab = await openLab();
  [alice, bob] = [await lab.newPerson(), await lab.newPerson()];
});
after(() => lab.close());

it("results of a blind phase are the organizers' until they unblind it, which is on the trail; other phases are open (A-103)", async () => {
  const phases = [phase({ end: inDays(1) }), phase({ index: 1, name: "Other", start: inDays(2) })];
  const columns = boardWithRule("Force_Best", [{ title: "Half", key: "half", index: 1 }]);
  const competition = await lab.competition({ phases, ...columns, enable_detailed_results: true }, alice, bob);
  // Phases of a bundle follow one another; here both are open.
  await lab.inside.db.updateTable("phases").set({ starts_at: inDays(-1) }).where("id", "=", phaseOf(competition, 1)).execute();
  const path = `/api/phases/${phaseOf(competition)}/blind/`;
  const turn = (blind: boolean) => expect(200, lab.organizer, "PUT", path, { json: { blind } });
  assertRefused(await alice.send("PUT", path, { json: { blind: true } }), 403, "NOT_ALLOWED");
  await turn(true);

  const run = { scores: { accuracy: 0.75, half: 0.5 }, details: "<h1>Fine</h1>" };
  const id = await lab.submitted(alice, phaseOf(competition), run);
  const open = await lab.submitted(alice, phaseOf(competition, 1), run);
  const board = (await expect<{ leaderboards: { id: number }[] }>(200, alice, "GET", `/api/competitions/${competition.id}/`)).leaderboards[0]!.id;
  /** What each of them finds of the results of the phase. */
  const seen = async (who: Person) => {
    const shown = await who.send<{ scores?: unknown[]; on_leaderboard?: boolean }>("GET", `/api/submissions/${id}/`);
    const listed = (await listedTo(who, `phase=${phaseOf(competition)}`)).find((s) => s.id === id);
    const entries = await expect<{ submissions: { id: number }[] }>(200, who, "GET", `/api/leaderboards/${board}/`);
    const status = async (what: string) => (await who.send("GET", `/api/${what}/`)).status;
    return {
      scores: (shown.body.scores ?? []).length + (listed?.scores ?? []).length,
      ranked: [shown.body.on_leaderboard ?? false, listed?.on_leaderboard ?? false],
      entries: entries.submissions.map((entry) => entry.id),
      board: await status(`phases/${phaseOf(competition)}/get_leaderboard`),
      results: [await status(`submissions/${id}/get_details`), await status(`submissions/${id}/logs`), await status(`submissions/${id}/get_detail_result`)],
    };
  };
  const nothing = { scores: 0, ranked: [false, false], entries: [open], board: 403, results: [403, 403, 403] };
  const everything = { scores: 4, ranked: [true, true], entries: [id, open], board: 200, results: [200, 200, 200] };
  assert.deepEqual(await seen(alice), nothing);
  assert.equal((await shownTo(alice, id)).status, "Finished", "that it ran is hers to know");
  assert.equal((await bob.send("GET", `/api/submissions/${id}/`)).status, 404);
  assert.deepEqual((await bob.send("GET", `/api/phases/${phaseOf(competition)}/get_leaderboard/`)).body["code"], "PHASE_BLIND");
  const strangers = async () => (await lab.send<{ id: number }[]>("GET", `/api/submissions/?phase=${phaseOf(competition)}`)).body.map((s) => s.id);
  assert.deepEqual(await strangers(), []);
  assert.deepEqual(await seen(lab.organizer), everything);

  await turn(false);
  assert.deepEqual([await seen(alice), await strangers()], [everything, [id]]);
  await turn(false);
  const { results } = await expect<{ results: { kind: string; before: object; after: object; actor: { username: string } }[] }>(
    200, lab.organizer, "GET", `/api/competitions/${competition.id}/audit/?subject=phase`,
  );
  assert.deepEqual(
    results.map(({ kind, before, after, actor }) => [kind, before, after, actor.username]),
    [
      ["phase.unblinded", { blind: true }, { blind: false }, lab.organizer.username],
      ["phase.blinded", { blind: false }, { blind: true }, lab.organizer.username],
    ],
    "once each",
  );
});
