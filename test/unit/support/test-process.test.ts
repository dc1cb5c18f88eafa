import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, test } from "@jest/globals";
import { temporaryFolder } from "../../support/files.ts";
import type { FileOutcome } from "../../support/jest/messages.ts";
import { TestProcess } from "../../support/jest/test-process.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

/** Runs test files with these contents, one after the other in one process. */
async function outcomes(
  sources: string[],
  { limitMs = 60_000, graceMs = 60_000 } = {},
): Promise<(FileOutcome & { printed: string })[]> {
  const tester = new TestProcess(process.env);
  const outcomes = [];
  try {
    for (const source of sources) {
      const path = join(folder.path, `${Math.random().toString(36).slice(2)}.test.mjs`);
      const imports = `import { test, describe, beforeAll, afterAll } from "@jest/globals"; import assert from "node:assert/strict";`;
      await writeFile(path, `${imports}\n${source}`);
      const outcome = await tester.run(
        { path, testNamePattern: undefined, testTimeoutMs: 60_000, maxConcurrency: 2, graceMs },
        limitMs,
      );
      outcomes.push({ ...outcome, printed: tester.output });
    }
    return outcomes;
  } finally {
    await tester.end();
  }
}

const outcome = async (source: string, limits?: { limitMs?: number; graceMs?: number }) =>
  (await outcomes([source], limits))[0]!;
const statuses = ({ tests }: FileOutcome) => tests.map(({ status }) => status);

test("tests pass, fail and are skipped, and the failing one is named with its suites", async () => {
  const result = await outcome(`
    test("fine", () => {});
    describe("outer", () => { describe("inner", () => { test("wrong", () => assert.equal(1, 2)); test.skip("left out", () => {}); }); });`);
  assert.deepEqual(statuses(result), ["passed", "failed", "pending"]);
  const { ancestorTitles, title, failureMessages } = result.tests[1]!;
  assert.deepEqual([...ancestorTitles, title], ["outer", "inner", "wrong"]);
  assert.match(failureMessages[0]!, /to strictly be equal/);
});

test("tests whose set-up fails count as failed, with its error, and their file ends at once", async () => {
  const result = await outcome(`
    describe("needs it", () => {
      beforeAll(() => { setInterval(() => {}, 1000); throw new Error("not installed"); });
      test("a", () => {}); test("b", () => {});
    });`);
  assert.deepEqual(statuses(result), ["failed", "failed"]);
  for (const { failureMessages } of result.tests) assert.match(failureMessages.join(), /not installed/);
  assert.deepEqual(result.errors, [], "it did not wait for the timer");
});

test("a hook after all tests that fails is a failure although every test passed", async () => {
  const result = await outcome(
    `describe("s", () => { afterAll(() => { throw new Error("not closed"); }); test("a", () => {}); });`,
  );
  assert.match(result.errors.join(), /not closed/);
});

test("what nobody catches fails the test that runs, or the file", async () => {
  const during = await outcome(`test("a", async () => {
    void Promise.reject(new Error("lost")); await new Promise((resolve) => setTimeout(resolve, 50)); });`);
  assert.match(during.tests[0]!.failureMessages.join(), /lost/);
  const afterwards = await outcome(`test("a", () => void setTimeout(() => { throw new Error("late"); }, 50));`);
  assert.match(afterwards.errors.join(), /late/);
});

test("a file that cannot be loaded fails and says why", async () => {
  const result = await outcome(`import "./missing.mjs"; test("a", () => {});`);
  assert.match(result.errors.join(), /Cannot find module/);
});

test("a file that leaves before its tests are done fails, and the sentence names the test", async () => {
  await assert.rejects(
    outcome(`describe("s", () => test("a", () => process.exit(0))); test("b", () => {});`),
    /ended during "s > a", with exit code 0/,
  );
});

test("a file that hangs is ended and fails, and the sentence names the test or the hook", async () => {
  const blocked = `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);`;
  await Promise.all([
    assert.rejects(
      outcome(`test("a", () => new Promise(() => {}));`, { limitMs: 5000 }),
      /still running after 5 s during "a"/,
    ),
    assert.rejects(
      outcome(`test("b", () => { ${blocked} });`, { limitMs: 5000 }),
      /still running after 5 s during "b"/,
    ),
    assert.rejects(
      outcome(`describe("s", () => { beforeAll(() => new Promise(() => {})); test("c", () => {}); });`, {
        limitMs: 5000,
      }),
      /still running after 5 s during "s > beforeAll"/,
    ),
  ]);
});

test("a file that leaves something open fails", async () => {
  const result = await outcome(`test("a", () => {}); setInterval(() => {}, 1000);`, { graceMs: 1000 });
  assert.match(result.errors.join(), /still open 1 s after/);
});

test("what a file started ends with its process", async () => {
  const { printed } = await outcome(`import { spawn } from "node:child_process";
    test("a", () => { const child = spawn("sleep", ["1000"], { stdio: "ignore" }); child.unref(); console.log(child.pid); });`);
  // Where nobody collects orphans, a process that has ended stays a zombie.
  const state = await readFile(`/proc/${printed.trim()}/stat`, "utf8").catch(() => ") Z");
  assert.match(state, /\) Z/);
});

test("files that share a process have the environment and the clock to themselves", async () => {
  const [, second] = await outcomes([
    `import { jest } from "@jest/globals"; test("a", () => { process.env.LEFT = "1"; jest.useFakeTimers({ now: 0 }); });`,
    `test("b", () => { assert.equal(process.env.LEFT, undefined); assert.ok(Date.now() > 1e12); });`,
  ]);
  assert.deepEqual(statuses(second!), ["passed"]);
});
