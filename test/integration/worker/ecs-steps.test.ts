import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { containerOf,  results, trivialScoring } from "./lab.ts";
import { EcsLab } from "./ecs-lab.ts";

describe("steps run as tasks of a cluster", () => {
  let ecs: EcsLab;
  before(async () => {
    ecs = await EcsLab.start();
    await ecs.worker();
  });
  after(async () => {
    await ecs.close();
    assert.deepEqual(ecs.lab.api.violations, []);
    assert.deepEqual(ecs.ecs.refused, []);
  });

  it("scores results", async () => {
    const { report, attempt } = await ecs.lab.run({ submission: results, scoring: trivialScoring, image: ecs.image }, 60_000);
    assert.equal(report.outcome, "succeeded", JSON.stringify(report));
    assert.equal(await ecs.lab.text(attempt, "scoring/scores.json"), '{"accuracy": 1}');
    assert.equal(containerOf(report, "scoring").exitCode, 0);
  });
});
