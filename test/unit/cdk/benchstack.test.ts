import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, it } from "@jest/globals";
import { App, Stack } from "aws-cdk-lib";
import { Topic } from "aws-cdk-lib/aws-sns";
import { Benchstack } from "../../../lib/index.ts";
import type { Template } from "../../../lib/rules/template.ts";

const folder = mkdtempSync(join(tmpdir(), "benchstack-construct-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A stack of an institution, with something of its own, in an app with some feature flags. */
function embed(name: string, flags: Record<string, unknown>) {
  const app = new App({
    outdir: join(folder, name),
    context: { ...flags, "aws:cdk:bundling-stacks": [] },
    builtinCloudFormationValidation: false,
  });
  const stack = new Stack(app, "Institution");
  new Topic(stack, "Own");
  const bench = new Benchstack(stack, "Bench", { mode: "trial" });
  return { bench, template: app.synth().getStackByName("Institution").template as Template };
}

/** With every list in one order: CDK sorts the lists of policies by a flag of the app. */
function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, sorted(one)]));
}

describe("a platform in a stack of an institution", () => {
  const { context } = JSON.parse(readFileSync("cdk.json", "utf8")) as { context: Record<string, unknown> };
  const plain = embed("plain", {});

  it("has the same resources whatever feature flags the app has", () => {
    assert.deepEqual(sorted(plain.template.Resources), sorted(embed("flags", context).template.Resources));
  });

  it("depends on nothing of the institution, which may depend on it", () => {
    const { Resources } = plain.template;
    const own = Object.keys(Resources).filter((id) => id.startsWith("Own"));
    assert.equal(own.length, 1);
    const text = JSON.stringify(Object.entries(Resources).filter(([id]) => !own.includes(id)));
    for (const id of own) assert.ok(!text.includes(id), id);
  });

  it("gives the institution its address, network, buckets, cluster and secrets", () => {
    const { bench } = plain;
    assert.match(bench.url, /^https:\/\//);
    assert.ok(bench.database);
    for (const part of [bench.vpc, bench.cluster, bench.uploads, bench.jobs, bench.adminSecret, bench.alarmTopic])
      assert.equal(Stack.of(part).stackName, "Institution");
  });

  it("refuses what belongs to the stack, and wrong props, with a sentence", () => {
    const stack = new Stack(new App({ outdir: join(folder, "refused") }), "Institution");
    const refusal = (id: string, props: object) => () => new Benchstack(stack, id, props);
    assert.throws(refusal("A", { tags: { a: "b" } }), /The prop tags is for BenchstackStack\./);
    assert.throws(refusal("B", { mode: "test" }), /The configuration of the deployment is not valid\.[^]*mode/);
  });
});
