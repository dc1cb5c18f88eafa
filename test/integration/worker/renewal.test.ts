import assert from "node:assert/strict";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { ArchiveCache } from "../../../worker-image/archive-cache.ts";
import { FreeSpace } from "../../../worker-image/free-space.ts";
import { DockerLauncher } from "../../../worker-image/launchers/docker/launcher.ts";
import { SandboxLauncher } from "../../../worker-image/launchers/sandbox/launcher.ts";
import { LocalStepRunner } from "../../../worker-image/local-steps.ts";
import { jsonLog } from "../../../worker-image/log.ts";
import { Lab, python, results } from "./lab.ts";
import { ownAttempt } from "./own-attempt.ts";

for (const kind of ["sandbox", "docker"] as const)
  describe(`steps in containers of this machine (${kind}) that outlive their signatures`, () => {
    let lab: Lab;
    let runner: LocalStepRunner;
    const lines: string[] = [];
    const log = jsonLog((line) => lines.push(line));
    beforeAll(async () => {
      lab = await Lab.start();
      const home = await lab.newHome();
      const options = {
        workerId: "renewal",
        pull: "missing" as const,
        maxImageBytes: Infinity,
        registries: "all" as const,
        home,
        log,
      };
      const launcher = kind === "docker" ? await DockerLauncher.connect(options) : await SandboxLauncher.open(options);
      const space = new FreeSpace(() => Promise.resolve(false), log);
      runner = new LocalStepRunner(launcher, await ArchiveCache.open(join(home, "cache"), 1e9), space, (id) =>
        join(home, id),
      );
    });
    afterAll(async () => {
      await lab.close();
      assert.deepEqual(lab.api.violations, []);
    });

    it("get new ones, with which they leave logs and outputs", async () => {
      // Long enough for a busy machine to fetch what the step needs.
      lab.signing.seconds = 10;
      const scoring = python(
        "import time\ntime.sleep(14)\nprint('end')\nopen('/app/output/scores.json','w').write('{}')",
      );
      const attempt = await ownAttempt(lab, { submission: results, scoring }, { runner, renewalMs: 2_000, log });
      const report = await attempt.report;
      assert.equal(report?.outcome, "succeeded", report?.failure?.message ?? lines.join(""));
      assert.equal(await lab.text(attempt.seen, "scoring/program.stdout.log"), "end\n");
      assert.equal(await lab.text(attempt.seen, "scoring/scores.json"), "{}");
      assert.ok((await lab.names(attempt.seen)).includes("scoring/output.zip"));
    });
  });
