import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { mainJob } from "../../scripts/smoke/main-job.ts";
import { requireDocker, testImage } from "../support/docker.ts";
import { startTestPlatform, type TestPlatform } from "../support/platform.ts";
import { waitFor } from "../support/wait.ts";

describe("npm run smoke", () => {
  let platform: TestPlatform;
  beforeAll(async () => {
    await requireDocker();
    platform = await startTestPlatform({ database: "postgres", worker: { launcher: "docker", slots: 2 } });
    await waitFor("the worker", () => platform.inside.db.selectFrom("workers").select("id").executeTakeFirst());
  });
  afterAll(() => platform.close());

  const run = (image: string, said: string[]) =>
    mainJob({ admin: platform.admin.client, image, patienceMs: 120_000, say: (sentence) => said.push(sentence) });

  it("ends before anything runs when the engine of this machine cannot have the image, and says why", async () => {
    const said: string[] = [];
    await assert.rejects(run("127.0.0.1:1/no/image:1", said), /could not be pulled: .*\. Or set BENCHSTACK_IMAGE to/);
    assert.deepEqual(said, []);
  });

  it("runs the example of a platform that works", async () => {
    const said: string[] = [];
    await run(testImage, said);
    assert.equal(said.at(-1), "The leaderboard has the expected scores.");
  });
});
