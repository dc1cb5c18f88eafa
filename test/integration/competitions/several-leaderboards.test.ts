import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Competition, Leaderboard } from "../../../client/api-client.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { unzip } from "../worker/zip.ts";
import { expect, openLabWithPeople, phaseOf, type Lab, type ShownSubmission } from "../support/lab.ts";

interface Board {
  id: number;
  key: string;
  title: string;
  hidden: boolean;
  submission_rule: string;
  columns: { id: number; key: string }[];
}
type Json = Record<string, unknown>;
type Detail = Competition & { leaderboards: Board[] };

const accuracy = { title: "Accuracy", key: "accuracy", index: 0 };
const main = { title: "Results", key: "main", submission_rule: "Force_Best", columns: [accuracy] };
const speed = {
  title: "Results",
  key: "speed",
  primary_index: 1,
  columns: [
    accuracy,
    { title: "Seconds", key: "seconds", index: 1, sorting: "asc" },
    { title: "Both", key: "both", index: 2, computation: "sum", computation_indexes: [0, 1] },
  ],
};
const secret = {
  title: "Secret",
  key: "secret",
  hidden: true,
  columns: [{ title: "Bias", key: "bias", index: 0 }],
};

describe("several leaderboards", () => {
  let lab: Lab;
  let alice: Person;
  let bob: Person;
  let competition: Detail;
  beforeAll(async () => {
    ({ lab, alice, bob } = await openLabWithPeople());
    competition = await made(main, speed, secret);
    await lab.submitted(alice, phaseOf(competition), { scores: { accuracy: 0.5, seconds: 3, bias: 7 } });
    await lab.submitted(bob, phaseOf(competition), { scores: { accuracy: 0.25, seconds: 1, bias: 8 } });
  });
  afterAll(() => lab.close());

  const made = async (...leaderboards: object[]): Promise<Detail> =>
    detail(lab.organizer, (await lab.competition({ leaderboards }, alice, bob)).id);
  const detail = (who: Person, id: number) => expect<Detail>(200, who, "GET", `/api/competitions/${id}/`);
  const patch = (id: number, leaderboards: object[]) =>
    lab.organizer.send<Detail>("PATCH", `/api/competitions/${id}/`, { json: { leaderboards } });
  const changed = async (id: number, leaderboards: object[]): Promise<Board[]> => {
    const { status, body, text } = await patch(id, leaderboards);
    assert.equal(status, 200, text);
    return body.leaderboards;
  };
  const board = (who: Person, { phases }: Competition, key?: string) =>
    who.client.leaderboard(phases[0]!.id, key === undefined ? {} : { leaderboard: key });
  const rows = ({ submissions }: Leaderboard) =>
    submissions.map(({ owner, scores }) => [owner, ...scores.map(({ score }) => Number(score))]);
  const keys = (boards: { key: string }[]) => boards.map(({ key }) => key);

  it("are all shown by the competition, the primary one first, and hidden ones to organizers (L-41)", async () => {
    assert.deepEqual(keys(competition.leaderboards), ["main", "speed", "secret"]);
    assert.deepEqual(
      competition.leaderboards.map(({ submission_rule }) => submission_rule),
      ["Force_Best", "Force_Best", "Force_Best"],
    );
    assert.deepEqual(keys((await detail(alice, competition.id)).leaderboards), ["main", "speed"]);
  });

  it("rank the same submissions, each by its own columns (L-41, L-42)", async () => {
    const primary = await board(alice, competition);
    assert.deepEqual(rows(primary), [
      [alice.username, 0.5],
      [bob.username, 0.25],
    ]);
    assert.deepEqual([primary.key, keys(primary.leaderboards)], ["main", ["main", "speed"]]);
    assert.deepEqual(rows(await board(alice, competition, "speed")), [
      [bob.username, 0.25, 1, 1.25],
      [alice.username, 0.5, 3, 3.5],
    ]);
    assert.deepEqual(rows(await board(lab.organizer, competition, "secret")).length, 2);
  });

  it("can be selected by key, unless they are hidden (L-42, A-50)", async () => {
    const path = `/api/phases/${phaseOf(competition)}/get_leaderboard/?leaderboard=`;
    assertRefused(await alice.send("GET", `${path}secret`), 403, "LEADERBOARD_HIDDEN");
    const { text } = assertRefusedText(await alice.send("GET", `${path}sped`));
    assert.match(text, /no leaderboard \\"sped\\". Its leaderboards are \\"main\\", \\"speed\\"/);
    for (const { id, key } of competition.leaderboards) {
      const found = await expect<{ id: number; submissions: { leaderboard_id: number }[] }>(
        200,
        lab.organizer,
        "GET",
        `/api/leaderboards/${id}/`,
      );
      assert.deepEqual([found.id, found.submissions.length], [id, 2], key);
    }
  });

  const assertRefusedText = (answer: Awaited<ReturnType<Person["send"]>>) => {
    assertRefused(answer, 404, "NO_SUCH_LEADERBOARD");
    return answer;
  };

  it("give a submission each score once, and keep those of hidden leaderboards to organizers (L-41)", async () => {
    const { submissions } = await board(alice, competition);
    const scores = async (who: Person) =>
      (await expect<ShownSubmission>(200, who, "GET", `/api/submissions/${submissions[0]!.id}/`)).scores.map(
        ({ column_key }) => column_key,
      );
    assert.deepEqual(await scores(alice), ["accuracy", "seconds", "both"]);
    assert.deepEqual(await scores(lab.organizer), ["accuracy", "seconds", "both", "bias"]);
  });

  it("are all in exports, which their keys tell apart (L-31, A-53)", async () => {
    const results = `/api/competitions/${competition.id}/results`;
    const name = (title: string) => `${title} - Only phase(${phaseOf(competition)})`;
    const names = [name("Results (main)"), name("Results (speed)"), name("Secret")];
    const json = await expect<Record<string, object>>(200, lab.organizer, "GET", `${results}.json`);
    assert.deepEqual(Object.keys(json), names);
    const response = await fetch(`${lab.url}${results}.zip`, {
      headers: { authorization: `Token ${lab.organizer.token}` },
    });
    const files = await unzip(Buffer.from(await response.arrayBuffer()));
    assert.deepEqual(Object.keys(files).sort(), names.map((file) => `${file}.csv`).sort());
    const header = async (query: string) =>
      (await lab.organizer.send("GET", `${results}.csv${query}`)).text.split("\r\n")[0]!.match(/(?<=-)\w+/g);
    assert.deepEqual(await header(""), ["Accuracy"]);
    assert.deepEqual(await header("?leaderboard=speed"), ["Accuracy", "Seconds", "Both"]);
    assertRefused(await lab.organizer.send("GET", `${results}.csv?leaderboard=x`), 404, "NO_SUCH_LEADERBOARD");
  });

  it("are all looked at when a run lacks scores (L-41)", async () => {
    const one = await made(main, speed);
    const id = await lab.submitted(alice, phaseOf(one), { scores: { accuracy: 0.5, second: 2 } });
    const { warnings } = await expect<{ warnings: string[] }>(200, alice, "GET", `/api/submissions/${id}/`);
    assert.match(warnings.join(" "), /no score for "seconds".* did you mean "seconds"/);
  });

  it("are invisible to functions of the previous release but for the primary one", async () => {
    const seen = lab.inside.db.selectFrom("leaderboards").select("key").where("competition_id", "=", competition.id);
    assert.deepEqual(await seen.execute(), [{ key: "main" }]);
  });

  it("have an overridden score in common (A-54)", async () => {
    const one = await made(main, speed);
    const id = await lab.submitted(alice, phaseOf(one), { scores: { accuracy: 0.5, seconds: 2 } });
    const { scores } = await expect<ShownSubmission & { scores: { id: number }[] }>(
      200,
      lab.organizer,
      "GET",
      `/api/submissions/${id}/`,
    );
    await expect(200, lab.organizer, "PATCH", `/api/submission_scores/${scores[0]!.id}/`, { json: { score: "0.75" } });
    assert.deepEqual(rows(await board(alice, one)), [[alice.username, 0.75]]);
    assert.deepEqual(rows(await board(alice, one, "speed")), [[alice.username, 0.75, 2, 2.75]]);
  });

  it("of a bundle of CodaLab are kept, and every run has the scores of all (B-101, L-41)", async () => {
    const column = (leaderboard: string) => ({ leaderboard: { label: leaderboard } });
    const one = await lab.competition(
      {
        ...{ version: 1.5, terms: undefined, pages: undefined, tasks: undefined, leaderboards: undefined },
        html: { terms: "terms.md" },
        has_registration: false,
        force_submission_to_leaderboard: true,
        phases: { 1: { phasenumber: 1, label: "One", start_date: "2026-01-01", scoring_program: "scoring_program/" } },
        leaderboard: {
          leaderboards: { Patients: { label: "P" }, Synthetic: { label: "S" } },
          columns: { accuracy: column("P"), seconds: column("S"), recall: column("S") },
        },
      },
      alice,
    );
    await lab.submitted(alice, phaseOf(one), { scores: { accuracy: 0.5, seconds: 2, recall: 1 } });
    assert.deepEqual(rows(await board(alice, one)), [[alice.username, 0.5]]);
    assert.deepEqual(rows(await board(alice, one, "Synthetic")), [[alice.username, 2, 1]]);
  });

  it("are in the audit trail (A-96)", async () => {
    const one = await made(main);
    const [, { id }] = (await changed(one.id, [{}, speed])) as [Board, Board];
    await changed(one.id, [{ submission_rule: "Force_Last" }, { id, title: "Fast" }]);
    await changed(one.id, [{}]);
    const trail = await expect<{
      results: { kind: string; subject: { id: string }; before: Json | null; after: Json | null }[];
    }>(200, lab.organizer, "GET", `/api/competitions/${one.id}/audit/?subject=leaderboard`);
    const events = trail.results.reverse();
    assert.deepEqual(
      events.map(({ kind, subject }) => [kind, Number(subject.id)]),
      [
        ["leaderboard.added", id],
        ["leaderboard.changed", one.leaderboards[0]!.id],
        ["leaderboard.changed", id],
        ["leaderboard.removed", id],
      ],
    );
    assert.deepEqual(events[0]!.after!["key"], "speed");
    assert.deepEqual([events[2]!.before, events[2]!.after], [{ title: "Results" }, { title: "Fast" }]);
    assert.deepEqual([events[3]!.before!["title"], events[3]!.after], ["Fast", null]);
  });

  describe("of a form", () => {
    it("can be added, and show the scores that other leaderboards have (L-43)", async () => {
      const one = await made(main);
      await lab.submitted(alice, phaseOf(one), { scores: { accuracy: 0.5, seconds: 2 } });
      const boards = await changed(one.id, [{ key: "main" }, speed]);
      assert.deepEqual(keys(boards), ["main", "speed"]);
      assert.deepEqual(rows(await board(alice, one, "speed")), [[alice.username, 0.5, 0.5]]);
    });

    it("are matched by id or key, and what a request does not mention stays (L-43, A-21)", async () => {
      const one = await made(main, speed, secret);
      await lab.submitted(alice, phaseOf(one), { scores: { accuracy: 0.5, seconds: 2, bias: 1 } });
      const [, second, third] = one.leaderboards;
      const boards = await changed(one.id, [
        { title: "Main" },
        { key: "secret", hidden: false },
        { id: second!.id, key: "fast" },
      ]);
      assert.deepEqual(
        boards.map(({ id, key, title }) => [id, key, title]),
        [
          [one.leaderboards[0]!.id, "main", "Main"],
          [third!.id, "secret", "Secret"],
          [second!.id, "fast", "Results"],
        ],
      );
      assert.deepEqual(rows(await board(alice, one, "fast")), [[alice.username, 0.5, 2, 2.5]]);
      assert.deepEqual(await changed(one.id, boards), boards);
    });

    it("cannot be removed with scores that no other leaderboard has, and the primary one stays first (L-43)", async () => {
      const copy = { title: "Copy", key: "copy", columns: [accuracy] };
      const one = await made(main, speed, copy);
      await lab.submitted(alice, phaseOf(one), { scores: { accuracy: 0.5, seconds: 2 } });
      assertRefused(await patch(one.id, [{ key: "main" }]), 400, "LEADERBOARD_HAS_SCORES");
      assertRefused(
        await patch(one.id, [{ key: "main" }, { key: "speed", primary_index: 0, columns: [accuracy] }]),
        400,
        "COLUMN_HAS_SCORES",
      );
      assertRefused(await patch(one.id, [{ key: "speed" }, { key: "main" }]), 400, "PRIMARY_LEADERBOARD");
      assertRefused(await patch(one.id, [{ key: "main" }, { key: "speed" }, { key: "new" }]), 400, "INVALID");
      assert.deepEqual(keys(await changed(one.id, [{}, { key: "speed" }])), ["main", "speed"]);
    });
  });
});
