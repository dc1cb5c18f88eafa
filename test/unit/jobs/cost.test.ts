import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { attemptCost, stepsOnSpot } from "../../../lambdas/jobs/rules/cost.ts";
import type { JobSpec, Limits, Step, ObjectRef, StepName, StepReport, Usage } from "../../../contract/job.ts";
import { prices } from "../../../lambdas/jobs/rules/prices.ts";

const gb = 2 ** 30;

const step = (name: StepName, limits: Pick<Limits, "cpus" | "memoryBytes">): Step<ObjectRef> => ({
  name,
  image: "image",
  timeLimitSeconds: 600,
  network: "none",
  limits: { pids: 1, diskBytes: 1, logBytes: 1, outputBytes: 1, ...limits },
  folders: [],
  containers: [],
  output: "output",
  collect: [],
});

const report = (name: StepName, usage: Partial<Usage>): StepReport => ({
  name,
  containers: [],
  usage: {
    wallSeconds: 0,
    cpuSeconds: 0,
    peakMemoryBytes: 0,
    downloadedBytes: 0,
    uploadedBytes: 0,
    preparingSeconds: 0,
    ...usage,
  },
  outputBytes: null,
  collected: [],
  md5: {},
});

const scoring = (cpus: number, memoryGb: number): JobSpec => ({
  steps: [step("scoring", { cpus, memoryBytes: memoryGb * gb })],
});
const minutes = (count: number) => ({ steps: [report("scoring", { wallSeconds: count * 60 })] });

describe("cost", () => {
  it("the price table says where and when its prices are from", () => {
    assert.match(prices.date, /^\d{4}-\d\d-\d\d$/);
    assert.match(prices.source, /^https:\/\//);
    assert.equal(prices.region, "us-east-1");
  });

  for (const [what, cpus, memory, time, billing, usdPerThousand] of [
    ["tiny scoring", 0.25, 0.5, 3, {}, "0.62"],
    ["scoring of results", 1, 2, 3, {}, "2.47"],
    ["scoring of results on ARM", 1, 2, 3, { architecture: "arm64" }, "1.98"],
    ["scoring of results on Spot", 1, 2, 3, { spot: new Set(["scoring"] as const) }, "0.74"],
    ["a code submission's prediction", 2, 8, 15, {}, "29.13"],
    ["a heavy prediction", 4, 16, 30, {}, "116.52"],
  ] as const) {
    it(`${what}, a thousand times, costs ${usdPerThousand} USD`, () => {
      const micros = attemptCost(scoring(cpus, memory), minutes(time), billing);
      assert.ok(Number.isInteger(micros));
      assert.ok(Math.abs(micros / 1000 - Number(usdPerThousand)) <= 0.0051, String(micros));
    });
  }

  it("an hour of one CPU and one GB costs the two prices of the table", () => {
    const { vcpuHour, gbHour } = prices.fargate.x86_64;
    assert.equal(attemptCost(scoring(1, 1), minutes(60)), vcpuHour + gbHour);
  });

  it("fetching, unpacking and pulling are paid for like running", () => {
    const prepared = { steps: [report("scoring", { preparingSeconds: 1800, wallSeconds: 1800 })] };
    assert.equal(attemptCost(scoring(1, 1), prepared), attemptCost(scoring(1, 1), minutes(60)));
  });

  it("the steps of an attempt add up, each with its own limits", () => {
    const job: JobSpec = {
      steps: [step("prediction", { cpus: 4, memoryBytes: 8 * gb }), step("scoring", { cpus: 1, memoryBytes: 2 * gb })],
    };
    const both = { steps: [report("prediction", { wallSeconds: 3600 }), report("scoring", { wallSeconds: 3600 })] };
    const { vcpuHour, gbHour } = prices.fargate.x86_64;
    assert.equal(attemptCost(job, both), 5 * vcpuHour + 10 * gbHour);
  });

  it("with the minimum of a task each step costs a minute at least, and a step that did nothing costs nothing", () => {
    const minimum = { taskMinimum: true };
    const short = { steps: [report("scoring", { wallSeconds: 2 })] };
    assert.equal(attemptCost(scoring(1, 2), short, minimum), attemptCost(scoring(1, 2), minutes(1)));
    assert.ok(attemptCost(scoring(1, 2), short) < attemptCost(scoring(1, 2), short, minimum));
    assert.equal(attemptCost(scoring(1, 2), minutes(5), minimum), attemptCost(scoring(1, 2), minutes(5)));
    assert.equal(attemptCost(scoring(1, 2), minutes(0), minimum), 0);
  });

  it("where the number of CPUs is left to the worker, the CPU time that was used is paid for", () => {
    const used = { steps: [report("scoring", { wallSeconds: 3600, cpuSeconds: 7200 })] };
    const { vcpuHour, gbHour } = prices.fargate.x86_64;
    assert.equal(attemptCost(scoring(0, 1), used), 2 * vcpuHour + gbHour);
  });

  it("a step counts as run on Spot when the last task for it was asked of that", () => {
    const asked = (step: "prediction" | "scoring", capacityProvider: string) => ({
      step,
      request: { capacityProviderStrategy: [{ capacityProvider, weight: 1 }] },
    });
    const launches = [
      asked("prediction", "FARGATE_SPOT"),
      asked("scoring", "FARGATE_SPOT"),
      asked("prediction", "FARGATE"),
    ];
    assert.deepEqual(stepsOnSpot(launches), new Set(["scoring"]));
    assert.deepEqual(stepsOnSpot([asked("scoring", "gpu"), { step: "prediction", request: {} }]), new Set());
  });

  it("an attempt without a step that ran costs nothing", () =>
    assert.equal(attemptCost(scoring(1, 2), { steps: [] }), 0));

  it("another table gives another price", () => {
    const dear = { ...prices, fargate: { ...prices.fargate, x86_64: { vcpuHour: 1_000_000, gbHour: 0 } } };
    assert.equal(attemptCost(scoring(2, 8), minutes(30), {}, dear), 1_000_000);
  });
});
