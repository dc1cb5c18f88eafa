import assert from "node:assert/strict";
import { existsSync, globSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, it } from "@jest/globals";
import { isPlatformFailure } from "../../contract/job.ts";
import { requireDocker } from "../support/docker.ts";
import { TestEngine } from "../support/engine.ts";
import { waitFor } from "../support/wait.ts";
import { containerOf, Lab, python, trivialScoring } from "../integration/worker/lab.ts";
import type { TestWorker } from "../integration/worker/lab.ts";
import type { SeenAttempt, SeenJob } from "../integration/worker/stand-in.ts";

/** A submission that prints, waits to be let go, prints again, and leaves a file. */
const waiting = python(
  [
    "import os, time",
    "print('before', flush=True)",
    "while not os.path.exists('/app/output/go'): time.sleep(0.02)",
    "print('after', flush=True)",
    "open('/app/output/done', 'w').close()",
  ].join("\n"),
);
/** How long a test waits for what happens within a minute. */
const patienceMs = 300_000;

describe("a worker whose Docker engine fails (R-120, R-121)", () => {
  let engine: TestEngine;
  let lab: Lab;
  let worker: TestWorker;
  beforeAll(async () => {
    await requireDocker();
    engine = await TestEngine.open();
  });
  afterAll(() => engine.close());
  beforeEach(async () => {
    lab = await Lab.start();
    worker = await startWorker();
  });
  afterEach(async () => {
    await lab.close();
    assert.deepEqual(lab.api.violations, []);
  });

  const startWorker = (home?: string) =>
    lab.readyWorker({ launcher: "docker", slots: 2, channel: true, home, environment: { DOCKER_HOST: engine.host } });

  /** Starts a submission that waits, and returns when it has printed its first line. */
  async function startWaiting(timeLimitSeconds = 300): Promise<{ job: SeenJob; attempt: SeenAttempt }> {
    const job = await lab.submit({ submission: waiting, scoring: trivialScoring, timeLimitSeconds });
    const attempt = await waitFor(
      "the submission to run",
      async () => {
        const [found] = job.attempts;
        return found && (await lab.names(found)).includes("prediction/program.stdout/000000000000000") && found;
      },
      60_000,
    );
    return { job, attempt };
  }
  const foldersOf = (attempt: SeenAttempt) => globSync(join(worker.home, "work", attempt.id, "*/folders"));
  const letGo = async (attempt: SeenAttempt) => {
    for (const folder of foldersOf(attempt)) await writeFile(join(folder, "output/go"), "");
  };
  const ids = async (...options: string[]) =>
    (await engine.docker("ps", "--quiet", ...options)).split("\n").filter(Boolean);
  /** Waits until nothing is left of any attempt. */
  async function assertClean(): Promise<void> {
    const containers = () => ids("--all", "--filter", "label=benchstack.attempt");
    await waitFor("the containers to be gone", async () => (await containers()).length === 0, patienceMs);
    const work = join(worker.home, "work");
    await waitFor("the work folders to be gone", async () => (await readdir(work)).length === 0, patienceMs);
  }
  async function assertWorks(): Promise<void> {
    const { report } = await lab.run({ submission: python("print('fine')"), scoring: trivialScoring }, patienceMs);
    assert.equal(report.outcome, "succeeded", report.failure?.message);
  }
  /** The run is tried again, and its program is not blamed. */
  async function assertNotBlamed(job: SeenJob, says: RegExp): Promise<void> {
    const { failure } = await lab.report(job, patienceMs);
    assert.ok(failure && isPlatformFailure(failure.code), failure?.code);
    assert.equal(failure.step, "prediction");
    assert.match(failure.message, says);
  }

  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    it(`that ends by ${signal} and ends its programs, does not score what they left, and goes on`, async () => {
      const { job } = await startWaiting();
      await engine.end(signal);
      await engine.start();
      await assertNotBlamed(job, /engine of this worker was stopped or restarted/);
      await assertClean();
      await assertWorks();
    });
  }

  it("that is told to stop a container, does not take this for the program's own end", async () => {
    const { job } = await startWaiting();
    await engine.docker("stop", ...(await ids("--filter", "label=benchstack.attempt")));
    await assertNotBlamed(job, /told to stop the program/);
  });

  it("that is away for a while, goes on with a program that goes on, and says that output is missing", async () => {
    const [stays, ends] = [await startWaiting(), await startWaiting()];
    await engine.end("SIGKILL");
    const done = foldersOf(ends.attempt).map((folder) => join(folder, "output/done"));
    await letGo(ends.attempt);
    await waitFor("a program to end without the engine", () => done.some((path) => existsSync(path)));
    await engine.start("--live-restore");
    // Nobody saw how it ended.
    await assertNotBlamed(ends.job, /engine of this worker was stopped or restarted/);

    await waitFor("the output to go on", () => worker.lines.some(({ event }) => event === "output.interrupted"));
    await letGo(stays.attempt);
    const report = await lab.report(stays.job);
    assert.equal(report.outcome, "succeeded", report.failure?.message);
    assert.equal(containerOf(report, "prediction").exitCode, 0);
    const log = await lab.text(stays.attempt, "prediction/program.stdout.log");
    assert.match(log, /^before\n\n\[The container engine lost its connection .* is missing\.\]\nafter\n$/);
    await assertClean();
  });

  it("that hangs, ends attempts at their time limit and when they are cancelled, and ends with its platform", async () => {
    const [cancelled, limited] = [await startWaiting(), await startWaiting(30)];
    engine.signal("SIGSTOP");
    try {
      cancelled.attempt.cancelled = true;
      await assertNotBlamed(limited.job, /could not stop the program within 30 s/);
      assert.equal((await lab.report(cancelled.job, patienceMs)).outcome, "cancelled");
      worker.process.disconnect();
      await waitFor("the worker to end", () => worker.process.exitCode !== null, patienceMs);
    } finally {
      engine.signal("SIGCONT");
    }
    worker = await startWorker(worker.home);
    await assertClean();
    await assertWorks();
  });

  it("that hangs and answers again, removes what it had to leave behind", async () => {
    const { job, attempt } = await startWaiting();
    engine.signal("SIGSTOP");
    try {
      attempt.cancelled = true;
      assert.equal((await lab.report(job, patienceMs)).outcome, "cancelled");
    } finally {
      engine.signal("SIGCONT");
    }
    await assertClean();
    await assertWorks();
  });
});
