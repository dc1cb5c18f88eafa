/** Limits on the storage of a phase's submissions: their maximum size, and whose files are kept. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { jobOwners } from "../../../lambdas/functions/job-owners.ts";
import { sweep } from "../../../lambdas/functions/sweep.ts";
import type { Competition } from "../../../client/api-client.ts";
import { inDays, phase, submit, upload } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";
import {
  boardWithRule,
  expect,
  listedTo,
  openLabWithPeople,
  phaseOf,
  shownTo,
  twoTasks,
  type Lab,
} from "../support/lab.ts";
import { join, makeOrganization } from "../accounts/organization-lab.ts";

let lab: Lab;
let alice: Person;
let bob: Person;
beforeAll(async () => {
  ({ lab, alice, bob } = await openLabWithPeople());
});
afterAll(() => lab.close());

const set = (competition: Competition, on: boolean) =>
  expect(200, lab.organizer, "PATCH", `/api/phases/${phaseOf(competition)}/`, {
    json: { delete_submissions_except_best_and_last: on },
  });
/**
 * Deletes what a phase does not keep, at this moment only: the platform's own sweeper finds nothing before and after.
 */
async function deleteOthers(competition: Competition): Promise<void> {
  await set(competition, true);
  await sweep(lab.inside, jobOwners);
  await set(competition, false);
}
const competitionOf = (settings: Record<string, unknown> = {}, rule = "Force_Last") =>
  lab.competition({ ...boardWithRule(rule), ...settings }, alice, bob);
const scored = (person: Person, competition: Competition, accuracy: number) =>
  lab.submitted(person, phaseOf(competition), { scores: { accuracy } });
/** Returns those of the submissions whose files still exist. */
async function withFiles(ids: number[]): Promise<number[]> {
  const shown = await Promise.all(ids.map((id) => shownTo(lab.organizer, id)));
  return shown.filter(({ filename }) => filename !== "Deleted File").map(({ id }) => id);
}
const deletions = async ({ id }: Competition) =>
  (
    await expect<{ results: { actor: object | null; subject: { id: string } }[] }>(
      200,
      lab.organizer,
      "GET",
      `/api/competitions/${id}/audit/?kind=submission.files_deleted`,
    )
  ).results;

