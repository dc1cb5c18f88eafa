import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { it } from "@jest/globals";
import { memoryFolder } from "../../support/memory-folder.ts";

it("a folder in memory is the process's own, and what a process that has ended left there is removed", () => {
  const first = memoryFolder();
  // This machine has too little memory for one.
  if (!first) return;
  first.remove();
  const { pid } = spawnSync("true");
  const left = join("/dev/shm", `benchstack-tests-of-${pid}`);
  mkdirSync(join(left, "data"), { recursive: true });
  const folder = memoryFolder()!;
  try {
    assert.ok(existsSync(folder.path));
    assert.equal(existsSync(left), false);
  } finally {
    folder.remove();
  }
  assert.equal(existsSync(folder.path), false);
});
