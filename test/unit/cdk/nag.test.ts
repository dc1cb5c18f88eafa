import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "@jest/globals";
import { App } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { parseDeployment } from "../../../lib/deployment.ts";
import { BenchstackStack } from "../../../lib/stack.ts";
import { combinations } from "./fixtures/combinations.ts";
import { reasons } from "./fixtures/nag-reasons.ts";

/** What cdk-nag finds in a deployment, as `rule[finding] path`. CDK's own validation throws at what it finds. */
function findings(config: unknown): string[] {
  const outdir = mkdtempSync(join(tmpdir(), "benchstack-nag-"));
  try {
    const { context } = JSON.parse(readFileSync("cdk.json", "utf8")) as { context: Record<string, unknown> };
    const app = new App({ outdir, context: { ...context, "aws:cdk:bundling-stacks": [] } });
    const stack = new BenchstackStack(app, "Stack", parseDeployment(config));
    app.synth();
    const { violations } = new AwsSolutionsChecks(app).validateScope(stack);
    return violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`),
    );
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

describe("cdk-nag", () => {
  const all: string[] = [];
  for (const [name, config] of Object.entries(combinations))
    it(`and CDK's validation find nothing in ${name} that has no reason`, () => {
      const found = findings(config);
      all.push(...found);
      assert.deepEqual(
        found.filter((finding) => !reasons.some((one) => one.finding.test(finding))),
        [],
      );
    });

  it("still finds what the reasons are for", () => {
    assert.deepEqual(
      reasons.filter(({ finding }) => !all.some((one) => finding.test(one))),
      [],
    );
  });
});
