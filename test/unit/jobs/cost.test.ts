import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import {
  billedTime,
  billing,
  costLines,
  notionalLines,
  priceOf,
  sumOf,
  worstCost,
  type Size,
} from "../../../lambdas/jobs/rules/cost.ts";
import type { Compute, Host, OfferedProfile } from "../../../contract/capacity-profile.ts";
import type { JobSpec, Limits, Step, ObjectRef, StepName, StepReport, Usage } from "../../../contract/job.ts";
import { prices } from "../../../lambdas/jobs/rules/prices.ts";

const gb = 2 ** 30;
const region = "us-east-1";
const { vcpuHour, gbHour } = prices.regions[region]!.fargate;

const step = (name: StepName, limits: Pick<Limits, "cpus" | "memoryBytes">, profile?: string): Step<ObjectRef> => ({
  name,
  image: "image",
  timeLimitSeconds: 600,
  network: "none",
  limits: { pids: 1, diskBytes: 1, logBytes: 1, outputBytes: 1, ...limits },
  ...(profile === undefined ? {} : { profile }),
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
const size = (vcpus: number, memoryGb: number): Size => ({ cpu: 1024 * vcpus, memoryMiB: 1024 * memoryGb });
const as = (compute: Compute, of: Size) => () => ({ compute, size: of });
const g5: Host = { instanceType: "g5.xlarge", spot: false, diskGiB: 100, usdPerHour: null };
const profileOn = (compute: Compute, fallback?: Compute): OfferedProfile => ({
  ...{ cpu: 4096, memoryMiB: 14_000, diskGiB: 100, gpus: 1, network: false, users: null, compute },
  ...(fallback === undefined ? {} : { fallback }),
});

describe("cost (R-170)", () => {
  it("the price table says where and when its prices are from", () => {
    assert.match(prices.date, /^\d{4}-\d\d-\d\d$/);
    for (const source of prices.sources) assert.match(source, /^https:\/\//);
    assert.ok(region in prices.regions);
  });

  for (const [what, vcpus, memory, time, compute, usdPerThousand] of [
    ["tiny scoring", 0.25, 0.5, 3, "FARGATE", "0.62"],
    ["scoring of results", 1, 2, 3, "FARGATE", "2.47"],
    ["scoring of results on Spot", 1, 2, 3, "FARGATE_SPOT", "0.74"],
    ["a code submission's prediction", 2, 8, 15, "FARGATE", "29.13"],
    ["a heavy prediction", 4, 16, 30, "FARGATE", "116.52"],
  ] as const) {
    it(`${what}, a thousand times, costs ${usdPerThousand} USD`, () => {
      const micros = sumOf(costLines(minutes(time), as(compute, size(vcpus, memory)), region))!;
      assert.ok(Number.isInteger(micros));
      assert.ok(Math.abs(micros / 1000 - Number(usdPerThousand)) <= 0.0051, String(micros));
    });
  }

  it("a step on a GPU host costs the whole host with its disk and address, not a part of Fargate", () => {
    const [line] = costLines(minutes(60), as(g5, size(4, 14)), region);
    assert.deepEqual(
      {
        ...line,
        price: { ...line!.price, microsPerHour: Math.round(line!.price!.microsPerHour) },
        micros: Math.round(line!.micros!),
      },
      {
        step: "scoring",
        on: "g5.xlarge",
        seconds: 3600,
        price: { microsPerHour: 1_006_000 + 10_959 + 5_000, region, date: prices.date },
        micros: 1_021_959,
      },
    );
    const onFargate = sumOf(costLines(minutes(60), as("FARGATE", size(4, 14)), region))!;
    assert.ok(line!.micros! > 4.5 * onFargate);
  });

  it("hosts cost what they cost in their region, half of it on Spot, and what the deployment says if it says so", () => {
    const hour = (host: Partial<Host>, where = region) =>
      Math.round(priceOf({ ...g5, diskGiB: 0, ...host }, size(4, 14), where)?.microsPerHour ?? -1) - 5_000;
    assert.equal(hour({}, "eu-central-1"), 1_258_000);
    assert.equal(hour({ spot: true }), 503_000);
    assert.equal(hour({ usdPerHour: 0.7 }, "eu-central-1"), 700_000);
    assert.equal(hour({ instanceType: "p9.xlarge", usdPerHour: 3 }), 3_000_000);
  });

  it("a region without prices has those of us-east-1 and says so, and a type without any has none", () => {
    assert.equal(priceOf("FARGATE", size(1, 1), "ap-southeast-2")?.region, region);
    assert.deepEqual(priceOf(g5, size(4, 14), "ap-southeast-2"), priceOf(g5, size(4, 14), region));
    assert.equal(priceOf({ ...g5, instanceType: "p9.xlarge" }, size(4, 14), region), null);
    const lines = costLines(minutes(5), as({ ...g5, instanceType: "p9.xlarge" }, size(4, 14)), region);
    assert.equal(lines[0]!.micros, null);
    assert.equal(sumOf(lines), null);
  });

  it("fetching, unpacking and pulling are paid for like running", () => {
    const prepared = { steps: [report("scoring", { preparingSeconds: 1800, wallSeconds: 1800 })] };
    const billed = as("FARGATE", size(1, 1));
    assert.deepEqual(costLines(prepared, billed, region), costLines(minutes(60), billed, region));
  });

  it("a Fargate task costs a minute at least, and a step that did nothing costs nothing", () => {
    const cost = (steps: { steps: StepReport[] }, compute: Compute = "FARGATE") =>
      sumOf(costLines(steps, as(compute, size(1, 2)), region))!;
    const short = { steps: [report("scoring", { wallSeconds: 2 })] };
    assert.equal(cost(short), cost(minutes(1)));
    assert.ok(cost(short, g5) < cost(minutes(1), g5));
    assert.equal(cost(minutes(0)), 0);
    assert.equal(cost({ steps: [] }), 0);
  });

  it("an attempt outside AWS is priced as if it had run on Fargate, by its limits or the CPU time that it used", () => {
    const job: JobSpec = {
      steps: [step("prediction", { cpus: 4, memoryBytes: 8 * gb }), step("scoring", { cpus: 1, memoryBytes: 2 * gb })],
    };
    const both = { steps: [report("prediction", { wallSeconds: 3600 }), report("scoring", { wallSeconds: 3600 })] };
    assert.equal(sumOf(notionalLines(job, both, region)), 5 * vcpuHour + 10 * gbHour);
    const used = { steps: [report("scoring", { wallSeconds: 3600, cpuSeconds: 7200 })] };
    assert.equal(sumOf(notionalLines(scoring(0, 1), used, region)), 2 * vcpuHour + gbHour);
  });

  it("a step is billed by its profile, and by where its last task was requested", () => {
    const asked = (step: StepName, capacityProvider: string) => ({
      step,
      request: { capacityProviderStrategy: [{ capacityProvider, weight: 1 }] },
    });
    const profiles = {
      standard: { ...profileOn("FARGATE"), ...size(1, 4) },
      cheap: { ...profileOn("FARGATE_SPOT", "FARGATE"), ...size(2, 8) },
      gpu: profileOn({ ...g5, spot: true }, g5),
    };
    const job = (profile?: string): JobSpec => ({ steps: [step("scoring", { cpus: 1, memoryBytes: gb }, profile)] });
    const billed = (profile: string | undefined, ...providers: string[]) =>
      billing(
        job(profile),
        providers.map((name) => asked("scoring", name)),
        profiles,
      )("scoring");
    assert.equal(billed(undefined, "FARGATE").size.memoryMiB, 4096);
    assert.equal(billed("cheap", "FARGATE_SPOT").compute, "FARGATE_SPOT");
    assert.equal(billed("cheap", "FARGATE_SPOT", "FARGATE").compute, "FARGATE");
    assert.deepEqual(billed("gpu", "Stack-gpu-spot").compute, { ...g5, spot: true });
    assert.deepEqual(billed("gpu", "Stack-gpu-spot", "Stack-gpu").compute, g5);
    assert.equal(billed("gone", "FARGATE").size.memoryMiB, 4096);
  });

  it("the time of a step is billed on the capacity provider of its last task (R-178)", () => {
    const asked = (name: StepName, capacityProvider: string) => ({
      step: name,
      request: { capacityProviderStrategy: [{ capacityProvider }] },
    });
    const steps = [
      report("prediction", { wallSeconds: 90 }),
      report("scoring", { preparingSeconds: 10, wallSeconds: 20 }),
    ];
    const lines = costLines({ steps }, as(g5, size(4, 14)), region);
    const spotThenNot = [asked("prediction", "spot"), asked("scoring", "a"), asked("prediction", "gpu")];
    assert.deepEqual(billedTime(lines, spotThenNot), [
      { provider: "a", seconds: 30 },
      { provider: "gpu", seconds: 90 },
    ]);
    assert.deepEqual(billedTime(lines, [{ step: "scoring", request: { jobQueue: "theirs" } }]), []);
  });

  it("the worst case of a step is its whole time limit, on demand, on the dearer of its places", () => {
    const hour = priceOf(g5, size(4, 14), region)!.microsPerHour;
    assert.equal(worstCost(profileOn({ ...g5, spot: true }), 7200, region), Math.ceil(hour * 2));
    const twoPlaces = profileOn({ ...g5, instanceType: "g4dn.xlarge" }, g5);
    assert.equal(worstCost(twoPlaces, 3600, region), Math.ceil(hour));
    assert.equal(worstCost(profileOn({ ...g5, instanceType: "p9.xlarge" }), 3600, region), null);
  });
});
