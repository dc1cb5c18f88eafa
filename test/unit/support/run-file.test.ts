import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { after, before, test } from "node:test";
import { repository, temporaryFolder } from "../../support/files.ts";
import { runTestFile } from "../../support/run-file.ts";
import type { Result } from "../../support/run-file.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
before(async () => {
  folder = await temporaryFolder();
  // Node's runner runs no files when it finds itself inside a test; this is what tells it so.
  delete process.env.NODE_TEST_CONTEXT;
});
after(() => folder.remove());

/** Runs a test file with this content. */
async function outcome(source: string, timeLimitMs = 60_000): Promise<Result> {
  const file = join(folder.path, `${Math.random().toString(36).slice(2)}.test.mjs`);
  const imports = `import { test, describe, before, after } from "node:test"; import assert from "node:assert/strict";`;
  await writeFile(file, `${imports}\n${source}`);
  return runTestFile(relative(repository, file), timeLimitMs, new AbortController().signal);
}

test("counts tests that pass, fail and are skipped, and names the failing one with its suites", async () => {
  const result = await outcome(`
    test("fine", () => {});
    describe("outer", () => { describe("inner", () => { test("wrong", () => assert.equal(1, 2)); test.skip("left out", () => {}); }); });`);
  assert.deepEqual([result.passed, result.failed, result.skipped], [1, 1, 1]);
  assert.deepEqual(
    result.failures.map(({ name }) => name),
    [["outer", "inner", "wrong"]],
  );
  assert.match(result.failures[0]!.error.message, /strictly equal/);
});

test("tests whose before hook fails count as failed, with the hook's error", async () => {
  const result = await outcome(`
    describe("needs it", () => { before(() => { throw new Error("not installed"); }); test("a", () => {}); test("b", () => {}); });`);
  assert.deepEqual([result.passed, result.failed], [0, 2]);
  assert.deepEqual(
    result.failures.map(({ error }) => error.message),
    ["not installed"],
  );
});

test("an after hook that fails is a failure although every test passed", async () => {
  const result = await outcome(
    `describe("s", () => { after(() => { throw new Error("not closed"); }); test("a", () => {}); });`,
  );
  assert.equal(result.failed, 1);
});

test("a file without a test fails", async () => {
  const result = await outcome("");
  assert.deepEqual([result.passed, result.failed], [0, 1]);
});

test("a file with nothing but an empty suite fails", async () => {
  const result = await outcome(`describe("nothing yet", () => {});`);
  assert.deepEqual([result.passed, result.failed], [0, 1]);
});

test("a file that cannot be loaded fails and shows what node printed", async () => {
  const result = await outcome(`import "./missing.mjs"; test("a", () => {});`);
  assert.deepEqual([result.passed, result.failed], [0, 1]);
  assert.match(result.output, /Cannot find module/);
});

test("a file that leaves before its tests are done fails", async () => {
  const result = await outcome(`test("a", () => process.exit(0)); test("b", () => {});`);
  assert.ok(result.failed > 0);
});

test("a file that does not end is ended and fails", async () => {
  const result = await outcome(`test("a", () => {}); setInterval(() => {}, 1000);`, 1500);
  assert.equal(result.failed, 1);
  assert.match(result.failures[0]!.error.message, /still running/);
});
