import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, it } from "@jest/globals";
import { promisify } from "node:util";
import { combinations } from "../unit/cdk/fixtures/combinations.ts";
import { templateOf } from "../unit/cdk/fixtures/synthesized.ts";

const run = promisify(execFile);

// CDK writes both the reference and the dependency that follows from it.
const ignored = ["W3005"];
/** Where institutions are likely to deploy: what a region lacks is an error there. */
const regions = ["us-east-1", "eu-central-1", "eu-west-1"];

const folder = await mkdtemp(join(tmpdir(), "benchstack-cfn-lint-"));
afterAll(() => rm(folder, { recursive: true }));

describe("cfn-lint, warnings included, has nothing to say", () => {
  for (const name of Object.keys(combinations))
    it(`of ${name}`, async () => {
      const file = join(folder, `${name.replace(/\W+/g, "-")}.json`);
      await writeFile(file, JSON.stringify(templateOf(name)));
      const args = ["--ignore-checks", ...ignored, "--regions", ...regions, "--", file];
      const { stdout } = await run("cfn-lint", args).catch(
        (error: { stdout: string; message: string; code: unknown }) => {
          if (error.code === "ENOENT") throw new Error("cfn-lint is missing. Install it: pip install cfn-lint");
          return { stdout: error.stdout || error.message };
        },
      );
      assert.equal(stdout, "");
    });
});
