import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { jsonLog } from "../../../worker-image/log.ts";
import { RegistryFront } from "../../support/ecs/registry-front.ts";
import type { PullRefusal } from "../../support/ecs/registry-front.ts";
import { EcsLab } from "./ecs-lab.ts";
import { results, trivialScoring } from "./lab.ts";
import { ecsAttempt } from "./ecs-own-attempt.ts";

const refusals: [what: string, refusal: PullRefusal, code: string, message: RegExp][] = [
  ["is gone", { status: 404, code: "MANIFEST_UNKNOWN", message: "manifest unknown" }, "IMAGE_NOT_FOUND", /^The image cannot be pulled: CannotPullContainerError: /],
  ["may not be pulled", { status: 403, code: "DENIED", message: "requested access to the resource is denied" }, "IMAGE_NOT_FOUND", /^The image cannot be pulled: /],
  ["is pulled too often", { status: 429, code: "TOOMANYREQUESTS", message: "You have reached your pull rate limit." }, "IMAGE_PULL", /^The image could not be pulled: .*(pull rate limit|429)/],
  ["is in a registry that fails", { status: 503, code: "UNAVAILABLE", message: "try again later" }, "IMAGE_PULL", /^The image could not be pulled: /],
];

describe("tasks whose image", () => {
  let ecs: EcsLab;
  let front: RegistryFront;
  before(async () => {
    ecs = await EcsLab.start();
    front = await RegistryFront.start(ecs.registry.host);
  });
  after(async () => {
    await ecs.close();
    await front.close();
    assert.deepEqual(ecs.lab.api.violations, []);
    assert.deepEqual(ecs.ecs.refused, []);
  });

  for (const [what, refusal, code, message] of refusals) {
    it(`${what} fail with ${code}, in the engine's words`, async () => {
      const lines: string[] = [];
      front.refusal = refusal;
      const log = jsonLog((line) => lines.push(line));
      const attempt = await ecsAttempt(ecs, { submission: results, scoring: trivialScoring }, { repository: `${front.host}/imported`, log });
      const report = await attempt.report;
      assert.equal(report?.failure?.code, code, lines.join(""));
      assert.match(report.failure.message, message);
      const tasks = attempt.tasks("prediction");
      assert.deepEqual(tasks.map(({ stopCode }) => stopCode), ["TaskFailedToStart"]);
    });
  }
});
