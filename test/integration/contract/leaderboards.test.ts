import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Competition } from "../../../scripts/client.ts";
import { phase } from "../../support/competitions.ts";
import { unzip } from "../worker/zip.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { boardWithRule, expect, openLab, twoTasks, type Lab, type ShownSubmission } from "./lab.ts";

interface Board {
  id: number;
  tasks: { id: number; name: string; colWidth: number; columns: { key: string }[] }[];
  submissions: { id: number; owner: string; scores: { score: string; column_key: string; task_id: number }[] }[];
}

describe("leaderboards", () => {
  let lab: Lab;
  let alice: Person;
  let bob: Person;
  let eve: Person;
  before(async () => {
    lab = await openLab();
    [alice, bob, eve] = await Promise.all([lab.newPerson(), lab.newPerson(), lab.newPerson()]);
  });
  after(() => lab.close());

  const phaseOf = (competition: Competition, at = 0) => competition.phases[at]!.id;
  const board = (who: { send: Person["send"] }, phaseId: number) => expect<Board>(200, who, "GET", `/api/phases/${phaseId}/get_leaderboard/`);
  const shown = (person: Person, id: number) => expect<ShownSubmission>(200, person, "GET", `/api/submissions/${id}/`);
  const hidden = { title: "Cheating", key: "cheating", index: 1, hidden: true };

  describe("a hidden column", () => {
    let competition: Competition;
    let id: number;
    before(async () => {
      competition = await lab.competition(boardWithRule("Force_Last", [hidden]), alice);
      id = await lab.submitted(alice, phaseOf(competition), { scores: { accuracy: 0.5, cheating: 0.25 } });
    });

    it("is on no leaderboard, not even the organizers'", async () => {
      for (const who of [alice, lab.organizer]) {
        const { tasks, submissions } = await board(who, phaseOf(competition));
        assert.deepEqual([tasks[0]!.colWidth, tasks[0]!.columns.map(({ key }) => key)], [1, ["accuracy"]]);
        assert.deepEqual(submissions[0]!.scores.map(({ column_key }) => column_key), ["accuracy"]);
      }
    });

    it("and its scores are in what organizers see of a submission, and in nobody else's", async () => {
      const keys = async (person: Person) => (await shown(person, id)).scores.map(({ column_key }) => column_key);
      assert.deepEqual([await keys(alice), await keys(lab.organizer)], [["accuracy"], ["accuracy", "cheating"]]);
    });

    it("is named to organizers only", async () => {
      const keys = async (person: Person) =>
        (await expect<{ leaderboards: { columns: { key: string }[] }[] }>(200, person, "GET", `/api/competitions/${competition.id}/`))
          .leaderboards[0]!.columns.map(({ key }) => key);
      assert.deepEqual([await keys(alice), await keys(lab.organizer)], [["accuracy"], ["accuracy", "cheating"]]);
    });
  });

  describe("a hidden leaderboard", () => {
    let competition: Competition & { leaderboards: { id: number }[] };
    let id: number;
    before(async () => {
      const made = await lab.competition(boardWithRule("Force_Last", [], { hidden: true }), alice, bob);
      id = await lab.submitted(alice, phaseOf(made), { scores: { accuracy: 0.5 } });
      competition = await expect(200, lab.organizer, "GET", `/api/competitions/${made.id}/`);
    });

    it("is not in the competition of those who may not see it, and its entries are refused", async () => {
      const { leaderboards } = await expect<{ leaderboards: unknown[] }>(200, alice, "GET", `/api/competitions/${competition.id}/`);
      assert.deepEqual(leaderboards, []);
      const [{ id: boardId }] = competition.leaderboards as [{ id: number }];
      for (const path of [`/api/phases/${phaseOf(competition)}/get_leaderboard/`, `/api/leaderboards/${boardId}/`]) {
        assertRefused(await alice.send("GET", path), 403, "LEADERBOARD_HIDDEN");
        assertRefused(await lab.send("GET", path), 403, "LEADERBOARD_HIDDEN");
        await expect(200, lab.organizer, "GET", path);
        await expect(200, lab.admin, "GET", path);
      }
    });

    it("shows nobody else that a submission is on it", async () => {
      assert.equal((await bob.send("GET", `/api/submissions/${id}/`)).status, 404);
      const list = await lab.send<{ id: number }[]>("GET", "/api/submissions/");
      assert.ok(!list.body.some((submission) => submission.id === id));
    });
  });

  it("of a private competition is for its people and who has the secret link", async () => {
    const competition = await lab.competition(boardWithRule("Force_Last"), alice);
    await lab.organizer.send("POST", `/api/competitions/${competition.id}/toggle_publish/`);
    const { secret_key } = await expect<{ secret_key: string }>(200, lab.organizer, "GET", `/api/competitions/${competition.id}/`);
    const path = `/api/phases/${phaseOf(competition)}/get_leaderboard/`;
    assert.equal((await eve.send("GET", path)).status, 404);
    await expect(200, alice, "GET", path);
    await expect(200, eve, "GET", `${path}?secret_key=${secret_key}`);
  });

  it("GET leaderboards/ID/ has what third-party clients read, in order, with scores in full", async () => {
    const competition = await lab.competition(boardWithRule("Force_Last"), alice, bob);
    await lab.submitted(alice, phaseOf(competition), { scores: { accuracy: 0.123456 } });
    await lab.submitted(bob, phaseOf(competition), { scores: { accuracy: 0.9 } });
    const { leaderboards } = await expect<{ leaderboards: { id: number; primary_index: number; columns: { key: string }[] }[] }>(
      200, alice, "GET", `/api/competitions/${competition.id}/`,
    );
    const [{ id, primary_index, columns }] = leaderboards as [(typeof leaderboards)[0]];
    assert.deepEqual([primary_index, columns.map(({ key }) => key)], [0, ["accuracy"]]);
    const { submissions } = await expect<{ submissions: { owner: string; scores: { column_key: string; score: string }[] }[] }>(
      200, eve, "GET", `/api/leaderboards/${id}`,
    );
    assert.deepEqual(
      submissions.map(({ owner, scores }) => [owner, scores.map(({ column_key, score }) => [column_key, score])]),
      [
        [bob.username, [["accuracy", "0.9000000000"]]],
        [alice.username, [["accuracy", "0.1234560000"]]],
      ],
    );
    assert.deepEqual(await expect(200, eve, "GET", "/api/leaderboards/"), []);
  });

  describe("exports", () => {
    let competition: Competition;
    let ids: Record<"alice" | "bob", number>;
    before(async () => {
      competition = await lab.competition(
        {
          tasks: twoTasks.tasks,
          phases: [
            phase({ name: "One", tasks: [0, 1], end: new Date(Date.now() + 3_600_000).toISOString() }),
            phase({ name: "Two", index: 1, start: new Date(Date.now() + 7_200_000).toISOString(), tasks: [0] }),
          ],
          ...boardWithRule("Force_Last", [hidden]),
        },
        alice,
        bob,
      );
      const run = async (person: Person, first: number) =>
        lab.submitted(person, phaseOf(competition), ({ task }) => ({ scores: task === "First" ? { accuracy: first, cheating: 1 } : { accuracy: 0 } }));
      ids = { alice: await run(alice, 0.25), bob: await run(bob, 0.5) };
    });
    const path = (rest: string) => `/api/competitions/${competition.id}/${rest}`;
    const name = (at: number) => `Results - ${["One", "Two"][at]}(${phaseOf(competition, at)})`;
    const columnsOf = (at: number) => {
      const tasks = competition.phases[at]!.tasks;
      return tasks.flatMap((task) => [`${task.name}(${task.id})-Accuracy`, `${task.name}(${task.id})-Cheating`]);
    };

    it("results.json has a board a phase, a row a submission in order, a key a task and column, hidden ones too", async () => {
      const body = await expect<Record<string, Record<string, Record<string, string>>>>(200, lab.organizer, "GET", path("results.json"));
      assert.deepEqual(Object.keys(body), [name(0), name(1)]);
      const rows = body[name(0)]!;
      assert.deepEqual(Object.keys(rows), [`${bob.username}-${ids.bob}`, `${alice.username}-${ids.alice}`]);
      assert.deepEqual(Object.keys(rows[`${bob.username}-${ids.bob}`]!), columnsOf(0));
      assert.deepEqual(Object.values(rows[`${bob.username}-${ids.bob}`]!), ["0.5000000000", "1.0000000000", "0.0000000000", ""]);
      assert.deepEqual(body[name(1)], {});
    });

    it("results.csv is of one phase", async () => {
      assertRefused(await lab.organizer.send("GET", path("results.csv")), 400, "SEVERAL_LEADERBOARDS");
      const answer = await lab.organizer.send("GET", path(`results.csv?phase=${phaseOf(competition)}`));
      assert.match(answer.headers.get("content-type") ?? "", /^text\/csv/);
      assert.match(answer.headers.get("content-disposition") ?? "", /attachment; filename="Results - One/);
      const [header, first] = answer.text.split("\r\n");
      assert.equal(header, ["Username", "fact_sheet_answers", ...columnsOf(0)].join(","));
      assert.equal(first, `${bob.username}-${ids.bob},,0.5000000000,1.0000000000,0.0000000000,`);
    });

    it("results.zip has a CSV a phase, named after its board", async () => {
      const response = await fetch(lab.url + path("results.zip"), { headers: { authorization: `Token ${lab.organizer.token}` } });
      const files = await unzip(Buffer.from(await response.arrayBuffer()));
      assert.deepEqual(Object.keys(files).sort(), [`${name(0)}.csv`, `${name(1)}.csv`]);
      assert.match(String(files[`${name(0)}.csv`]), /^Username,fact_sheet_answers,First/);
    });

    it("the format may stand in the query as well, and one phase alone may be named", async () => {
      const body = await expect<object>(200, lab.organizer, "GET", path(`results/?format=json&phase=${phaseOf(competition, 1)}`));
      assert.deepEqual(body, { [name(1)]: {} });
      assertRefused(await lab.organizer.send("GET", path("results.json?phase=999999")), 404, "NO_SUCH_PHASE");
    });

    it("are for organizers", async () => {
      assertRefused(await alice.send("GET", path("results.json")), 403, "NOT_ALLOWED");
      assertRefused(await lab.send("GET", path("results.json")), 403, "NOT_LOGGED_IN");
      await expect(200, lab.admin, "GET", path("results.json"));
    });
  });
});
