import assert from "node:assert/strict";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, it } from "@jest/globals";
import { requireDocker } from "../../support/docker.ts";
import { endingRules } from "./ending-rules.ts";
import { folderRules } from "./folder-rules.ts";
import { hostileRules } from "./hostile-rules.ts";
import { Lab } from "./lab.ts";
import { limitRules } from "./limit-rules.ts";
import { programRules } from "./program-rules.ts";
import { questionRules } from "./question-rules.ts";
import { reachRules } from "./reach-rules.ts";
import type { Suite } from "./suite.ts";

/** What holds for a step, whatever launcher runs it. */
export function stepRules(suite: Suite): void {
  folderRules(suite);
  // These are kept before a launcher has its turn, so one is enough.
  if (suite.launcher === "docker") programRules(suite);
  endingRules(suite);
  limitRules(suite);
  questionRules(suite);
  reachRules(suite);
  hostileRules(suite);
}

/** The rules for a worker that runs steps on this machine. */
export function localStepRules(launcher: "docker" | "sandbox"): void {
  let lab: Lab;
  beforeAll(async () => {
    if (launcher === "docker") await requireDocker();
    lab = await Lab.start();
    const dataFolder = await lab.newHome();
    await chmod(dataFolder, 0o755);
    await writeFile(join(dataFolder, "private.txt"), "stays here");
    await lab.readyWorker({ launcher, environment: { BENCHSTACK_DATA_FOLDER: dataFolder } });
  });
  afterAll(async () => {
    await lab.close();
    assert.deepEqual(lab.api.violations, []);
  });
  stepRules({ launcher, lab: () => lab, ordinaryImage: () => lab.image, it });
}
