import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { it } from "@jest/globals";
import { repository } from "../../support/files.ts";

const execute = promisify(execFile);
const start = (word: string) => execute(process.execPath, ["scripts/start.ts", word], { cwd: repository });

it("the help of npm start names the settings that docs/one-machine.md explains, and starts nothing", async () => {
  const { stdout } = await start("--help");
  const settings = readFileSync(join(repository, "docs/one-machine.md"), "utf8").split("\n## ")[1]!;
  const documented = [...settings.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  assert.deepEqual([...stdout.matchAll(/^ {2}(\w+)$/gm)].map(([, name]) => name).toSorted(), documented.toSorted());
});

it("npm start refuses arguments, which would change nothing", async () => {
  await assert.rejects(start("--port=9000"), ({ code, stderr }: { code: number; stderr: string }) => {
    assert.equal(code, 1);
    assert.equal(
      stderr,
      "npm start takes no arguments, so --port=9000 would change nothing. Try npm start -- --help.\n",
    );
    return true;
  });
});
