/**
 * Modules of upstream's own tests/cli/test_cli.py, from the checkout of CodaLab Worksheets that CODALAB_CHECKOUT names
 * (docs/worksheets.md, "Upstream's own tests").
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { codalabPrograms } from "../support/codalab-client.ts";
import { requireDocker } from "../support/docker.ts";
import { repository, temporaryFolder } from "../support/files.ts";
import { startTestPlatform, type TestPlatform } from "../support/platform.ts";

const run = promisify(execFile);
const checkout = process.env.CODALAB_CHECKOUT;
/** Their runs call Python `python`. */
const image = "benchstack-test-codalab:latest";

/** `search` wants that nothing floats, and `disk` leaves a quota behind when it fails. */
const modules = [
  ..."search basic auth upload1 upload2 upload4 download refs binary rm make worksheet_search worksheet_tags".split(
    " ",
  ),
  ..."worksheet_freeze_unfreeze bundle_freeze_unfreeze detach perm search_time run run2 read kill write mimic".split(
    " ",
  ),
  ..."status batch copy competition netcat netcurl anonymous unicode rest1 worksheets memoize edit_user edit".split(
    " ",
  ),
  ..."work open wopen parallel disk".split(" "),
];

describe("upstream's own tests", () => {
  if (checkout === undefined) {
    it.skip("run where CODALAB_CHECKOUT names a checkout of CodaLab Worksheets", () => {});
    return;
  }

  let platform: TestPlatform;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let programs: { python: string; folder: string };
  beforeAll(async () => {
    await requireDocker();
    await run(join(repository, "scripts/test-image.sh"), [image, "python-is-python3", "perl"]);
    programs = await codalabPrograms();
    folder = await temporaryFolder();
    await mkdir(join(folder.path, "bin"));
    for (const name of ["cl", "cl-competitiond"]) {
      const path = join(folder.path, "bin", name);
      await writeFile(path, `#!/bin/sh\nexec ${programs.python} ${join(programs.folder, name)} "$@"\n`);
      await chmod(path, 0o755);
    }
    const worksheets = { asciiOnly: true, image };
    platform = await startTestPlatform({ database: "postgres", worker: { launcher: "docker", slots: 4 }, worksheets });
  });
  afterAll(async () => {
    await platform.close();
    await folder.remove();
  });

  for (const module of modules)
    it(module, async () => {
      const env = {
        ...process.env,
        PATH: `${join(folder.path, "bin")}:${process.env.PATH}`,
        CODALAB_HOME: join(folder.path, module),
        CODALAB_SESSION: module,
        PYTHONWARNINGS: "ignore",
        ADDRESS: platform.url,
        ADMIN: platform.admin.username,
        ADMIN_PASSWORD: platform.admin.password,
        IMAGE: image,
      };
      await mkdir(env.CODALAB_HOME);
      const script = join(repository, "test/cl/upstream.py");
      const options = { env, cwd: checkout, maxBuffer: 64 * 1024 ** 2 };
      const failed = await run(programs.python, [script, checkout, module], options).then(
        () => null,
        ({ stdout, stderr }: { stdout: string; stderr: string }) => `${stdout.slice(-4000)}\n${stderr.slice(-2000)}`,
      );
      assert.equal(failed, null, failed ?? "");
    });
});
