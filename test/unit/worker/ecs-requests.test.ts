import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "@jest/globals";
import { compileSubmission, defaultLimits } from "../../../lambdas/competitions/rules/compile-submission.ts";
import type { SignedObject, Step } from "../../../contract/job.ts";
import { ecsConfigSchema, isFargateSize } from "../../../worker-image/launchers/ecs/config.ts";
import { attemptOfLaunch, runEcsTaskRequest } from "../../../worker-image/launchers/ecs/run-task.ts";
import { ecsTaskDefinition } from "../../../worker-image/launchers/ecs/task-definition.ts";
import { refuseDefinition, refuseRun } from "../../support/ecs/validate.ts";

const network = { subnets: ["subnet-open"], securityGroups: ["sg-open"], assignPublicIp: true };
const given = {
  cluster: "arn:aws:ecs:us-east-1:000000000000:cluster/c",
  executionRoleArn: "arn:aws:iam::000000000000:role/r",
  agentImage: "example/worker:1",
  images: { repository: "1.dkr.ecr/images", privateRepository: "1.dkr.ecr/private", maxBytes: 1e9 },
  networks: { open: network, dark: { subnets: ["subnet-dark"], securityGroups: ["sg-dark"], assignPublicIp: false } },
  profiles: {
    standard: { cpu: 1024, memoryMiB: 4096, diskGiB: 21, capacity: "FARGATE_SPOT", fallback: "FARGATE" },
    gpu: { cpu: 4096, memoryMiB: 15_000, diskGiB: 100, gpus: 1, capacity: "gpu-hosts" },
  },
};
const config = ecsConfigSchema.parse(given);
const image = { pinned: `1.dkr.ecr/images@sha256:${"a".repeat(64)}`, entryPoint: ["/entry", "-x"] };
const object = (key: string) => ({ bucket: "uploads" as const, key });

function steps(during: boolean): Step<SignedObject>[] {
  const spec = compileSubmission({
    submission: object("s"),
    task: {
      scoringProgram: object("p"),
      ingestionProgram: object("i"),
      inputData: object("d"),
      referenceData: object("r"),
    },
    ingestionOnlyDuringScoring: during,
    image: "python:3",
    timeLimitSeconds: 60,
    network: "none",
    limits: defaultLimits,
    detailedResults: true,
  });
  return spec.steps as unknown as Step<SignedObject>[];
}

