import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { instanceType } from "../../../lib/instance-types.ts";

describe("instance types", () => {
  const cases: [name: string, vcpus: number, memoryGiB: number, gpus: number][] = [
    ["g4dn.xlarge", 4, 16, 1],
    ["g5.12xlarge", 48, 192, 4],
    ["p5.48xlarge", 192, 2048, 8],
    ["t3.xlarge", 4, 16, 0],
    ["m7i.large", 2, 8, 0],
    ["m7i-flex.2xlarge", 8, 32, 0],
    ["c5.9xlarge", 36, 72, 0],
    ["c5n.large", 2, 5.25, 0],
    ["r6a.24xlarge", 96, 768, 0],
  ];
  for (const [name, vcpus, memoryGiB, gpus] of cases)
    it(`${name} has ${vcpus} vCPUs, ${memoryGiB} GiB and ${gpus} GPUs`, () =>
      assert.deepEqual(instanceType(name), { vcpus, memoryGiB, gpus }));

  for (const name of ["g5.3xlarge", "m4.large", "m5.metal", "m5.medium", "inf1.xlarge", "t3.8xlarge", "xlarge"])
    it(`${name} is unknown`, () => assert.equal(instanceType(name), undefined));
});