describe("delete_submissions_except_best_and_last of a phase (A-106)", () => {
  it("deletes files, outputs and logs of superseded submissions; submissions and scores are kept", async () => {
    const competition = await competitionOf();
    const ids = [
      await scored(alice, competition, 0.1),
      await scored(alice, competition, 0.9),
      await scored(alice, competition, 0.2),
    ];
    const others = await scored(bob, competition, 0.05);
    interface Details {
      data_file: string | null;
      scoring_result: string | null;
      logs: { data_file: string }[];
    }
    const details = () => expect<Details>(200, alice, "GET", `/api/submissions/${ids[0]}/get_details/`);
    const links = await details();
    await deleteOthers(competition);
    assert.deepEqual(
      await withFiles([...ids, others]),
      [ids[1], ids[2], others],
      "the best, the last, and what is another's only one",
    );
    for (const url of [links.data_file!, links.scoring_result!, links.logs[0]!.data_file])
      await waitFor("the files to be gone", async () => (await fetch(url)).status === 404);

    const { status, filename, scores, is_soft_deleted } = await shownTo(alice, ids[0]!);
    assert.deepEqual(
      [status, filename, scores.map(({ score }) => score), is_soft_deleted],
      ["Finished", "Deleted File", ["0.1000000000"], false],
    );
    const { data_file, scoring_result, logs } = await details();
    assert.deepEqual([data_file, scoring_result, logs], [null, null, []]);
    assert.deepEqual(
      (await deletions(competition)).map(({ actor, subject }) => [actor, subject.id]),
      [[null, String(ids[0])]],
    );
    await deleteOthers(competition);
    assert.deepEqual(
      [await withFiles([...ids, others]), (await deletions(competition)).length],
      [[ids[1], ids[2], others], 1],
    );
  });

  it("is off by default, and applies to existing submissions when enabled", async () => {
    const competition = await competitionOf();
    const ids = [
      await scored(alice, competition, 0.1),
      await scored(alice, competition, 0.9),
      await scored(alice, competition, 0.2),
    ];
    await sweep(lab.inside, jobOwners);
    assert.deepEqual(await withFiles(ids), ids);
    await set(competition, true);
    await sweep(lab.inside, jobOwners);
    assert.deepEqual(await withFiles(ids), ids.slice(1));
  });

  it("keeps submissions that are on the leaderboard, public, unfinished or failed", async () => {
    const competition = await competitionOf({}, "Add");
    const [onBoard, open, best] = [
      await scored(alice, competition, 0.1),
      await scored(alice, competition, 0.2),
      await scored(alice, competition, 0.9),
    ];
    await expect(200, alice, "POST", `/api/submissions/${onBoard}/submission_leaderboard_connection/`);
    await expect(200, alice, "POST", `/api/submissions/${open}/toggle_public/`);
    const failed = await lab.submitted(alice, phaseOf(competition), { failure: "PROGRAM_EXIT" });
    const gone = await scored(alice, competition, 0.3);
    const last = await scored(alice, competition, 0.4);
    const waiting = await submit(alice, phaseOf(competition), Buffer.from("x"));
    await deleteOthers(competition);
    const all = [onBoard, open, best, failed, gone, last, waiting];
    assert.deepEqual(
      await withFiles(all),
      all.filter((id) => id !== gone),
    );
    await lab.runAll({ scores: { accuracy: 0.5 } });
    await deleteOthers(competition);
    assert.deepEqual(await withFiles(all), [onBoard, open, best, failed, waiting]);
  });

  it("treats submissions to several tasks as wholes", async () => {
    const competition = await lab.competition({ ...twoTasks, ...boardWithRule("Force_Last") }, alice);
    const ids: number[] = [];
    for (const [first, second] of [
      [0.9, 0.1],
      [0.2, 0.1],
      [0.1, 0.1],
    ] as const)
      ids.push(
        await lab.submitted(alice, phaseOf(competition), ({ task }) => ({
          scores: { accuracy: task === "First" ? first : second },
        })),
      );
    await deleteOthers(competition);
    assert.deepEqual(await withFiles(ids), [ids[0], ids[2]]);
    const { children } = await shownTo(alice, ids[1]!);
    assert.deepEqual([children.length, await withFiles(children)], [2, []]);
  });

  it("counts a team's submissions together, where teams share limits", async () => {
    const competition = await competitionOf();
    await expect(200, lab.organizer, "PATCH", `/api/competitions/${competition.id}/`, {
      json: { teams_share_limits: true },
    });
    const organization = await makeOrganization(alice, "Keepers");
    await join(organization, alice, bob, "PARTICIPANT");
    const ids: number[] = [];
    for (const [person, accuracy] of [
      [alice, 0.9],
      [bob, 0.8],
      [alice, 0.7],
      [bob, 0.6],
    ] as const) {
      const data = await upload(person, "submission", Buffer.from("x"));
      const { id } = await expect<{ id: number }>(201, person, "POST", "/api/submissions/", {
        json: { phase: phaseOf(competition), data, organization: organization.id },
      });
      await lab.runAll({ scores: { accuracy } });
      ids.push(id);
    }
    await deleteOthers(competition);
    assert.deepEqual(await withFiles(ids), [ids[0], ids[3]]);
  });

  it("waits while a phase is blind, because the remaining files would reveal the best submission", async () => {
    const competition = await competitionOf({
      phases: [phase({ delete_submissions_except_best_and_last: true, blind: true })],
    });
    const ids = [
      await scored(alice, competition, 0.1),
      await scored(alice, competition, 0.9),
      await scored(alice, competition, 0.2),
    ];
    await sweep(lab.inside, jobOwners);
    assert.deepEqual(await withFiles(ids), ids);
    await expect(200, lab.organizer, "PUT", `/api/phases/${phaseOf(competition)}/blind/`, { json: { blind: false } });
    await sweep(lab.inside, jobOwners);
    assert.deepEqual(await withFiles(ids), ids.slice(1));
  });
});

