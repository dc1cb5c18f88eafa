import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { overlapping } from "../../../lib/host-sharing.ts";
import { instanceType } from "../../../lib/instance-types.ts";

const overlaps = (type: string, ...steps: [memoryMiB: number, gpus: number][]) =>
  overlapping(
    instanceType(type)!,
    steps.map(([memoryMiB, gpus]) => ({ memoryMiB, gpus })),
  ).length;

describe("two steps that a host's agent would start side by side", () => {
  it("do not exist where each needs more than half of the memory", () => {
    assert.equal(overlaps("m7i.xlarge", [8193, 0], [15_000, 0]), 0);
    assert.equal(overlaps("m7i.xlarge", [8192, 0], [15_000, 0]), 1);
  });

  it("do not exist where each needs more than half of the GPUs", () => {
    assert.equal(overlaps("g4dn.xlarge", [4000, 1]), 0);
    assert.equal(overlaps("g5.12xlarge", [14_000, 3], [14_000, 4]), 0);
    assert.equal(overlaps("g5.12xlarge", [14_000, 2]), 1);
  });

  it("exist where one needs GPUs and the other memory", () => {
    assert.equal(overlaps("g4dn.xlarge", [4000, 1], [4000, 0]), 2);
  });
});
