import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { jsonLog } from "../../../worker-image/log.ts";
import { RegistryFront } from "../../support/ecs/registry-front.ts";
import type { PullRefusal } from "../../support/ecs/registry-front.ts";
import { EcsLab } from "./ecs-lab.ts";
import { results, trivialScoring } from "./lab.ts";
import { ecsAttempt } from "./ecs-own-attempt.ts";

const refusals: [what: string, refusal: PullRefusal, message: RegExp, launches: number][] = [
  [
    "is gone for good",
    { status: 404, code: "MANIFEST_UNKNOWN", message: "manifest unknown" },
    /^The image could not be pulled, also after it was imported again: CannotPullContainerError: /,
    2,
  ],
  [
    "may not be pulled",
    { status: 403, code: "DENIED", message: "requested access to the resource is denied" },
    /^The image could not be pulled: .*denied/,
    1,
  ],
  [
    "is pulled too often",
    { status: 429, code: "TOOMANYREQUESTS", message: "You have reached your pull rate limit." },
    /^The image could not be pulled: .*(pull rate limit|429)/,
    1,
  ],
  [
    "is in a registry that fails",
    { status: 503, code: "UNAVAILABLE", message: "try again later" },
    /^The image could not be pulled: /,
    1,
  ],
];

describe("tasks whose image", () => {
  let ecs: EcsLab;
  let front: RegistryFront;
  beforeAll(async () => {
    ecs = await EcsLab.start();
    front = await RegistryFront.start(ecs.registry.host);
  });
  afterAll(async () => {
    await ecs.close();
    await front.close();
    assert.deepEqual(ecs.lab.api.violations, []);
    assert.deepEqual(ecs.ecs.refused, []);
  });

  for (const [what, refusal, message, launches] of refusals) {
    it(`${what} fail with IMAGE_PULL, in the engine's words`, async () => {
      const lines: string[] = [];
      front.refusal = refusal;
      const log = jsonLog((line) => lines.push(line));
      const attempt = await ecsAttempt(
        ecs,
        { submission: results, scoring: trivialScoring },
        { repository: `${front.host}/imported`, log },
      );
      const report = await attempt.report;
      assert.equal(report?.failure?.code, "IMAGE_PULL", lines.join(""));
      assert.match(report.failure.message, message);
      const tasks = attempt.tasks("prediction");
      assert.deepEqual(
        tasks.map(({ stopCode }) => stopCode),
        Array(launches).fill("TaskFailedToStart"),
      );
    });
  }

  it("goes after it was looked up has it imported again, and are started again", async () => {
    const lines: string[] = [];
    front.refusal = null;
    front.losesNext = true;
    const log = jsonLog((line) => lines.push(line));
    const attempt = await ecsAttempt(
      ecs,
      { submission: results, scoring: trivialScoring },
      { repository: `${front.host}/imported`, log },
    );
    const report = await attempt.report;
    assert.equal(report?.outcome, "succeeded", lines.join(""));
    assert.equal(front.losesNext, false, "an engine asked for the image");
    assert.equal(
      lines.filter((line) => line.includes("image.imported")).length,
      1,
      "the copy that was there before is one of an earlier test",
    );
    assert.equal(
      attempt.tasks("prediction").length + attempt.tasks("scoring").length,
      3,
      "one launch of two came to nothing",
    );
  });
});
