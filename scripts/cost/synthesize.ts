import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import type { Deployment } from "../../lib/deployment.ts";
import type { Template } from "../../lib/rules/template.ts";
import { BenchstackStack } from "../../lib/stack.ts";

/** The template of a deployment, with the context of cdk.json, without bundling its code or checking what it made. */
export function synthesizeTemplate(deployment: Deployment): Template {
  const outdir = mkdtempSync(join(tmpdir(), "benchstack-cost-"));
  try {
    const { context } = JSON.parse(readFileSync("cdk.json", "utf8")) as { context: Record<string, unknown> };
    const app = new App({
      outdir,
      context: { ...context, "aws:cdk:bundling-stacks": [] },
      builtinCloudFormationValidation: false,
    });
    const stack = new BenchstackStack(app, deployment.name, deployment);
    return app.synth().getStackByName(stack.stackName).template as Template;
  } finally {
    rmSync(outdir, { recursive: true });
  }
}
