import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { submissionRules } from "../../../lambdas/competitions/rules/competition.ts";
import type { Competition } from "../../../client/api-client.ts";
import { phase, submit } from "../../support/competitions.ts";
import { unzip } from "../worker/zip.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { boardWithRule, expect, openLabWithPeople, twoTasks, type Lab, type ShownSubmission } from "../support/lab.ts";

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
  beforeAll(async () => {
    ({ lab, alice, bob, eve } = await openLabWithPeople());
  });
  afterAll(() => lab.close());

  const phaseOf = (competition: Competition, at = 0) => competition.phases[at]!.id;
  const board = (who: { send: Person["send"] }, phaseId: number) =>
    expect<Board>(200, who, "GET", `/api/phases/${phaseId}/get_leaderboard/`);
  const shown = (person: Person, id: number) => expect<ShownSubmission>(200, person, "GET", `/api/submissions/${id}/`);
  const hidden = { title: "Cheating", key: "cheating", index: 1, hidden: true };

  describe("a hidden column", () => {
    let competition: Competition;
    let id: number;
    beforeAll(async () => {
      competition = await lab.competition(boardWithRule("Force_Last", [hidden]), alice);
      id = await lab.submitted(alice, phaseOf(competition), { scores: { accuracy: 0.5, cheating: 0.25 } });
    });

    it("is not on any leaderboard, not even for organizers (A-51, L-14)", async () => {
      for (const who of [alice, lab.organizer]) {
        const { tasks, submissions } = await board(who, phaseOf(competition));
        assert.deepEqual([tasks[0]!.colWidth, tasks[0]!.columns.map(({ key }) => key)], [1, ["accuracy"]]);
        assert.deepEqual(
          submissions[0]!.scores.map(({ column_key }) => column_key),
          ["accuracy"],
        );
      }
    });

    it("and its scores are shown with submissions to organizers only (A-39)", async () => {
      const keys = async (person: Person) => (await shown(person, id)).scores.map(({ column_key }) => column_key);
      assert.deepEqual([await keys(alice), await keys(lab.organizer)], [["accuracy"], ["accuracy", "cheating"]]);
    });

    it("is shown to organizers only", async () => {
      const keys = async (person: Person) =>
        (
          await expect<{ leaderboards: { columns: { key: string }[] }[] }>(
            200,
            person,
            "GET",
            `/api/competitions/${competition.id}/`,
          )
        ).leaderboards[0]!.columns.map(({ key }) => key);
      assert.deepEqual([await keys(alice), await keys(lab.organizer)], [["accuracy"], ["accuracy", "cheating"]]);
    });
  });

  describe("a hidden leaderboard", () => {
    let competition: Competition & { leaderboards: { id: number }[] };
    let id: number;
    beforeAll(async () => {
      const made = await lab.competition(boardWithRule("Force_Last", [], { hidden: true }), alice, bob);
      id = await lab.submitted(alice, phaseOf(made), { scores: { accuracy: 0.5 } });
      competition = await expect(200, lab.organizer, "GET", `/api/competitions/${made.id}/`);
    });

    it("is not part of the competition for those who may not see it, and its entries are refused (A-50)", async () => {
      const { leaderboards } = await expect<{ leaderboards: unknown[] }>(
        200,
        alice,
        "GET",
        `/api/competitions/${competition.id}/`,
      );
      assert.deepEqual(leaderboards, []);
      const [{ id: boardId }] = competition.leaderboards as [{ id: number }];
      for (const path of [`/api/phases/${phaseOf(competition)}/get_leaderboard/`, `/api/leaderboards/${boardId}/`]) {
        assertRefused(await alice.send("GET", path), 403, "LEADERBOARD_HIDDEN");
        assertRefused(await lab.send("GET", path), 403, "LEADERBOARD_HIDDEN");
        await expect(200, lab.organizer, "GET", path);
        await expect(200, lab.admin, "GET", path);
      }
    });

    it("does not reveal to others that a submission is on it", async () => {
      assert.equal((await bob.send("GET", `/api/submissions/${id}/`)).status, 404);
      const list = await lab.send<{ id: number }[]>("GET", "/api/submissions/");
      assert.ok(!list.body.some((submission) => submission.id === id));
    });
  });

  it("of a private competition is visible to its participants and with the secret link (A-50)", async () => {
    const competition = await lab.competition(boardWithRule("Force_Last"), alice);
    await lab.organizer.send("POST", `/api/competitions/${competition.id}/toggle_publish/`);
    const { secret_key } = await expect<{ secret_key: string }>(
      200,
      lab.organizer,
      "GET",
      `/api/competitions/${competition.id}/`,
    );
    const path = `/api/phases/${phaseOf(competition)}/get_leaderboard/`;
    assert.equal((await eve.send("GET", path)).status, 404);
    await expect(200, alice, "GET", path);
    await expect(200, eve, "GET", `${path}?secret_key=${secret_key}`);
  });

  it("GET leaderboards/ID/ has what third-party clients read, in order, with full scores (A-6)", async () => {
    const competition = await lab.competition(boardWithRule("Force_Last"), alice, bob);
    await lab.submitted(alice, phaseOf(competition), { scores: { accuracy: 0.123456 } });
    await lab.submitted(bob, phaseOf(competition), { scores: { accuracy: 0.9 } });
    const { leaderboards } = await expect<{
      leaderboards: { id: number; primary_index: number; columns: { key: string }[] }[];
    }>(200, alice, "GET", `/api/competitions/${competition.id}/`);
    const [{ id, primary_index, columns }] = leaderboards as [(typeof leaderboards)[0]];
    assert.deepEqual([primary_index, columns.map(({ key }) => key)], [0, ["accuracy"]]);
    const { submissions } = await expect<{
      submissions: { owner: string; scores: { column_key: string; score: string }[] }[];
    }>(200, eve, "GET", `/api/leaderboards/${id}`);
    assert.deepEqual(
      submissions.map(({ owner, scores }) => [owner, scores.map(({ column_key, score }) => [column_key, score])]),
      [
        [bob.username, [["accuracy", "0.9000000000"]]],
        [alice.username, [["accuracy", "0.1234560000"]]],
      ],
    );
    assert.deepEqual(await expect(200, eve, "GET", "/api/leaderboards/"), []);
  });

  describe("submission rules, once per submission, whatever its tasks", () => {
    const connection = (person: Person, method: "POST" | "DELETE", id: number) =>
      person.send(method, `/api/submissions/${id}/submission_leaderboard_connection/`);
    /** The leaderboard after three submissions, of which the second is the best. */
    const filled: Record<(typeof submissionRules)[number], string[]> = {
      Add: [],
      Add_And_Delete: [],
      Add_And_Delete_Multiple: [],
      Force_Last: ["third"],
      Force_Latest_Multiple: ["second", "first", "third"],
      Force_Best: ["second"],
    };
    /** The leaderboard after the owner has added the first and the third, and the status of removing the third. */
    const byHand: Partial<Record<(typeof submissionRules)[number], { on: string[]; off: number }>> = {
      Add: { on: ["third"], off: 403 },
      Add_And_Delete: { on: ["third"], off: 200 },
      Add_And_Delete_Multiple: { on: ["first", "third"], off: 200 },
    };

    for (const rule of submissionRules)
      it(`${rule}: automatically on the leaderboard: ${filled[rule].join(", ") || "none"} (L-20, L-21, L-22)`, async () => {
        const competition = await lab.competition({ ...twoTasks, ...boardWithRule(rule) }, alice, bob);
        const phaseId = phaseOf(competition);
        const names = new Map<number, string>();
        for (const [name, accuracy] of [
          ["first", 0.5],
          ["second", 0.75],
          ["third", 0.25],
        ] as const)
          names.set(await lab.submitted(alice, phaseId, { scores: { accuracy } }), name);
        const onBoard = async () => {
          const { submissions } = await board(alice, phaseId);
          for (const { scores } of submissions) assert.equal(scores.length, 2, "a row has all its tasks");
          return submissions.map(({ id }) => names.get(id));
        };
        assert.deepEqual(await onBoard(), filled[rule]);

        const [first, second, third] = [...names.keys()] as [number, number, number];
        const seen = filled[rule].includes("first");
        assertRefused(
          await connection(bob, "POST", first),
          seen ? 403 : 404,
          seen ? "NOT_YOUR_SUBMISSION" : "NO_SUCH_SUBMISSION",
        );
        if (byHand[rule]) {
          for (const id of [first, third]) assert.equal((await connection(alice, "POST", id)).status, 200);
          assert.deepEqual(await onBoard(), byHand[rule].on);
          assert.equal((await connection(alice, "DELETE", third)).status, byHand[rule].off);
          assert.equal((await onBoard()).includes("third"), byHand[rule].off !== 200);
          assert.equal((await connection(lab.organizer, "POST", second)).status, 200);
        } else {
          for (const [person, method] of [
            [alice, "POST"],
            [alice, "DELETE"],
            [lab.organizer, "POST"],
          ] as const)
            assertRefused(await connection(person, method, first), 403, "BOARD_IS_AUTOMATIC");
        }
        // Under every rule an organizer can take a submission off, and put it back (L-26).
        const best = [...names].find(([, name]) => name === (byHand[rule] ? "second" : filled[rule][0]))![0];
        assert.ok((await onBoard()).includes(names.get(best)));
        assert.equal((await connection(lab.organizer, "DELETE", best)).status, 200);
        assert.ok(!(await onBoard()).includes(names.get(best)));
        assertRefused(
          await connection(alice, "POST", best),
          403,
          byHand[rule] ? "KEPT_OFF_LEADERBOARD" : "BOARD_IS_AUTOMATIC",
        );
        assert.equal((await connection(lab.admin, "POST", best)).status, 200);
        assert.ok((await onBoard()).includes(names.get(best)));
      });

    it("a submission to some of the tasks has a row with n/a for the others (L-25)", async () => {
      const competition = await lab.competition({ ...twoTasks, ...boardWithRule("Force_Last") }, alice);
      const [{ id: phaseId, tasks }] = competition.phases as [Competition["phases"][0]];
      await submit(alice, phaseId, Buffer.from("x"), [tasks[1]!.id]);
      await lab.runAll({ scores: { accuracy: 0.5 } });
      const { submissions, tasks: shownTasks } = await board(alice, phaseId);
      assert.equal(shownTasks.length, 2);
      assert.deepEqual(
        submissions.map(({ scores }) => scores.map(({ task_id }) => task_id)),
        [[tasks[1]!.id]],
      );
    });

    it("Force_Last waits for all children of a parent, and a partly failed parent replaces others as a whole (L-22)", async () => {
      const competition = await lab.competition({ ...twoTasks, ...boardWithRule("Force_Last") }, alice);
      const phaseId = phaseOf(competition);
      const old = await lab.submitted(alice, phaseId, { scores: { accuracy: 0.5 } });
      const id = await submit(alice, phaseId, Buffer.from("x"));
      const first = await lab.claim();
      await lab.finish(first!, { scores: { accuracy: 0.25 } });
      const ids = async () => (await board(alice, phaseId)).submissions.map((row) => row.id);
      assert.deepEqual(await ids(), [old], "one child still waits");
      await lab.runAll({ failure: "PROGRAM_EXIT" });
      assert.deepEqual(await ids(), [id]);
    });
  });

  describe("the answer of get_leaderboard", () => {
    it("has Codabench's keys (L-30, L-42)", async () => {
      const competition = await lab.competition(
        boardWithRule("Force_Last", [{ title: "Time", key: "time", index: 7, sorting: "asc", precision: 4 }]),
        alice,
      );
      const id = await lab.submitted(alice, phaseOf(competition), { scores: { accuracy: 0.123456, time: 1 / 3 } });
      const body = await expect<
        Record<string, unknown> & { tasks: Record<string, unknown>[]; submissions: Record<string, unknown>[] }
      >(200, eve, "GET", `/api/phases/${phaseOf(competition)}/get_leaderboard/`);
      const [task] = competition.phases[0]!.tasks;
      const { tasks, submissions, ...rest } = body;
      assert.deepEqual(rest, {
        id: phaseOf(competition),
        phase_name: "Only phase",
        competition_title: "A small competition",
        key: "main",
        title: "Results",
        leaderboards: [{ key: "main", title: "Results" }],
        primary_index: 0,
        ranking: "Rows are ranked by Accuracy, higher first.",
        overall_title: null,
        fact_sheet_keys: null,
        ...{ count: 1, next: null, previous: null, mine: [] },
      });
      const [{ columns, ...shownTask }] = tasks as [{ columns: Record<string, unknown>[] }];
      assert.deepEqual(shownTask, { id: task!.id, name: task!.name, colWidth: 2 });
      assert.deepEqual(
        columns.map(({ id: _, ...column }) => column),
        [
          {
            title: "Accuracy",
            key: "accuracy",
            index: 0,
            sorting: "desc",
            precision: 2,
            hidden: false,
            computation: null,
            computation_indexes: null,
          },
          {
            title: "Time",
            key: "time",
            index: 7,
            sorting: "asc",
            precision: 4,
            hidden: false,
            computation: null,
            computation_indexes: null,
          },
        ],
      );
      const [{ scores, created_when, ...row }] = submissions as [
        { scores: Record<string, unknown>[]; created_when: string },
      ];
      assert.deepEqual(row, {
        id,
        ...{ rank: 1, mine: false, username: alice.username, avatar: null },
        owner: alice.username,
        overall: null,
        detailed_results: [{ task: task!.id, id }],
        fact_sheet_answers: null,
        slug_url: `/profiles/user/${alice.username}/`,
        organization: null,
      });
      assert.ok(!Number.isNaN(Date.parse(created_when)));
      assert.deepEqual(
        scores.map(({ id: _, ...score }) => score),
        [
          { index: 0, score: "0.12", raw_score: "0.1234560000", column_key: "accuracy", task_id: task!.id },
          { index: 7, score: "0.3333", raw_score: "0.3333333333", column_key: "time", task_id: task!.id },
        ],
      );
      for (const score of scores) assert.equal(typeof score["id"], "number");
    });

    it("has rows without cells if every column is hidden, ordered by the primary column (L-14, L-32)", async () => {
      const competition = await lab.competition(
        {
          leaderboards: [
            {
              title: "Results",
              key: "main",
              submission_rule: "Force_Last",
              columns: [{ title: "A", key: "accuracy", index: 0, hidden: true }],
            },
          ],
        },
        alice,
        bob,
      );
      await lab.submitted(alice, phaseOf(competition), { scores: { accuracy: 0.25 } });
      await lab.submitted(bob, phaseOf(competition), { scores: { accuracy: 0.5 } });
      const { tasks, submissions } = await board(eve, phaseOf(competition));
      assert.deepEqual([tasks[0]!.colWidth, tasks[0]!.columns], [0, []]);
      assert.deepEqual(
        submissions.map(({ owner, scores }) => [owner, scores]),
        [
          [bob.username, []],
          [alice.username, []],
        ],
      );
    });

    it("ranks a submission without a score last, and omits detached and deleted ones and specific-task reruns (L-10, L-12)", async () => {
      const people = [alice, bob, eve];
      const competition = await lab.competition(boardWithRule("Force_Last"), ...people);
      const phaseId = phaseOf(competition);
      await lab.submitted(alice, phaseId, { scores: { accuracy: Number.NaN, other: 1 } });
      await lab.submitted(bob, phaseId, { scores: { accuracy: -5 } });
      const failed = await lab.submitted(eve, phaseId, { failure: "PROGRAM_EXIT" });
      const bobs = (await board(alice, phaseId)).submissions[0]!.id;
      const { key } = (await shown(lab.organizer, bobs)).task!;
      await expect(200, lab.organizer, "POST", `/api/submissions/${bobs}/re_run_submission/?task_key=${key}`);
      await lab.runAll({ scores: { accuracy: 99 } });
      const owners = async () => (await board(alice, phaseId)).submissions.map(({ owner }) => owner);
      assert.deepEqual(await owners(), [bob.username, alice.username]);
      assertRefused(
        await lab.admin.send("POST", `/api/submissions/${failed}/submission_leaderboard_connection/`),
        400,
        "NOT_FINISHED",
      );
      await expect(204, lab.organizer, "DELETE", `/api/submissions/${bobs}/`);
      assert.deepEqual(await owners(), [alice.username]);
    });

    it("has computed columns for each child, and for the parent over all children (L-2, L-3)", async () => {
      const mean = { title: "Mean", key: "mean", index: 3, computation: "avg", computation_indexes: [0, 1] };
      const competition = await lab.competition(
        {
          ...twoTasks,
          ...boardWithRule("Force_Best", [{ title: "F1", key: "f1", index: 1 }, mean], { primary_index: 3 }),
        },
        alice,
      );
      const id = await lab.submitted(alice, phaseOf(competition), ({ task }) => ({
        scores: task === "First" ? { accuracy: 1, f1: 0.5 } : { accuracy: 0.25 },
      }));
      const [row] = (await board(alice, phaseOf(competition))).submissions;
      const means = row!.scores.filter(({ column_key }) => column_key === "mean").map(({ score }) => score);
      assert.deepEqual(means.sort(), ["0.25", "0.75"]);
      const parent = await shown(alice, id);
      const ofParent = parent.scores.filter(({ column_key }) => column_key === "mean").map(({ score }) => score);
      assert.deepEqual(ofParent, ["0.5833333333"]);
    });
  });

  describe("exports", () => {
    let competition: Competition;
    let ids: Record<"alice" | "bob", number>;
    beforeAll(async () => {
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
        lab.submitted(person, phaseOf(competition), ({ task }) => ({
          scores: task === "First" ? { accuracy: first, cheating: 1 } : { accuracy: 0 },
        }));
      ids = { alice: await run(alice, 0.25), bob: await run(bob, 0.5) };
    });
    const path = (rest: string) => `/api/competitions/${competition.id}/${rest}`;
    const name = (at: number) => `Results - ${["One", "Two"][at]}(${phaseOf(competition, at)})`;
    const columnsOf = (at: number) => {
      const tasks = competition.phases[at]!.tasks;
      return tasks.flatMap((task) => [`${task.name}(${task.id})-Accuracy`, `${task.name}(${task.id})-Cheating`]);
    };

    it("results.json has a table per phase, a row per submission and a key per task and column, including hidden ones (A-51, A-53, L-31)", async () => {
      const body = await expect<Record<string, Record<string, Record<string, string>>>>(
        200,
        lab.organizer,
        "GET",
        path("results.json"),
      );
      assert.deepEqual(Object.keys(body), [name(0), name(1)]);
      const rows = body[name(0)]!;
      assert.deepEqual(Object.keys(rows), [`${bob.username}-${ids.bob}`, `${alice.username}-${ids.alice}`]);
      assert.deepEqual(Object.keys(rows[`${bob.username}-${ids.bob}`]!), columnsOf(0));
      assert.deepEqual(Object.values(rows[`${bob.username}-${ids.bob}`]!), [
        "0.5000000000",
        "1.0000000000",
        "0.0000000000",
        "",
      ]);
      assert.deepEqual(body[name(1)], {});
    });

    it("results.csv contains one phase (A-53, L-31)", async () => {
      assertRefused(await lab.organizer.send("GET", path("results.csv")), 400, "SEVERAL_LEADERBOARDS");
      const answer = await lab.organizer.send("GET", path(`results.csv?phase=${phaseOf(competition)}`));
      assert.match(answer.headers.get("content-type") ?? "", /^text\/csv/);
      assert.match(answer.headers.get("content-disposition") ?? "", /attachment; filename="Results - One/);
      const [header, first] = answer.text.split("\r\n");
      assert.equal(header, ["Username", "fact_sheet_answers", ...columnsOf(0)].join(","));
      assert.equal(first, `${bob.username}-${ids.bob},,0.5000000000,1.0000000000,0.0000000000,`);
    });

    it("results.zip contains a CSV per phase, named after its leaderboard (A-53, L-31)", async () => {
      const response = await fetch(lab.url + path("results.zip"), {
        headers: { authorization: `Token ${lab.organizer.token}` },
      });
      const files = await unzip(Buffer.from(await response.arrayBuffer()));
      assert.deepEqual(Object.keys(files).sort(), [`${name(0)}.csv`, `${name(1)}.csv`]);
      assert.match(String(files[`${name(0)}.csv`]), /^Username,fact_sheet_answers,First/);
    });

    it("the format may also be in the query, and a single phase may be selected", async () => {
      const body = await expect<object>(
        200,
        lab.organizer,
        "GET",
        path(`results/?format=json&phase=${phaseOf(competition, 1)}`),
      );
      assert.deepEqual(body, { [name(1)]: {} });
      assertRefused(await lab.organizer.send("GET", path("results.json?phase=999999")), 404, "NO_SUCH_PHASE");
    });

    it("identify columns by their keys, not their titles (A-53)", async () => {
      const twin = (key: string, index: number, more = {}) => ({ title: "F1", key, index, ...more });
      const made = await lab.competition(
        boardWithRule("Force_Last", [twin("f1", 1), twin("f1_hidden", 2, { hidden: true })]),
        alice,
      );
      await lab.submitted(alice, phaseOf(made), { scores: { accuracy: 0.5, f1: 0.25, f1_hidden: 0.125 } });
      const { text } = await lab.organizer.send("GET", `/api/competitions/${made.id}/results.csv`);
      const [task] = made.phases[0]!.tasks;
      const named = (column: string) => `${task!.name}(${task!.id})-${column}`;
      const [header, row] = text.split("\r\n").map((line) => line.split(",").slice(2));
      assert.deepEqual(header, [named("Accuracy"), named("F1(f1)"), named("F1(f1_hidden)")]);
      assert.deepEqual(row, ["0.5000000000", "0.2500000000", "0.1250000000"]);
      const body = await expect<Record<string, Record<string, object>>>(
        200,
        lab.organizer,
        "GET",
        `/api/competitions/${made.id}/results.json`,
      );
      assert.deepEqual(
        Object.values(Object.values(body)[0]!)[0],
        Object.fromEntries(header!.map((k, at) => [k, row![at]])),
      );
    });

    it("are available to organizers only", async () => {
      assertRefused(await alice.send("GET", path("results.json")), 403, "NOT_ALLOWED");
      assertRefused(await lab.send("GET", path("results.json")), 403, "NOT_LOGGED_IN");
      await expect(200, lab.admin, "GET", path("results.json"));
    });
  });
});
