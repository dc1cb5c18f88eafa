import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { profileOf } from "../../../worker-image/launchers/ecs/profile.ts";

const standard = { cpu: 1024, memoryMiB: 4096, diskGiB: 21, gpus: 0, capacity: "FARGATE" };
const requested = { cpu: 4096, memoryMiB: 15_000, diskGiB: 100, gpus: 1, capacity: "hosts-1a2b3c4d" };
const config = { profiles: { standard }, hostNamePrefix: "hosts-Benchstack-" };

describe("the profile of a step", () => {
  it("is one of the deployment, the standard one unless its queue chose another", () => {
    assert.deepEqual(profileOf({}, config), standard);
    assert.throws(() => profileOf({ profile: "gone" }, config), /"gone", which this deployment does not have/);
  });

  it("is one of hosts that were requested at run time, if the manifest has it (R-174)", () => {
    assert.deepEqual(profileOf({ profile: "hosts-1a2b3c4d" }, config, { "hosts-1a2b3c4d": requested }), {
      ...requested,
      capacity: "hosts-Benchstack-hosts-1a2b3c4d",
    });
    assert.throws(() => profileOf({ profile: "hosts-1a2b3c4d" }, config), /does not have/);
  });
});
