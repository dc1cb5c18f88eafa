import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { jsonLog } from "../../../worker-image/log.ts";
import { waitFor } from "../../support/wait.ts";
import { EcsLab } from "./ecs-lab.ts";
import { python, results } from "./lab.ts";
import { ecsAttempt } from "./ecs-own-attempt.ts";

describe("a task that its worker left to the next one", () => {
  let ecs: EcsLab;
  beforeAll(async () => {
    ecs = await EcsLab.start();
  });
  afterAll(async () => {
    await ecs.close();
    assert.deepEqual(ecs.lab.api.violations, []);
    assert.deepEqual(ecs.ecs.refused, []);
  });

  it("is stopped by that one when its job was cancelled meanwhile", async () => {
    const log = jsonLog(() => {});
    const scoring = python("import time\ntime.sleep(1000)");
    const attempt = await ecsAttempt(ecs, { submission: results, scoring, timeLimitSeconds: 1000 }, { log });
    await waitFor(
      "the program to run",
      () => attempt.tasks("scoring")[0]?.members.get("program")?.status === "RUNNING",
      60_000,
    );
    attempt.interrupt("released");
    assert.equal((await attempt.report)?.outcome, "released");
    const task = attempt.tasks("scoring")[0]!;
    assert.equal(task.stopCode, null, "it runs on");
    // As the platform ends a job that waits.
    attempt.job.ready = false;
    attempt.seen.report = { outcome: "cancelled", failure: null, steps: [] };
    await ecs.worker(1);
    assert.deepEqual([task.stopCode, task.stoppedReason], ["UserInitiated", "its attempt is over"]);
    await task.ended;
  });
});
