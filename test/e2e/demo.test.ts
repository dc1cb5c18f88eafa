import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { promisify } from "node:util";
import { repository, temporaryFolder } from "../support/files.ts";

const run = promisify(execFile);

describe("npm run demo", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    folder = await temporaryFolder();
  });
  afterAll(() => folder.remove());

  it("shows the logs as they grow and a leaderboard that the programs earned, and leaves nothing behind", async () => {
    const { stdout } = await run(process.execPath, [join(repository, "scripts/demo.ts")], {
      cwd: folder.path,
      env: { ...process.env, TMPDIR: folder.path },
    });
    assert.match(stdout, /participant-a Rings +│ predicted \d+ of 100 rows/);
    assert.match(stdout, /4 Finished/);
    assert.match(stdout, /^ +1 +participant-a +0\.99 .*\n +2 +participant-b +0\.98 /m);
    assert.deepEqual(
      (await readdir(folder.path)).filter((name) => !name.endsWith(".sock")),
      [],
    );
  });
});
