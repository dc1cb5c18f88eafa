import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "@jest/globals";
import { text } from "node:stream/consumers";
import { repository } from "../../support/files.ts";
import { waitFor } from "../../support/wait.ts";
import { containerOf, Lab, python, results, stepOf, trivialScoring } from "./lab.ts";

const slow = (seconds: number) =>
  python(`import time\ntime.sleep(${seconds})\nopen('/app/output/scores.json','w').write('{}')`);

describe("the worker process", () => {
  let lab: Lab;
  beforeEach(async () => {
    lab = await Lab.start();
  });
  afterEach(async () => {
    await lab.close();
    assert.deepEqual(lab.api.violations, []);
  });

  it("with a wrong configuration says so in one line and exits with 2", async () => {
    const child = spawn(process.execPath, [join(repository, "worker-image/main.ts")], {
      env: { BENCHSTACK_API_URL: "nowhere", BENCHSTACK_WORKER_TOKEN: "secret-token" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [printed] = await Promise.all([text(child.stdout), once(child, "exit")]);
    assert.equal(child.exitCode, 2);
    assert.equal(printed.trim().split("\n").length, 1);
    const line = JSON.parse(printed) as { event: string; error: string };
    assert.equal(line.event, "configuration.wrong");
    assert.match(line.error, /^BENCHSTACK_API_URL must be/);
    assert.doesNotMatch(printed, /secret-token/);
  });

  it("in a task of a cluster says with each line which request asked for the job", async () => {
    const child = spawn(process.execPath, [join(repository, "worker-image/main.ts"), "supervise"], {
      env: { BENCHSTACK_CORRELATION_ID: "request-1" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [printed] = await Promise.all([text(child.stdout), once(child, "exit")]);
    const { event, correlationId } = JSON.parse(printed) as Record<string, unknown>;
    assert.deepEqual([event, correlationId], ["configuration.wrong", "request-1"]);
  });

  it("with a token that the platform refuses says so and exits with 2", async () => {
    const worker = await lab.startWorker({
      launcher: "sandbox",
      environment: { BENCHSTACK_WORKER_TOKEN: "wrong-token" },
    });
    await waitFor("its end", () => worker.process.exitCode !== null);
    assert.equal(worker.process.exitCode, 2);
    assert.match(String(worker.lines.at(-1)?.error), /BENCHSTACK_WORKER_TOKEN is wrong.*HTTP 401/);
    assert.doesNotMatch(JSON.stringify(worker.lines), /wrong-token/);
  });

  it("with an engine that does not answer says so and exits with 2", async () => {
    const worker = await lab.startWorker({ launcher: "docker", environment: { DOCKER_HOST: "unix:///nowhere.sock" } });
    await waitFor("its end", () => worker.process.exitCode !== null);
    assert.equal(worker.process.exitCode, 2);
    assert.match(String(worker.lines.at(-1)?.error), /BENCHSTACK_LAUNCHER is docker, but no container engine answers/);
  });

  it("takes the sandbox by itself when no engine answers", async () => {
    const worker = await lab.readyWorker({ launcher: "auto", environment: { DOCKER_HOST: "unix:///nowhere.sock" } });
    assert.equal(worker.lines.find(({ event }) => event === "worker.ready")?.launcher, "sandbox");
  });

  it("waits for a platform that is away when it starts", async () => {
    lab.api.isDown = true;
    const worker = await lab.startWorker({ launcher: "sandbox" });
    await waitFor("it to try", () => worker.lines.some(({ event }) => event === "platform.unreachable"));
    lab.api.isDown = false;
    const { report } = await lab.run({ submission: results, scoring: trivialScoring });
    assert.equal(report.outcome, "succeeded");
  });

  it("told to stop while it waits for the platform, exits with 0", async () => {
    lab.api.isDown = true;
    const worker = await lab.startWorker({ launcher: "sandbox" });
    await waitFor("it to try", () => worker.lines.some(({ event }) => event === "platform.unreachable"));
    assert.equal(await worker.end("SIGTERM"), 0);
  });

  it("runs as many attempts at a time as it has slots, and no more", async () => {
    await lab.readyWorker({ launcher: "sandbox", slots: 2 });
    const jobs = await Promise.all([1, 2, 3].map(() => lab.submit({ submission: results, scoring: slow(1) })));
    const running = () => jobs.filter(({ attempts }) => attempts[0] && attempts[0].report === null).length;
    await waitFor("two to run", () => running() === 2);
    let most = 0;
    await waitFor("all to be done", () => {
      most = Math.max(most, running());
      return jobs.every(({ attempts }) => attempts[0]?.report);
    });
    assert.equal(most, 2);
    assert.equal(lab.api.claims, 3);
  });

  it("listens to several queues with one slot: what it cannot take is left to others, and taken later", async () => {
    const second = await lab.addQueue("second");
    await lab.readyWorker({ launcher: "sandbox" });
    const first = await lab.submit({ submission: results, scoring: slow(2) });
    await waitFor("the first to run", () => first.attempts[0]?.progress.some(({ stage }) => stage === "running"));
    const other = await lab.submit({ submission: results, scoring: trivialScoring }, second);
    assert.equal((await lab.report(first)).outcome, "succeeded");
    assert.equal((await lab.report(other)).outcome, "succeeded");
    assert.deepEqual(lab.api.claimedQueues, [lab.queueUrl, second]);
  });

  it("fetches a task's archives once for all submissions, and each submission's own each time", async () => {
    await lab.readyWorker({ launcher: "sandbox" });
    const run = async () => (await lab.run({ submission: results, scoring: trivialScoring })).report;
    const [first, second] = [await run(), await run()];
    assert.ok(first.steps[1]!.usage.downloadedBytes > 0);
    assert.equal(second.steps[1]!.usage.downloadedBytes, 0);
    assert.ok(second.steps[0]!.usage.downloadedBytes > 0);
    assert.deepEqual(second.steps[1]!.md5, first.steps[1]!.md5);
  });

  it("a cancelled attempt does not wait for archives that do not come, whether others want them or not", async () => {
    const hanging = createServer(() => {}).listen(0, "127.0.0.1");
    await once(hanging, "listening");
    const url = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}/`;
    await lab.readyWorker({ launcher: "sandbox" });
    try {
      for (const cache of [false, true]) {
        const job = await lab.submit({ submission: results, scoring: trivialScoring }, undefined, (spec) => {
          const [content] = spec.steps[0]!.folders[0]!.contents;
          content!.archive = { from: "object", object: { url, contentId: "never" }, cache, label: "submission" };
        });
        const attempt = await waitFor("the attempt", () => job.attempts[0]);
        attempt.cancelled = true;
        assert.equal((await lab.report(job, 5_000)).outcome, "cancelled");
      }
    } finally {
      hanging.closeAllConnections();
      hanging.close();
    }
  });

  it("says that it is too old when it cannot read a manifest", async () => {
    lab.api.manifestVersion = 2;
    await lab.readyWorker({ launcher: "sandbox" });
    const { report } = await lab.run({ submission: results, scoring: trivialScoring });
    assert.equal(report.failure?.code, "WORKER_ERROR");
    assert.match(report.failure.message, /worker is too old/);
  });

  it("ends with the process that started it, even if that ends before the worker can listen", async () => {
    const worker = await lab.startWorker({ launcher: "sandbox", channel: true });
    worker.process.disconnect();
    await waitFor("its end", () => worker.process.exitCode !== null, 60_000);
    assert.equal(worker.process.exitCode, 0);
    assert.ok(!worker.lines.some(({ event }) => event === "worker.ready"));
  });

  it("reduces a report that the platform does not take until it is taken, and says whose fault it was (R-104)", async () => {
    // A heartbeat could cross the report that is taken at last.
    lab.api.heartbeatSeconds = 60;
    const worker = await lab.readyWorker({ launcher: "sandbox" });
    const run = async () =>
      (await lab.run({ submission: { "mine/answer.txt": "42" }, scoring: trivialScoring }, 120_000)).report;
    const refused = () => worker.lines.filter(({ event }) => event === "report.refused");

    lab.api.refuses = ({ steps }) => (steps.some(({ warnings = [] }) => warnings.length > 0) ? 422 : null);
    const withoutWarnings = await run();
    assert.equal(withoutWarnings.outcome, "succeeded");
    assert.deepEqual(stepOf(withoutWarnings, "scoring").collected, ["scores.json"]);
    assert.equal(containerOf(withoutWarnings, "scoring").exitCode, 0);
    assert.deepEqual(
      refused().map(({ status, fault }) => [status, fault]),
      [[422, "worker"]],
    );

    lab.api.refuses = ({ steps }) => (steps.some(({ containers }) => containers.length > 0) ? 500 : null);
    const least = await run();
    assert.equal(least.outcome, "succeeded");
    assert.deepEqual(stepOf(least, "scoring").collected, ["scores.json"]);
    assert.deepEqual(
      refused().map(({ status, fault }) => [status, fault]),
      [
        [422, "worker"],
        [500, "platform"],
        [500, "platform"],
      ],
    );
  });

  it("gives its slot to the next attempt when the platform takes no report (R-104)", async () => {
    lab.api.heartbeatSeconds = 60;
    await lab.readyWorker({ launcher: "sandbox" });
    lab.api.refuses = () => 503;
    const first = await lab.submit({ submission: results, scoring: trivialScoring });
    const second = await lab.submit({ submission: results, scoring: trivialScoring });
    await waitFor("the second attempt", () => second.attempts[0], 120_000);
    assert.equal(first.attempts[0]?.report, null);
    lab.api.refuses = () => null;
    assert.equal((await lab.report(first)).outcome, "succeeded");
    assert.equal((await lab.report(second)).outcome, "succeeded");
  });

  it("ends with the process that started it as a part of itself", async () => {
    const worker = await lab.readyWorker({ launcher: "sandbox", channel: true });
    const job = await lab.submit({ submission: results, scoring: slow(1000), timeLimitSeconds: 2000 });
    await waitFor("the scoring to run", () => job.attempts[0]?.progress.some(({ stage }) => stage === "running"));
    worker.process.disconnect();
    await waitFor("its end", () => worker.process.exitCode !== null);
    assert.equal(job.attempts[0]?.report?.outcome, "released");
  });
});
