import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sealingKeyOf, newLoginKey } from "../../contract/registry-login.ts";
import type { Competition } from "../../client/api-client.ts";
import { ensureRoles } from "../../lambdas/kernel/db/roles.ts";
import { bundleFiles, register } from "../support/competitions.ts";
import { temporaryFolder } from "../support/files.ts";
import type { Person } from "../support/platform.ts";
import { hasReleaseBefore, releaseBefore, serveReleaseBefore, type ReleaseBefore } from "../support/release-before.ts";
import { zip } from "../support/zip.ts";
import type { Lab } from "../integration/support/lab.ts";

// Variables of the release before.
process.env["ENABLE_SIGN_UP"] = "true";
process.env["CAPACITY_PROFILES"] = JSON.stringify({
  standard: { cpu: 1024, memoryMiB: 4096, diskGiB: 21, gpus: 0, network: true, users: null },
});
const isThere = hasReleaseBefore();
if (!isThere) console.log(`Skipped: this clone has no commit ${releaseBefore}, the release before.`);
const { functions, currentContext } = isThere ? serveReleaseBefore() : ({} as ReleaseBefore);
// Now the platform has the functions of the release before. What sets up its database is of this release.
const { expect, openLab, shownTo, scoresOf } = await import("../integration/support/lab.ts");

/** A deploy migrates the database first. Until its functions are there, and after a rollback, the old ones use the schema. */
(isThere ? describe : describe.skip)("the functions of the release before, on the schema of this release", () => {
  let lab: Lab;
  let competition: Competition;
  let participant: Person;
  beforeAll(async () => {
    lab = await openLab();
    participant = await lab.newPerson();
  });
  afterAll(async () => {
    await currentContext().db.destroy();
    await lab.close();
  });

  it("are those that run", () => {
    assert.notEqual(currentContext(), lab.inside);
    assert.equal(currentContext().environment.DATABASE_URL, lab.inside.environment.DATABASE_URL);
  });

  it("bring the database up to date, which is what a rollback does", async () => {
    const { DATABASE_URL } = lab.inside.environment;
    const { username, password } = new URL(DATABASE_URL);
    await ensureRoles(lab.inside.db);
    const orders = {
      owner: { username: decodeURIComponent(username), password: decodeURIComponent(password) },
      administrator: { username: lab.admin.username, password: lab.admin.password },
      workerToken: `bsw_${"t".repeat(43)}`,
      sealingKey: sealingKeyOf(newLoginKey()),
    };
    const { applied } = (await functions["lambdas/functions/events/migrate.ts"]!.handler!(orders)) as {
      applied: string[];
    };
    assert.deepEqual(applied, []);
  });

  it("unpack a bundle", async () => {
    const folder = await temporaryFolder();
    const file = join(folder.path, "bundle.zip");
    await writeFile(file, await zip(bundleFiles()));
    competition = await lab.organizer.client.createCompetition(file);
    await folder.remove();
    await expect(200, lab.organizer, "POST", `/api/competitions/${competition.id}/toggle_publish/`);
  });

  it("run a submission, from its upload to the leaderboard, and run it again", async () => {
    await register(competition, participant);
    const phase = competition.phases[0]!.id;
    const id = await lab.submitted(participant, phase, { scores: { accuracy: 0.5, duration: 2 } });
    assert.deepEqual(scoresOf(await shownTo(participant, id)), { accuracy: "0.5000000000", duration: "2.0000000000" });
    const board = await participant.client.leaderboard(phase);
    assert.deepEqual(
      board.submissions.map((row) => row.id),
      [id],
    );
    await expect(200, lab.organizer, "POST", `/api/submissions/${id}/re_run_submission/`);
    await lab.runAll({ failure: "OUT_OF_MEMORY" });
    await functions["lambdas/functions/events/sweeper.ts"]!.handler!();
  });

  it("make and change queues, organizations and dumps, and delete what was made", async () => {
    const queue = await expect<{ id: number }>(201, lab.organizer, "POST", "/api/queues/", { json: { name: "Mine" } });
    await expect(200, lab.organizer, "PATCH", `/api/queues/${queue.id}/`, { json: { max_running: 2 } });
    await expect(204, lab.organizer, "DELETE", `/api/queues/${queue.id}/`);
    const organization = { name: "Institute", email: "institute@example.org" };
    await expect(201, participant, "POST", "/api/organizations/", { json: organization });
    await expect(204, lab.organizer, "DELETE", `/api/competitions/${competition.id}/`);
  });
});
