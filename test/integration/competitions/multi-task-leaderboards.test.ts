import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Competition, Leaderboard } from "../../../client/api-client.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { boardWithRule, expect, openLabWithPeople, phaseOf, twoTasks, type Lab } from "../support/lab.ts";

describe("a leaderboard of a phase with several tasks (L-19)", () => {
  let lab: Lab;
  let competition: Competition;
  let ids: Record<"uneven" | "even", number>;
  beforeAll(async () => {
    let alice: Person;
    let bob: Person;
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
    assert.deepEqual((await shown()).rows[0], [ids.uneven, null]);
  });
});