describe("the task definition of a step", () => {
  const all = [true, false].flatMap((during) =>
    steps(during).flatMap((step) =>
      Object.entries(config.profiles).map(([name, profile]) => ({ during, step, name, profile })),
    ),
  );
  for (const { during, step, name, profile } of all) {
    const definition = ecsTaskDefinition(step, image, profile, config, "us-east-1");
    const containers = definition.containerDefinitions ?? [];
    const programs = containers.filter(({ name: of }) => of === "program" || of === "ingestion");

    it(`${step.name} on ${name}, ingestion ${during ? "during scoring" : "before"}: is one that AWS takes`, () => {
      assert.equal(refuseDefinition(definition), null);
    });

    it(`${step.name} on ${name}, ingestion ${during ? "during scoring" : "before"}: gives programs no role, secret, capability or agent's folder`, () => {
      assert.equal(definition.taskRoleArn, undefined);
      const agentOnly = new Set(["/benchstack/step"]);
      for (const { secrets, linuxParameters, mountPoints = [], environment = [], image: of } of programs) {
        assert.equal(secrets, undefined);
        assert.deepEqual(linuxParameters?.capabilities, { drop: ["ALL"] });
        assert.ok(
          mountPoints.every(({ containerPath = "" }) => ![...agentOnly].some((path) => containerPath.startsWith(path))),
        );
        assert.equal(mountPoints.find(({ containerPath }) => containerPath === "/benchstack/control")?.readOnly, true);
        assert.ok(environment.every(({ name: variable = "" }) => !/TOKEN|BENCHSTACK|AWS/.test(variable)));
        assert.equal(of, image.pinned);
      }
      const control = programs.map(
        ({ mountPoints = [] }) =>
          mountPoints.find(({ containerPath }) => containerPath === "/benchstack/control")?.sourceVolume,
      );
      assert.equal(new Set(control).size, programs.length, "no two share what they are told");
    });
  }

  const [prediction, scoring] = steps(true) as [Step<SignedObject>, Step<SignedObject>];
  const standard = config.profiles.standard!;
  const family = (step: Step<SignedObject>, of = image, profile = standard) =>
    ecsTaskDefinition(step, of, profile, config, "us-east-1").family;

  it("has the same family for the same shape, and another for any other image, profile or step", () => {
    assert.equal(family(scoring), family(structuredClone(scoring)));
    const others = [
      family(prediction),
      family(scoring, { ...image, pinned: `${image.pinned}b` }),
      family(scoring, { ...image, entryPoint: [] }),
      family(scoring, image, config.profiles.gpu),
    ];
    assert.equal(new Set([family(scoring), ...others]).size, 5);
  });

  it("never has reference data in a prediction", () => {
    const text = JSON.stringify(ecsTaskDefinition(prediction, image, standard, config, "us-east-1"));
    assert.doesNotMatch(text, /folder-input"|\/app\/input\/ref|folder-shared/);
  });

  it("lets both containers of a step see a GPU, and asks for it once", () => {
    const containers =
      ecsTaskDefinition(scoring, image, config.profiles.gpu!, config, "us-east-1").containerDefinitions ?? [];
    const asking = containers.filter(({ resourceRequirements }) => resourceRequirements !== undefined);
    assert.deepEqual(
      asking.map(({ name }) => name),
      ["program"],
    );
    const ingestion = containers.find(({ name }) => name === "ingestion");
    assert.ok(ingestion?.environment?.some(({ name, value }) => name === "NVIDIA_VISIBLE_DEVICES" && value === "all"));
  });
});

describe("the request to run a task", () => {
  const attempt = randomUUID();
  const request = (change: Partial<Step<SignedObject>> = {}, capacity = "FARGATE", networks = config.networks) =>
    runEcsTaskRequest(
      {
        attempt,
        step: { ...steps(false)[1]!, ...change },
        number: 3,
        definition: "f",
        profile: config.profiles.standard!,
        capacity,
        orderUrl: `https://s3/${"x".repeat(2000)}`,
      },
      { cluster: config.cluster, networks },
    );
  const subnets = (of: ReturnType<typeof request>) => of.networkConfiguration?.awsvpcConfiguration?.subnets;

  it("is one that AWS takes, named for its launch in startedBy and client token alike", () => {
    assert.equal(refuseRun(request(), ["supervise"]), null);
    assert.equal(request().startedBy, `${attempt}/scoring/3`);
    assert.equal(request().clientToken, request().startedBy);
    assert.equal(attemptOfLaunch(request().startedBy ?? ""), attempt);
    assert.equal(attemptOfLaunch("ecs-svc/1234"), null);
  });

  it("tells our own containers, and no program, which request asked for the job", () => {
    const asked = runEcsTaskRequest(
      {
        attempt,
        correlationId: "JKJaXmPLvHcESHA=",
        step: steps(false)[1]!,
        number: 1,
        definition: "f",
        profile: config.profiles.standard!,
        capacity: "FARGATE",
        orderUrl: "https://s3/order",
      },
      config,
    );
    assert.equal(refuseRun(asked, ["stage", "supervise"]), null);
    const variable = { name: "BENCHSTACK_CORRELATION_ID", value: "JKJaXmPLvHcESHA=" };
    const told = (asked.overrides?.containerOverrides ?? []).filter(({ environment }) =>
      environment?.some(({ name, value }) => name === variable.name && value === variable.value),
    );
    assert.deepEqual(
      told.map(({ name }) => name),
      ["stage", "supervise"],
    );
    assert.ok(asked.tags?.some(({ key, value }) => key === "benchstack:correlation" && value === variable.value));
    assert.doesNotMatch(JSON.stringify(request()), /correlation/i, "a job of before has none");
  });

  it("puts a step without a network into the dark one, if the deployment has it", () => {
    assert.deepEqual(subnets(request()), ["subnet-dark"]);
    assert.deepEqual(subnets(request({ network: "open" })), ["subnet-open"]);
    assert.deepEqual(subnets(request({}, "FARGATE", { open: network })), ["subnet-open"]);
  });

  it("keeps tasks on hosts of our own apart, and gives them no public address", () => {
    const onHost = request({ network: "open" }, "gpu-hosts");
    assert.deepEqual(subnets(onHost), ["subnet-dark"], "nothing leads out of a host, whatever a step is allowed");
    assert.deepEqual(onHost.placementConstraints, [{ type: "distinctInstance" }]);
    assert.equal(onHost.networkConfiguration?.awsvpcConfiguration?.assignPublicIp, "DISABLED");
    assert.equal(request({ network: "open" }).networkConfiguration?.awsvpcConfiguration?.assignPublicIp, "ENABLED");
  });
});

describe("the configuration of the launcher", () => {
  const mistakes: [what: string, change: object, message: RegExp][] = [
    [
      "a Fargate size there is not",
      { profiles: { standard: { ...given.profiles.standard, cpu: 256, memoryMiB: 8192 } } },
      /no ECS tasks with 256 CPU units/,
    ],
    ["a GPU of Fargate", { profiles: { standard: { ...given.profiles.standard, gpus: 1 } } }, /Fargate has no GPUs/],
    [
      "a fallback of another kind",
      { profiles: { standard: { ...given.profiles.standard, fallback: "gpu-hosts" } } },
      /both be Fargate's/,
    ],
    ["no standard profile", { profiles: { gpu: given.profiles.gpu } }, /needs a profile named standard/],
    ["a field there is not", { cluser: "x" }, /cluser/],
  ];
  for (const [what, change, message] of mistakes) {
    it(`refuses ${what}`, () =>
      assert.match(ecsConfigSchema.safeParse({ ...given, ...change }).error?.message ?? "", message));
  }

  it("knows Fargate's sizes at their edges", () => {
    const sizes: [cpu: number, memoryMiB: number, there: boolean][] = [
      [256, 512, true],
      [256, 1024, true],
      [256, 1536, false],
      [256, 2048, true],
      [512, 4096, true],
      [512, 5120, false],
      [1024, 2048, true],
      [1024, 8192, true],
      [1024, 9216, false],
      [2048, 16_384, true],
      [4096, 30_720, true],
      [4096, 31_744, false],
      [8192, 16_384, true],
      [8192, 18_432, false],
      [16_384, 122_880, true],
      [16_384, 36_864, false],
      [300, 1024, false],
    ];
    for (const [cpu, memoryMiB, there] of sizes)
      assert.equal(isFargateSize({ cpu, memoryMiB }), there, `${cpu} ${memoryMiB}`);
  });
});