describe("a submission whose file was deleted (A-107)", () => {
  it("is refused when rerun and skipped when its phase is rerun; an earlier rerun keeps the file", async () => {
    const competition = await competitionOf();
    const [first, second] = [await scored(alice, competition, 0.1), await scored(alice, competition, 0.9)];
    const { id: again } = await expect<{ id: number }>(
      200,
      lab.organizer,
      "POST",
      `/api/submissions/${first}/re_run_submission/`,
    );
    const manifest = await lab.claim();
    const { data_file: file } = await expect<{ data_file: string }>(
      200,
      alice,
      "GET",
      `/api/submissions/${again}/get_details/`,
    );
    const last = await submit(alice, phaseOf(competition), Buffer.from("the last one"));
    await lab.runAll({ scores: { accuracy: 0.2 } });
    await deleteOthers(competition);
    assert.deepEqual(await withFiles([first, second, again, last]), [second, again, last]);
    await lab.finish(manifest!, { scores: { accuracy: 0.1 } });
    assert.deepEqual([(await shownTo(alice, again)).status, (await fetch(file)).status], ["Finished", 200]);

    const refused = await lab.organizer.send("POST", `/api/submissions/${first}/re_run_submission/`);
    assertRefused(refused, 404, "FILE_DELETED", new RegExp(`^Submission ${first} cannot be rerun`));
    assert.equal(typeof refused.body["error_msg"], "string");
    const many = await lab.organizer.send("POST", "/api/submissions/re_run_many_submissions/", {
      json: [first],
    });
    assertRefused(many, 404, "FILE_DELETED");
    const before = (await listedTo(lab.organizer, `phase=${phaseOf(competition)}`)).length;
    const { count } = await expect<{ count: number }>(
      200,
      lab.organizer,
      "POST",
      `/api/phases/${phaseOf(competition)}/rerun_submissions/`,
    );
    assert.deepEqual([count, (await listedTo(lab.organizer, `phase=${phaseOf(competition)}`)).length], [3, before + 3]);
    await lab.runAll({ scores: { accuracy: 0.3 } });
  });

  it("can be on the leaderboard, and does not stop others from migrating", async () => {
    const phases = [phase({ end: inDays(1) }), phase({ index: 1, name: "Next", start: inDays(2) })];
    const competition = await competitionOf({ phases }, "Add_And_Delete_Multiple");
    const ids = [
      await scored(alice, competition, 0.1),
      await scored(alice, competition, 0.9),
      await scored(alice, competition, 0.2),
    ];
    await deleteOthers(competition);
    for (const id of ids.slice(0, 2))
      await expect(200, alice, "POST", `/api/submissions/${id}/submission_leaderboard_connection/`);
    await expect(200, lab.organizer, "POST", `/api/phases/${phaseOf(competition)}/manually_migrate/`);
    const copies = await listedTo(lab.organizer, `phase=${phaseOf(competition, 1)}`);
    assert.equal(copies.length, 1);
    await lab.runAll({ scores: { accuracy: 0.3 } });
  });
});

it("a phase accepts submissions of at most max_submission_size megabytes, and the error gives both sizes (A-108)", async () => {
  const competition = await lab.competition({ phases: [phase({ max_submission_size: 1 })] }, alice);
  const ask = async (bytes: number) =>
    alice.send("POST", "/api/submissions/", {
      json: { phase: phaseOf(competition), data: await upload(alice, "submission", Buffer.alloc(bytes)) },
    });
  assertRefused(
    await ask(1_048_577),
    400,
    "SUBMISSION_TOO_LARGE",
    /has 1048577 bytes, but this phase accepts at most 1 MB \(1048576 bytes\)/,
  );
  assert.deepEqual(await listedTo(alice, `phase=${phaseOf(competition)}`), []);
  const told = async (query: string) =>
    (
      await expect<{ code: string | null; reason: string | null }>(
        200,
        alice,
        "GET",
        `/api/can_make_submission/${phaseOf(competition)}/${query}`,
      )
    ).code;
  assert.deepEqual(
    [await told("?file_size=1048577"), await told("?file_size=1048576"), await told("")],
    ["SUBMISSION_TOO_LARGE", null, null],
    "asked before the upload",
  );
  assert.equal((await ask(1_048_576)).status, 201);
  await expect(200, lab.organizer, "PATCH", `/api/phases/${phaseOf(competition)}/`, {
    json: { max_submission_size: null },
  });
  assert.equal((await ask(1_048_577)).status, 201);
  await lab.runAll({ scores: { accuracy: 1 } });
});
