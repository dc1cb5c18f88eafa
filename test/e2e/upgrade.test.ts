/** A home that the release before this one made and filled, under this release. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { bundleFiles, publishCompetition, python, scoreOfAnswer, submit, waitToGo } from "../support/competitions.ts";
import { temporaryFolder } from "../support/files.ts";
import { ended, letGo, personOf, scoringFolders } from "../support/platform.ts";
import { extractReleaseBefore, hasReleaseBefore, releaseBefore } from "../support/release-before.ts";
import { waitFor } from "../support/wait.ts";
import { killAll, start } from "./started.ts";

const isThere = hasReleaseBefore();
if (!isThere) console.log(`Skipped: this clone has no commit ${releaseBefore}, the release before.`);
const patienceMs = 300_000;

(isThere ? describe : describe.skip)("a home of the release before", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let before: string;
  beforeAll(async () => {
    folder = await temporaryFolder();
    before = join(folder.path, "release");
    const paths = ["cli", "client", "contract", "lambdas", "local", "scripts", "worker-image", "lib"];
    extractReleaseBefore(before, paths);
  });
  afterAll(async () => {
    await killAll();
    await folder.remove();
  });

  it("has its accounts, competitions, submissions, scores, files and waiting jobs after the upgrade", async () => {
    const password = "password of the test";
    const home = join(folder.path, "home");
    const settings = { BENCHSTACK_HOME: home, BENCHSTACK_ADMIN_PASSWORD: password };
    const old = start(settings, [process.execPath, join(before, "scripts/start.ts")]);
    const admin = await personOf(await old.url(), "admin", password);
    const competition = await publishCompetition(
      admin,
      bundleFiles({}, python(`${waitToGo}\n${scoreOfAnswer}`, "scoring_program/")),
    );
    const phaseId = competition.phases[0]!.id;
    const scored = await submit(admin, phaseId, { "answer.txt": "0.5" });
    await waitFor("its program", () => scoringFolders(home).length > 0, patienceMs);
    await letGo(home);
    await ended(admin, scored, patienceMs);
    const running = await submit(admin, phaseId, { "answer.txt": "0.75" });
    await waitFor("the next program", () => scoringFolders(home).length > 0, patienceMs);
    const waiting = await submit(admin, phaseId, { "answer.txt": "0.25" });
    await old.kill();

    const url = await start(settings).url();
    const { client } = await personOf(url, "admin", password);
    assert.equal((await client.submission(scored)).status, "Finished");
    for (const id of [running, waiting])
      await waitFor(
        `submission ${id}`,
        async () => {
          if (scoringFolders(home).length > 0) await letGo(home).catch(() => undefined);
          return (await client.submission(id)).status === "Finished";
        },
        patienceMs,
      );
    const board = await client.leaderboard(phaseId);
    assert.deepEqual(
      board.submissions.map(({ id, scores }) => [id, Number(scores[0]?.score)]),
      [[waiting, 0.25]],
    );
    const { data_file } = await client.request<{ data_file: string }>("GET", `/api/submissions/${scored}/get_details/`);
    assert.equal((await fetch(data_file)).status, 200);
  }, 900_000);
});
