import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "@jest/globals";
import { promisify } from "node:util";
import { withoutValidation } from "./fixtures/without-validation.ts";

const run = promisify(execFile);

it("cdk synth works with neither an AWS account nor Docker, and the CLI reads what the library writes", async () => {
  const folder = await mkdtemp(join(tmpdir(), "benchstack-synth-"));
  try {
    await run(process.execPath, ["node_modules/aws-cdk/bin/cdk", "synth", "--quiet", "--output", folder], {
      env: {
        PATH: process.env["PATH"],
        HOME: folder,
        AWS_EC2_METADATA_DISABLED: "true",
        CDK_DOCKER: "/bin/false",
        ...withoutValidation,
      },
    });
    assert.ok((await readdir(folder)).includes("Benchstack.template.json"));
  } finally {
    await rm(folder, { recursive: true });
  }
});

it.each([
  [[], 2, /--account must be the 12 digits of an account\.\nUsage: npm run prove/],
  [["--account", "123456789012"], 1, /AWS does not know you: .*\n.*credentials.*Nothing was changed\./],
  [["--account", "123456789012", "--config", "missing.json"], 1, /missing\.json cannot be read/],
] as const)("npm run prove refuses %j before it changes anything", async (args, code, sentence) => {
  const env = { HOME: "/nonexistent", AWS_REGION: "eu-central-1", AWS_EC2_METADATA_DISABLED: "true" };
  const failed = await run(process.execPath, ["scripts/prove.ts", ...args], { env }).then(
    () => assert.fail("It was not refused."),
    (error: Error & { code: number; stderr: string }) => error,
  );
  assert.equal(failed.code, code, failed.stderr);
  assert.match(failed.stderr, sentence);
});
