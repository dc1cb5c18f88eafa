import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import type { JobFailure } from "../../../contract/job.ts";
import { compileRun, runLimits, type RunInput } from "../../../lambdas/worksheets/rules/compile-run.ts";
import { runEnd, type RunBounds } from "../../../lambdas/worksheets/rules/run-end.ts";
import { leftOut } from "../../../lambdas/jobs/rules/left-out.ts";

const uuid = `0x${"a".repeat(32)}`;
const limits = runLimits({ cpus: 1, memoryBytes: 2 ** 30, diskBytes: 2 ** 30, inputBytes: 0 });
const input = (key: string, more: Partial<RunInput> = {}): RunInput => ({
  key,
  object: { bucket: "uploads", key: "one" },
  content: "archive",
  path: "",
  ...more,
});
const compile = (command: string, inputs: RunInput[], excludePatterns: string[] = []) =>
  compileRun({
    ...{ uuid, command, inputs, excludePatterns, limits },
    ...{ image: "python:3", timeLimitSeconds: 60, network: "none", profile: null },
  }).steps[0]!;

describe("the job of a run", () => {
  it("fetches each bundle once, mounts it read-only and links it by key (W-121)", () => {
    const step = compile("ls", [
      input("a"),
      input("b/c", { path: "sub/file" }),
      input("d", { object: { bucket: "uploads", key: "two" }, content: "file" }),
    ]);
    const [container] = step.containers;
    assert.deepEqual(
      step.folders.map(({ name, contents }) => [
        name,
        contents.map(({ at, isFile, strayLinks }) => [at, isFile, strayLinks]),
      ]),
      [
        ["work", []],
        ["input-0", [["", undefined, true]]],
        ["input-1", [["file", true, undefined]]],
      ],
    );
    assert.deepEqual(
      container!.mounts.map(({ path, readOnly }) => [path, readOnly]),
      [
        [`/${uuid}`, false],
        [`/${uuid}_dependencies/input-0`, true],
        [`/${uuid}_dependencies/input-1`, true],
      ],
    );
    assert.deepEqual(container!.argv!.at(-1)!.split("\n").slice(1), [
      `ln -s -- '/${uuid}_dependencies/input-0' 'a'`,
      `mkdir -p -- 'b' && ln -s -- '/${uuid}_dependencies/input-0/sub/file' 'b/c'`,
      `ln -s -- '/${uuid}_dependencies/input-1/file' 'd'`,
      "( ls",
      ") > stdout 2> stderr",
    ]);
  });

  it("keeps neither inputs nor what is excluded, whatever they are called (W-122)", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z*?[\]\\. ]{1,12}$/), (key) => {
        const isLeftOut = leftOut(compile("ls", [input(key)], ["*.tmp"]).leaveOut!);
        assert.ok(isLeftOut(key));
        assert.ok(!isLeftOut(`x${key}`) || key.endsWith(".tmp") || key.includes("\\"));
        assert.ok(isLeftOut("deep/a.tmp"));
      }),
    );
  });

  it("passes any key and any command to the shell unchanged", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 20 }), (key) => {
        const script = compile(`printf %s x`, [input(key.replaceAll("/", "_"))]).containers[0]!.argv!.at(-1)!;
        execFileSync("/bin/bash", ["-n"], { input: script });
      }),
      { numRuns: 30 },
    );
  });

  it("counts the disk limit beside the inputs, and needs some memory", () => {
    const request = { cpus: 1, memoryBytes: 2 ** 30, diskBytes: 1000, inputBytes: 5000 };
    assert.ok(runLimits(request).diskBytes >= 6000);
    assert.throws(() => runLimits({ ...request, memoryBytes: 1 }), /at least 4m/);
  });
});

describe("the end of a run (W-123)", () => {
  const bounds: RunBounds = {
    ...{ seconds: 100, memoryBytes: 10 * 1024 ** 2, diskBytes: 2 * 1024 ** 2 },
    ...{ timeIsQuota: false, diskIsQuota: false },
  };
  const report = (exitCode: number | null) => ({
    outcome: "failed" as const,
    failure: null,
    steps: [
      {
        name: "run",
        containers: [
          {
            ...{ name: "program" as const, ran: true, exitCode, outOfMemory: false, elapsedSeconds: 3 },
            logs: { stdout: { bytes: 0, truncated: false }, stderr: { bytes: 0, truncated: false } },
          },
        ],
        usage: {
          ...{ wallSeconds: 3, cpuSeconds: 1, peakMemoryBytes: 5, downloadedBytes: 0, uploadedBytes: 0 },
          preparingSeconds: 2,
        },
        outputBytes: 1,
        collected: [],
        md5: {},
      },
    ],
  });
  const failure = (code: string): JobFailure => ({ code, message: "What happened.", step: "run" });
  const cases: [JobFailure | "cancelled" | null, number | null, Partial<RunBounds>, string, string | undefined][] = [
    [null, 0, {}, "ready", undefined],
    [failure("PROGRAM_EXIT"), 3, {}, "failed", "Exit code 3"],
    [failure("PROGRAM_EXIT"), 137, {}, "failed", "Memory limit 10m exceeded."],
    [failure("OUT_OF_MEMORY"), 137, {}, "failed", "Memory limit 10m exceeded."],
    [failure("DISK_LIMIT"), null, {}, "failed", "Disk limit 2mb exceeded."],
    [failure("OUTPUT_TOO_LARGE"), 0, {}, "failed", "Disk limit 2mb exceeded."],
    [failure("TIME_LIMIT"), null, {}, "failed", "Time limit exceeded. (Container uptime 1m40s > time limit 1m40s)"],
    [{ ...failure("ENDED"), message: "Kill requested" }, null, {}, "killed", "Kill requested"],
    ["cancelled", null, {}, "killed", "Kill requested"],
    [failure("IMAGE_NOT_FOUND"), null, {}, "failed", "What happened."],
  ];
  for (const [why, exitCode, more, state, message] of cases)
    it(`is ${state} after ${why === null || why === "cancelled" ? why : why.code} and exit code ${exitCode}`, () => {
      const end = runEnd(why, report(exitCode), { ...bounds, ...more });
      assert.deepEqual([end.state, end.metadata["failure_message"]], [state, message]);
      assert.equal(end.metadata["time_preparing"], 2);
      assert.equal(end.metadata["exitcode"], exitCode ?? undefined);
    });

  it("has failed, and was not killed, if it ended by itself with more than the disk quota takes (W-162)", () => {
    const { state, metadata } = runEnd(failure("OUTPUT_TOO_LARGE"), report(0), { ...bounds, diskIsQuota: true });
    assert.equal(state, "failed");
    assert.match(String(metadata["failure_message"]), /^User disk quota exceeded\. To apply/);
  });

  for (const [code, what] of [
    ["TIME_LIMIT", "time"],
    ["DISK_LIMIT", "disk"],
  ] as const)
    it(`says so when the ${what} quota was why`, () => {
      const end = runEnd(failure(code), null, { ...bounds, timeIsQuota: true, diskIsQuota: true });
      assert.equal(end.state, "killed");
      assert.match(
        String(end.metadata["failure_message"]),
        new RegExp(`^Kill requested: User ${what} quota exceeded\\. To`),
      );
    });
});
