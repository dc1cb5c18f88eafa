/** The commands of `package.json` that people run on a deployment or a platform. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { it } from "@jest/globals";
import { repository } from "../../support/files.ts";

const execute = promisify(execFile);
const { scripts } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};
const run = (command: string, word: string) =>
  execute(process.execPath, [scripts[command]!.replace(/^node /, ""), word], { cwd: repository });

it.each(["preflight", "cost", "smoke", "prove", "recover", "restore:objects"])(
  "npm run %s says how it is written, and refuses an option that it does not have",
  async (command) => {
    const { stdout } = await run(command, "--help");
    assert(stdout.split("\n")[0]!.startsWith("Usage: "), stdout);
    assert(stdout.includes(`npm run ${command} -- `), stdout);
    await assert.rejects(run(command, "--halp"), (error: { code: number; stderr: string }) => {
      assert.equal(error.code, 2);
      assert.equal(error.stderr, `Unknown option '--halp'\n${stdout}`);
      return true;
    });
  },
);
