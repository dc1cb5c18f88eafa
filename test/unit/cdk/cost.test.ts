import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { parseDeployment } from "../../../lib/deployment.ts";
import { idleCost, total } from "../../../scripts/cost/idle.ts";
import { monthlyPrices } from "../../../scripts/cost/prices.ts";
import { canaryCost, submissionCost } from "../../../scripts/cost/submissions.ts";
import { combinations } from "./fixtures/combinations.ts";
import { templateOf } from "./fixtures/synthesized.ts";

const idle = (name: string) => idleCost(templateOf(name));

describe("what a deployment costs while nobody uses it", () => {
  it("is at most 25 USD a month where steps run open", () => {
    assert.ok(total(idle("production that is open")) <= 25, JSON.stringify(idle("production that is open")));
  });

  it("is at most 40 USD a month where steps run dark", () => {
    assert.ok(total(idle("defaults")) <= 40, JSON.stringify(idle("defaults")));
  });

  it("is less than 50 cents more where mail is sent, besides the alarms on the disks of requested hosts", () => {
    const lines = idle("what an institution asks for").filter(({ what }) => !/Gateway|Canary/.test(what));
    const more = total(lines) - total(idle("defaults")) - 2 * monthlyPrices.alarmMonth;
    assert.ok(more > 0 && more < 0.5, String(more));
  });

  it("is some 39 USD more with a gateway for worksheets, and 22 for each further task of it", () => {
    const lines = idle("a large platform behind a firewall").filter(({ what }) => /Gateway/.test(what));
    // Two tasks, the load balancer and two alarms.
    assert.equal(total(lines).toFixed(2), (2 * 21.67005 + 16.425 + 0.3).toFixed(2));
  });

  it("is some 11 USD more with a canary of worksheets once an hour, and nothing without one (W-143)", () => {
    const institution = parseDeployment(combinations["what an institution asks for"]);
    // A secret, and an alarm on two metrics.
    const inTemplate = idle("what an institution asks for").filter(({ what }) => /Canary/.test(what));
    assert.equal(total(inTemplate).toFixed(2), "0.60");
    const usd = total(inTemplate) + total(canaryCost(institution));
    assert.ok(usd > 10 && usd < 12, String(usd));
    assert.deepEqual(canaryCost(parseDeployment({})), []);
  });

  it("has the database, the endpoints and the secrets in it", () => {
    const lines = idle("defaults");
    const sum = (pattern: RegExp) => total(lines.filter(({ what }) => pattern.test(what))).toFixed(2);
    assert.equal(sum(/RDS::DBInstance/), "13.98");
    assert.equal(sum(/VPCEndpoint/), "21.90");
    assert.equal(sum(/Secret/), "0.80");
  });

  it("does not grow with hosts that start from zero, and does with those that are always on", () => {
    const hosts = "hosts with GPUs, on demand and spot";
    // Only the alarms on the disks of its two capacity providers.
    assert.equal((total(idle(hosts)) - total(idle("defaults"))).toFixed(2), (2 * monthlyPrices.alarmMonth).toFixed(2));
    const template = structuredClone(templateOf(hosts));
    for (const resource of Object.values(template.Resources))
      if (resource.Type === "AWS::AutoScaling::AutoScalingGroup") resource.Properties!["MinSize"] = "1";
    // Two of 0.526 and an address of 0.005 an hour, with a disk of 100 GB.
    assert.equal((total(idleCost(template)) - total(idle(hosts))).toFixed(2), (2 * (0.531 * 730 + 8)).toFixed(2));
  });

  it("is not guessed for a kind of resource that nobody priced", () => {
    assert.throws(
      () => idleCost({ Resources: { Nat: { Type: "AWS::EC2::NatGateway" } } }),
      /idle price of AWS::EC2::NatGateway \(Nat\) is not known/,
    );
  });
});

describe("what 1,000 submissions cost", () => {
  const deployment = parseDeployment(combinations["hosts with GPUs, on demand and spot"]);

  it("is the size of the profile by the hour, to which the worker is added", () => {
    const [step] = submissionCost(deployment, "standard");
    // 83.3 hours of one vCPU and 4 GB.
    assert.ok(Math.abs(step!.usd - (5000 / 60) * (0.04048 + 4 * 0.004445)) < 0.001);
    assert.ok(total(submissionCost(deployment, "standard")) > step!.usd);
  });

  it("is less on Fargate Spot, and is the host's price where steps run on hosts", () => {
    assert.equal(
      submissionCost(deployment, "spot")[0]!.usd.toFixed(2),
      ((5000 / 60) * (2 * 0.04048 + 8 * 0.004445) * 0.3).toFixed(2),
    );
    assert.equal(
      submissionCost(deployment, "gpu")[0]!.usd.toFixed(2),
      ((5000 / 60) * (0.526 / 2 + 0.005 + (100 * 0.08) / 730)).toFixed(2),
    );
  });
});
