import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "@jest/globals";
import { promisify } from "node:util";

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
      },
    });
    assert.ok((await readdir(folder)).includes("Benchstack.template.json"));
  } finally {
    await rm(folder, { recursive: true });
  }
});
