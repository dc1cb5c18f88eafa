import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { ECSClient } from "@aws-sdk/client-ecs";
import type { RegisterTaskDefinitionCommandInput } from "@aws-sdk/client-ecs";
import { Definitions } from "../../../worker-image/launchers/ecs/definitions.ts";
import { TestEcs } from "../../support/ecs/server.ts";

const hash = (letter: string) => `benchstack-${letter.repeat(32)}`;
const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 60 * 60_000);
const definition = (family: string): RegisterTaskDefinitionCommandInput => ({
  family,
  networkMode: "awsvpc",
  requiresCompatibilities: ["FARGATE"],
  cpu: "256",
  memory: "512",
  containerDefinitions: [{ name: "supervise", image: "image" }],
});

describe("the task definitions of steps", () => {
  let ecs: TestEcs;
  beforeAll(async () => {
    ecs = await TestEcs.start("none");
  });
  afterAll(async () => {
    await ecs.close();
    assert.deepEqual(ecs.refused, []);
  });

  /** As a worker that has just started. */
  const definitions = () =>
    new Definitions(
      new ECSClient({
        endpoint: ecs.url,
        region: "us-east-1",
        credentials: { accessKeyId: "a", secretAccessKey: "b" },
      }),
    );
  const of = (family: string) => ecs.definitions.revisions.filter(({ definition: { family: its } }) => its === family);

  it("are registered when they are first used, and again when they are used after a fortnight", async () => {
    const family = hash("a");
    const first = definitions();
    await Promise.all([first.ensure(definition(family)), first.ensure(definition(family))]);
    await first.ensure(definition(family));
    await definitions().ensure(definition(family));
    assert.equal(of(family).length, 1);
    of(family)[0]!.registeredAt = daysAgo(15);
    await definitions().ensure(definition(family));
    assert.equal(of(family).length, 2);
  });

  it("are removed when nobody used them for a month, and only those that are ours; used again, they are registered again", async () => {
    const [unused, used, foreign] = [hash("b"), hash("c"), "somebody-elses"];
    for (const family of [unused, used, used, foreign]) ecs.definitions.register(definition(family));
    for (const revision of [...of(unused), of(used)[0]!, ...of(foreign)]) revision.registeredAt = daysAgo(31);
    assert.equal(await definitions().removeUnused(), 2);
    const left = [unused, used, foreign].map((family) => of(family).map(({ status }) => status));
    assert.deepEqual(left, [["DELETE_IN_PROGRESS"], ["DELETE_IN_PROGRESS", "ACTIVE"], ["ACTIVE"]]);
    await definitions().ensure(definition(unused));
    assert.ok(ecs.definitions.active(unused));
    assert.equal(await definitions().removeUnused(), 0);
  });
});
