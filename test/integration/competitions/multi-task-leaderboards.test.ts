import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Competition, Leaderboard } from "../../../client/api-client.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import {
  boardWithRule,
  expect,
  openLabWithPeople,
  phaseOf,
  scoresOf,
  shownTo,
  twoTasks,
  type Lab,
} from "../support/lab.ts";

describe("a leaderboard of a phase with several tasks (L-19)", () => {
  let lab: Lab;
  let competition: Competition;
  let alice: Person;
  let bob: Person;
  let ids: Record<"uneven" | "even", number>;
  beforeAll(async () => {
    ({ lab, alice, bob } = await openLabWithPeople());
    competition = await lab.competition(
      { ...twoTasks, ...boardWithRule("Force_Best", [], { multi_task_ranking: "overall_avg" }) },
      alice,
      bob,
    );
    const run = (who: Person, first: number, second: number) =>
      lab.submitted(who, phaseOf(competition), ({ task }) => ({
        scores: { accuracy: task === "First" ? first : second },
      }));
    ids = { uneven: await run(alice, 0.9, 0.1), even: await run(bob, 0.6, 0.6) };
  });
  afterAll(() => lab.close());

  const board = () =>
    expect<Leaderboard>(200, lab.organizer, "GET", `/api/phases/${phaseOf(competition)}/get_leaderboard/`);
  const shown = async () => {
    const { submissions, ranking, overall_title } = await board();
    return { rows: submissions.map(({ id, overall }) => [id, overall]), ranking, overall_title };
  };
  const path = () => `/api/competitions/${competition.id}/`;
  const edit = (changes: Record<string, unknown>) =>
    lab.organizer.send("PATCH", path(), { json: { leaderboards: [changes] } });
  const settings = async () => {
    const { leaderboards } = await expect<{
      leaderboards: [{ multi_task_ranking: string; ranking_tasks: string[] }];
    }>(200, lab.organizer, "GET", path());
    return [leaderboards[0].multi_task_ranking, leaderboards[0].ranking_tasks];
  };
  const taskKeys = async () =>
    (await expect<{ phases: { tasks: { key: string; name: string }[] }[] }>(200, lab.organizer, "GET", path()))
      .phases[0]!.tasks;

  it("ranks by the rule of its bundle, shows the overall score, and says the rule (B-78, L-33)", async () => {
    assert.deepEqual(await shown(), {
      rows: [
        [ids.even, "0.6"],
        [ids.uneven, "0.5"],
      ],
      ranking:
        "Rows are ranked by the average of Accuracy over all tasks, higher first. Rows that lack a score of more tasks come after the others.",
      overall_title: "Average of Accuracy",
    });
    const { text } = await lab.organizer.send("GET", `${path()}results.csv`);
    const [header, first] = text.split("\r\n").map((line) => line.split(","));
    assert.deepEqual([header![2], first![2]], ["Average of Accuracy", "0.6"]);
  });

  it("takes another rule by a request, which is checked as in bundles", async () => {
    const [first, second] = (await taskKeys()) as [{ key: string; name: string }, { key: string }];
    assertRefused(await edit({ multi_task_ranking: "average" }), 400, "INVALID");
    assertRefused(await edit({ multi_task_ranking: "chosen_task" }), 400, "INVALID");
    assertRefused(
      await edit({ multi_task_ranking: "chosen_task", ranking_tasks: [crypto.randomUUID()] }),
      400,
      "INVALID",
    );
    assert.equal((await edit({ multi_task_ranking: "chosen_task", ranking_tasks: [first.key] })).status, 200);
    assert.deepEqual(await settings(), ["chosen_task", [first.key]]);
    assert.deepEqual(await shown(), {
      rows: [
        [ids.uneven, null],
        [ids.even, null],
      ],
      ranking: `Rows are ranked by Accuracy of the task ${first.name}, higher first.`,
      overall_title: null,
    });
    assert.equal((await edit({ title: "Another title" })).status, 200);
    assert.equal((await edit({ ranking_tasks: [second.key] })).status, 200);
    assert.deepEqual((await shown()).rows[0], [ids.even, null]);
    assert.equal((await edit({ multi_task_ranking: "average_rank" })).status, 200);
    assert.deepEqual((await shown()).rows, [
      [ids.uneven, "1.5"],
      [ids.even, "1.5"],
    ]);
    assert.equal((await edit({ multi_task_ranking: "best_task" })).status, 200);
    assert.deepEqual(
      [await settings(), (await shown()).rows[0]],
      [
        ["best_task", []],
        [ids.uneven, null],
      ],
    );
  });

  it("no longer ranks by a task that the phase loses", async () => {
    const [first, second] = (await taskKeys()) as { key: string }[] as [{ key: string }, { key: string }];
    assert.equal(
      (await edit({ multi_task_ranking: "chosen_task", ranking_tasks: [first.key, second.key] })).status,
      200,
    );
    const { phases } = await expect<{ phases: { id: number }[] }>(200, lab.organizer, "GET", path());
    const changed = phases.map(({ id }) => ({ id, tasks: [second.key] }));
    assert.equal((await lab.organizer.send("PATCH", path(), { json: { phases: changed } })).status, 200);
    assert.deepEqual(await settings(), ["chosen_task", [second.key]]);
    assert.deepEqual((await shown()).rows[0], [ids.even, null]);
  });

  describe("when a task is taken out of the phase and put back (A-25, L-44)", () => {
    let own: Competition;
    let keys: string[];
    let ids: { uneven: number; even: number; failed: number };
    beforeAll(async () => {
      const sum = { title: "Sum", key: "sum", index: 1, computation: "sum", computation_indexes: [0] };
      own = await lab.competition({ ...twoTasks, ...boardWithRule("Force_Best", [sum]) }, alice, bob);
      const run = (who: Person, first: number, second: number | null) =>
        lab.submitted(who, phaseOf(own), ({ task }) =>
          task === "Second" && second === null
            ? { failure: "PROGRAM_EXIT" }
            : { scores: { accuracy: task === "First" ? first : second } },
        );
      ids = { uneven: await run(alice, 0.9, 0), even: await run(alice, 0.5, 0.6), failed: await run(bob, 0.8, null) };
      const { phases } = await expect<{ phases: { tasks: { key: string }[] }[] }>(
        200,
        lab.organizer,
        "GET",
        `/api/competitions/${own.id}/`,
      );
      keys = phases[0]!.tasks.map(({ key }) => key);
    });

    const setTasks = (tasks: string[]) =>
      expect(200, lab.organizer, "PATCH", `/api/competitions/${own.id}/`, {
        json: { phases: [{ id: phaseOf(own), tasks }] },
      });
    const rows = async () => {
      const path = `/api/phases/${phaseOf(own)}/get_leaderboard/`;
      const { tasks, submissions } = await expect<{
        tasks: { id: number }[];
        submissions: { id: number; scores: { task_id: number }[] }[];
      }>(200, lab.organizer, "GET", path);
      const known = tasks.map(({ id }) => id);
      for (const { scores } of submissions) for (const { task_id } of scores) assert.ok(known.includes(task_id));
      return submissions.map(({ id }) => id).sort((a, b) => a - b);
    };
    const sumOf = async (id: number) => Number(scoresOf(await shownTo(lab.organizer, id))["sum"]);
    const childrenOf = async (id: number) => (await shownTo(lab.organizer, id)).children;

    it("only the tasks of the phase choose rows, rank them and are computed from", async () => {
      assert.deepEqual([await rows(), await sumOf(ids.even)], [[ids.even, ids.failed], 1.1]);
      await setTasks(keys.slice(0, 1));
      assert.deepEqual([await rows(), await sumOf(ids.even)], [[ids.uneven, ids.failed], 0.5]);
    });

    it("only submissions without a run on it that counts run again, once", async () => {
      await setTasks(keys);
      assert.deepEqual([await rows(), await sumOf(ids.even)], [[ids.even, ids.failed], 1.1]);
      const [manifest, another] = [await lab.claim(), await lab.claim()];
      assert.ok(manifest);
      assert.equal(another, null);
      assert.deepEqual(await rows(), [ids.even, ids.failed], "it keeps its row meanwhile");
      await lab.finish(manifest, { scores: { accuracy: 0.7 } });
      assert.deepEqual([(await childrenOf(ids.even)).length, (await childrenOf(ids.failed)).length], [2, 3]);
      assert.equal(await sumOf(ids.failed), 1.5);
    });

    it("a rerun has one run per task, and of several runs on one task the last one counts", async () => {
      const { id } = await expect<{ id: number }>(
        200,
        lab.organizer,
        "POST",
        `/api/submissions/${ids.failed}/re_run_submission/`,
      );
      assert.equal((await childrenOf(id)).length, 2);
      await lab.runAll({ scores: { accuracy: 0.2 } });
      const { db } = lab.inside;
      const [first] = await childrenOf(id);
      const { id: twin } = await db
        .insertInto("submissions")
        .columns(["phase_id", "owner_id", "participant_id", "data_id", "task_id", "parent_id", "status"])
        .expression((eb) =>
          eb
            .selectFrom("submissions")
            .select(["phase_id", "owner_id", "participant_id", "data_id", "task_id", "parent_id", "status"])
            .where("id", "=", first!),
        )
        .returning("id")
        .executeTakeFirstOrThrow();
      await db
        .insertInto("submission_scores")
        .columns(["submission_id", "column_id", "score"])
        .expression((eb) =>
          eb
            .selectFrom("submission_scores")
            .select((one) => [one.val(twin).as("submission_id"), "column_id", "score"])
            .where("submission_id", "=", first!),
        )
        .execute();
      await setTasks(keys.slice(0, 1));
      await setTasks(keys);
      assert.equal(await sumOf(id), 0.4);
    });
  });
});
