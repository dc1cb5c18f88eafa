import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { parseDeployment } from "../../../lib/deployment.ts";
import { type AccountFacts, problemsOf, quotaCodes } from "../../../scripts/preflight/checks.ts";
import { combinations } from "./fixtures/combinations.ts";

const ready: AccountFacts = {
  account: "123456789012",
  region: "eu-central-1",
  bootstrapVersion: 30,
  stack: null,
  budgetRefusal: null,
  hasEcsRole: true,
  mail: null,
  offered: { "eu-central-1a": ["g4dn.xlarge", "p3.2xlarge"], "eu-central-1b": ["g5.xlarge"] },
  quotas: Object.fromEntries(Object.values(quotaCodes).map(({ code }) => [code, 1000])),
};
const mail = "operations@example.org";
const plain = parseDeployment({ mail });
const keeping = parseDeployment({ mail, workers: { ownFunctions: true } });
const sending = parseDeployment({ mail, mailFrom: "bench@example.org" });
const ses = { isVerified: true, configurationSet: null, isInSandbox: false };
const withGpus = parseDeployment({ ...combinations["hosts with GPUs, on demand and spot"], mail });
const withLargeGpus = parseDeployment({
  mail,
  profiles: { gpu: { cpu: 8192, memoryMiB: 60_000, diskGiB: 100, gpus: 1, capacity: "large" } },
  capacityProviders: { large: { instanceType: "p3.2xlarge", max: 1 } },
});
const quota = (name: keyof typeof quotaCodes, value: number): AccountFacts => ({
  ...ready,
  quotas: { ...ready.quotas, [quotaCodes[name].code]: value },
});

describe("preflight", () => {
  it("has nothing to say of an account that is ready", () => {
    assert.deepEqual(problemsOf(ready, plain), []);
    assert.deepEqual(problemsOf(ready, withGpus), []);
    const upgrade = { status: "UPDATE_ROLLBACK_COMPLETE", isProtected: true };
    assert.deepEqual(problemsOf({ ...ready, stack: upgrade }, plain), []);
    assert.deepEqual(problemsOf({ ...ready, mail: ses }, sending), []);
  });

  it("has nothing to say of executions that are enough for those of workers", () => {
    assert.deepEqual(problemsOf(quota("lambdaConcurrency", 115), keeping), []);
  });

  const cases: [what: string, facts: AccountFacts, deployment: typeof plain, severity: string, sentence: RegExp][] = [
    [
      "no bootstrap",
      { ...ready, bootstrapVersion: null },
      plain,
      "error",
      /cdk bootstrap aws:\/\/123456789012\/eu-central-1/,
    ],
    [
      "too few executions to keep some for workers",
      quota("lambdaConcurrency", 114),
      keeping,
      "error",
      /keeps 15 of the 114 executions/,
    ],
    ["an old bootstrap", { ...ready, bootstrapVersion: 5 }, plain, "error", /has version 5, but version 6 is needed/],
    [
      "a first deploy that failed and left a protected stack",
      { ...ready, stack: { status: "ROLLBACK_COMPLETE", isProtected: true } },
      plain,
      "error",
      /update-termination-protection --no-enable-termination-protection --stack-name Benchstack/,
    ],
    [
      "an account that may not have budgets",
      { ...ready, budgetRefusal: "Account 123456789012 is a linked account." },
      plain,
      "warning",
      /may not have budgets: Account 123456789012 is a linked account\. The deploy goes on without one\..*budgetUsd/,
    ],
    ["an account without ECS's role", { ...ready, hasEcsRole: false }, plain, "error", /create-service-linked-role/],
    [
      "too few vCPUs for a worker and a step",
      quota("fargateVcpus", 1),
      plain,
      "error",
      /L-3032A538 allows 1 vCPUs.*need 2/,
    ],
    ["too few spot vCPUs for a profile that takes them", quota("fargateSpotVcpus", 2), withGpus, "error", /L-36FBB829/],
    [
      "no GPUs on demand",
      quota("gpuVcpus", 0),
      withGpus,
      "error",
      /allows 0 vCPUs, but the hosts of gpu have 8 if all of them run.*--service-code ec2 --quota-code L-DB2E81BA/,
    ],
    [
      "no large GPUs on demand",
      quota("largeGpuVcpus", 0),
      withLargeGpus,
      "error",
      /hosts of large have 8 .*--quota-code L-417A185B/,
    ],
    ["no GPUs on spot", quota("gpuSpotVcpus", 0), withGpus, "error", /hosts of gpu-spot have 16 .*L-3819A6DF/],
    [
      "GPUs for one host of two",
      quota("gpuVcpus", 4),
      withGpus,
      "error",
      /allows 4 vCPUs, but the hosts of gpu have 8/,
    ],
    [
      "an instance type that no zone of the hosts offers (R-164)",
      { ...ready, offered: { "eu-central-1a": ["g5.xlarge"], "eu-central-1b": [] } },
      withGpus,
      "error",
      /^AWS offers g4dn\.xlarge in none of the zones of eu-central-1 in which hosts run \(eu-central-1a, eu-central-1b\), so the capacity provider gpu would/,
    ],
    ["ten functions at once", quota("lambdaConcurrency", 10), plain, "warning", /Only 10 functions/],
    ["quotas it may not read", { ...ready, quotas: {} }, plain, "warning", /servicequotas:GetServiceQuota/],
    [
      "a sender that is not verified",
      { ...ready, mail: { ...ses, isVerified: false } },
      sending,
      "error",
      /create-email-identity --email-identity bench@example\.org/,
    ],
    [
      "a sender with a default configuration set",
      { ...ready, mail: { ...ses, configurationSet: "tracking" } },
      sending,
      "error",
      /configuration set tracking/,
    ],
    [
      "an account in SES's sandbox",
      { ...ready, mail: { ...ses, isInSandbox: true } },
      sending,
      "warning",
      /production-access-enabled/,
    ],
    ["nobody to tell", ready, parseDeployment({}), "warning", /set mail/],
  ];
  for (const [what, facts, deployment, severity, sentence] of cases)
    it(`finds ${what}`, () => {
      const problems = problemsOf(facts, deployment);
      assert.deepEqual(
        problems.map((problem) => problem.severity),
        [severity],
      );
      assert.match(problems[0]!.sentence, sentence);
    });

  it("does not ask for GPUs that nobody wants, and says the worst first", () => {
    assert.deepEqual(problemsOf(quota("gpuVcpus", 0), plain), []);
    assert.deepEqual(problemsOf({ ...ready, offered: null }, withGpus), []);
    const problems = problemsOf({ ...quota("lambdaConcurrency", 10), hasEcsRole: false }, plain);
    assert.deepEqual(
      problems.map(({ severity }) => severity),
      ["error", "warning"],
    );
  });
});
