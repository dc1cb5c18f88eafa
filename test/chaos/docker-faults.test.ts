import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, it } from "@jest/globals";
import { promisify } from "node:util";
import { requireDocker, testImage } from "../support/docker.ts";
import { waitFor } from "../support/wait.ts";
import { containerOf, Lab, python, results, trivialScoring } from "../integration/worker/lab.ts";
import type { TestWorker } from "../integration/worker/lab.ts";

const run = promisify(execFile);

/** Containers of a worker, running or not. */
async function containersOf(worker: TestWorker): Promise<string[]> {
  const id = worker.lines.find(({ event }) => event === "worker.ready")?.worker as string;
  const { stdout } = await run("docker", ["ps", "-aq", "--filter", `label=benchstack.worker=${id}`]);
  return stdout.split("\n").filter((line) => line !== "");
}

const workFolders = (worker: TestWorker) => readdir(join(worker.home, "work"));

/** A scoring program that is ended by others only. */
const endless = python("import time\nprint('begin')\ntime.sleep(1000)");

describe("what may befall a worker with a Docker engine", () => {
  let lab: Lab;
  let worker: TestWorker;
  /** A registry that takes requests and does not answer. */
  let silent: Server;
  let requests = 0;
  const silentHost = () => `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  beforeAll(async () => {
    await requireDocker();
    silent = createServer(() => requests++).listen(0, "127.0.0.1");
    await once(silent, "listening");
  });
  afterAll(() => void silent.close());
  // Each has a queue of its own: one that a worker stopped listening to may give the next ring to nobody for a while.
  beforeEach(async () => {
    lab = await Lab.start();
    const environment = { BENCHSTACK_PRIVATE_REGISTRIES: `127.0.0.1:1, ${silentHost()}` };
    worker = await lab.readyWorker({ launcher: "docker", slots: 2, environment });
  });
  afterEach(async () => {
    await lab.close();
    assert.deepEqual(lab.api.violations, []);
  });

  async function startEndless() {
    const job = await lab.submit({ submission: results, scoring: endless, timeLimitSeconds: 300 });
    const attempt = await waitFor("the scoring to run", () =>
      job.attempts[0]?.progress.some(({ stage }) => stage === "running") ? job.attempts[0] : null,
    );
    return { job, attempt };
  }

  it("killed in the middle and started again, it gives the job back, removes the orphan, and the job ends well", async () => {
    const marker = python(
      "import os, time\nprint('begin', flush=True)\nif not os.path.exists('/app/input/ref/again'): time.sleep(1000)",
    );
    const job = await lab.submit({ submission: results, scoring: marker, timeLimitSeconds: 300 });
    await waitFor("the scoring to run", () => job.attempts[0]?.progress.some(({ stage }) => stage === "running"));
    const orphans = await containersOf(worker);
    assert.equal(orphans.length, 1);
    await worker.end("SIGKILL");
    assert.deepEqual(await containersOf(worker), orphans, "the orphan ran on, as it does in life");

    // The job is the same but for an input that makes it end.
    const again = await lab.store({ again: "" });
    job.spec.steps[1]?.folders
      .find(({ name }) => name === "input")
      ?.contents.push({ at: "ref", archive: { from: "object", object: again, cache: false, label: "again" } });
    const second = await lab.readyWorker({ launcher: "docker", home: worker.home });
    assert.equal(second.lines.find(({ event }) => event === "worker.ready")?.released, 1);
    // The first ring may have gone to the poll of the dead worker; the platform rings again for what stays ready.
    await lab.ring();
    const report = await lab.report(job);
    assert.equal(report.outcome, "succeeded", report.failure?.message);
    assert.equal(job.attempts.length, 2);
    assert.equal(job.attempts[0]?.report, null);
    await waitFor("the leftovers to be gone", async () => (await containersOf(second)).length === 0);
    await waitFor("the work folders to be gone", async () => (await workFolders(second)).length === 0);
  });

  it("told to stop, it finishes what runs, claims no more and exits with 0", async () => {
    const slow = python("import time\nprint('begin')\ntime.sleep(2)\nopen('/app/output/scores.json','w').write('{}')");
    const job = await lab.submit({ submission: results, scoring: slow });
    await waitFor("the scoring to run", () => job.attempts[0]?.progress.some(({ stage }) => stage === "running"));
    worker.process.kill("SIGTERM");
    await waitFor("the signal", () => worker.lines.some(({ event }) => event === "worker.stopping"));
    const waiting = await lab.submit({ submission: results, scoring: trivialScoring });
    assert.equal(await worker.end("SIGCONT"), 0);
    assert.equal(job.attempts[0]?.report?.outcome, "succeeded");
    assert.equal(waiting.attempts.length, 0);
    assert.deepEqual(await containersOf(worker), []);
    assert.deepEqual(await workFolders(worker), []);
  });

  it("told to stop while idle, it exits at once", async () => {
    const startedAt = performance.now();
    assert.equal(await worker.end("SIGTERM"), 0);
    // Its poll would have waited for 20 s.
    assert.ok(performance.now() - startedAt < 15_000);
  });

  it("told to stop twice, it kills what runs and gives it back", async () => {
    const { job, attempt } = await startEndless();
    worker.process.kill("SIGTERM");
    // Two signals that are sent at once may arrive as one.
    await waitFor("the first signal", () => worker.lines.some(({ event }) => event === "worker.stopping"));
    assert.equal(await worker.end("SIGTERM"), 0);
    assert.equal(attempt.report?.outcome, "released");
    assert.equal(attempt.report.failure, null);
    assert.equal(job.ready, true);
    assert.deepEqual(await containersOf(worker), []);
  });

  it("an attempt that is cancelled is killed, says so, and its log is kept", async () => {
    const { job, attempt } = await startEndless();
    attempt.cancelled = true;
    const report = await lab.report(job);
    assert.equal(report.outcome, "cancelled");
    assert.equal(report.failure, null);
    assert.equal(containerOf(report, "scoring").exitCode, null);
    assert.equal(await lab.text(attempt, "scoring/program.stdout.log"), "begin\n");
    await waitFor("the container to be gone", async () => (await containersOf(worker)).length === 0);
  });

  it("an attempt that is cancelled while its image is pulled from a registry that does not answer ends (R-103)", async () => {
    const image = `${silentHost()}/never/answers:1`;
    const job = await lab.submit({ submission: python("print('hello')"), scoring: trivialScoring, image });
    await waitFor("the pull", () => requests > 0);
    job.attempts[0]!.cancelled = true;
    assert.equal((await lab.report(job)).outcome, "cancelled");
    silent.closeAllConnections();
  });

  it("an attempt that is superseded is killed, and reports and stores nothing more", async () => {
    const { attempt } = await startEndless();
    const before = await lab.names(attempt);
    attempt.superseded = true;
    await waitFor("the container to be gone", async () => (await containersOf(worker)).length === 0);
    await waitFor("the work folder to be gone", async () => (await workFolders(worker)).length === 0);
    assert.equal(attempt.report, null);
    const fresh = (await lab.names(attempt)).filter((name) => !before.includes(name));
    assert.deepEqual(
      fresh.filter((name) => !/^scoring\/program\.stdout\//.test(name)),
      [],
    );
    // The slot is free again.
    const next = await lab.run({ submission: results, scoring: trivialScoring });
    assert.equal(next.report.outcome, "succeeded");
  });

  it("a platform that is away when an attempt ends gets its report when it is back", async () => {
    const slow = python("import time\ntime.sleep(1)\nopen('/app/output/scores.json','w').write('{}')");
    const job = await lab.submit({ submission: results, scoring: slow });
    await waitFor("the scoring to run", () => job.attempts[0]?.progress.some(({ stage }) => stage === "running"));
    lab.api.isDown = true;
    const attempt = job.attempts[0]!;
    await waitFor("the output to be stored", () => lab.object(attempt, "scoring/scores.json"));
    await waitFor("a heartbeat to fail", () => worker.lines.some(({ event }) => event === "heartbeat.failed"));
    lab.api.isDown = false;
    const report = await lab.report(job);
    assert.equal(report.outcome, "succeeded");
    assert.equal(job.attempts.length, 1);
  });

  it("a hundred trivial runs lose no output, two at a time", async () => {
    const scoring = python("print('the only line')\nopen('/app/output/scores.json','w').write('{}')");
    const jobs = await Promise.all(Array.from({ length: 100 }, () => lab.submit({ submission: results, scoring })));
    for (const job of jobs) {
      const report = await lab.report(job, 120_000);
      assert.equal(report.outcome, "succeeded", report.failure?.message);
    }
    const logs = await Promise.all(jobs.map(({ attempts }) => lab.text(attempts[0]!, "scoring/program.stdout.log")));
    assert.deepEqual([...new Set(logs)], ["the only line\n"]);
    assert.ok(jobs.every(({ attempts }) => attempts.length === 1));
    await waitFor("all containers to be gone", async () => (await containersOf(worker)).length === 0);
  });

  it("a ring without work is used up, and the next one is answered", async () => {
    await lab.ring();
    await waitFor("the claim", () => lab.api.claims === 1);
    const { report } = await lab.run({ submission: results, scoring: trivialScoring });
    assert.equal(report.outcome, "succeeded");
    assert.equal(lab.api.claims, 2);
  });

  it("an image that is nowhere fails the job with IMAGE_NOT_FOUND or, without a registry, IMAGE_PULL", async () => {
    const bad = await lab.run({ submission: results, scoring: trivialScoring, image: "Not A Name" });
    assert.equal(bad.report.failure?.code, "IMAGE_NOT_FOUND");
    assert.match(bad.report.failure.message, /Not A Name was not found: .*Check the name/);
    // Nothing listens on port 1 of this machine.
    const unreachable = await lab.run(
      { submission: results, scoring: trivialScoring, image: "127.0.0.1:1/no/image:1" },
      60_000,
    );
    assert.equal(unreachable.report.failure?.code, "IMAGE_PULL");
    assert.equal(unreachable.report.failure.step, "scoring");
  });
});

describe("images of all kinds", () => {
  const image = "benchstack-test-other-user:latest";
  let lab: Lab;
  beforeEach(async () => {
    lab = await Lab.start();
  });
  afterEach(async () => {
    await lab.close();
    assert.deepEqual(lab.api.violations, []);
  });
  beforeAll(async () => {
    await requireDocker();
    const { stdout } = await run("docker", ["create", testImage]);
    const changes = [
      "USER 4242:4242",
      'ENTRYPOINT ["python3", "-c", "import os, sys; print(\'entry point\', flush=True); os.execvp(sys.argv[1], sys.argv[1:])"]',
      "ENV FROM_IMAGE=yes",
    ];
    await run("docker", ["commit", ...changes.flatMap((change) => ["--change", change]), stdout.trim(), image]);
    await run("docker", ["rm", stdout.trim()]);
  });
  afterAll(async () => {
    await run("docker", ["rmi", "-f", image]);
  });

  const scoring = python(
    [
      "import os",
      "os.makedirs('/app/output/a/b'); open('/app/output/a/b/c', 'w').write('deep'); os.chmod('/app/output/a/b/c', 0o600); os.chmod('/app/output/a', 0o700)",
      "open('/app/shared/note', 'w').write('x'); open('/app/program/main.py', 'a').write('#'); os.remove('/app/input/res/answer.txt')",
      "open('/app/output/scores.json', 'w').write('{}'); os.chmod('/app/output/scores.json', 0o600)",
      "print(os.getuid(), os.environ['FROM_IMAGE'])",
    ].join("\n"),
  );

  it("the image's entry point, user and environment stay, and its user may write in every folder (R-36, R-41)", async () => {
    const worker = await lab.readyWorker({ launcher: "docker" });
    const { attempt, report } = await lab.run({ submission: results, scoring, image });
    assert.equal(report.outcome, "succeeded", report.failure?.message);
    assert.equal(await lab.text(attempt, "scoring/program.stdout.log"), "entry point\n4242 yes\n");
    assert.equal((await lab.output(attempt, "scoring"))["a/b/c"], "deep");
    assert.equal(await lab.text(attempt, "scoring/scores.json"), "{}");
    assert.equal(await worker.end("SIGTERM"), 0);
    assert.deepEqual(await workFolders(worker), []);
  });

  it("a worker that is not root reads and removes what a container's root wrote", async () => {
    const { stdout } = await run("stat", ["-c", "%g", "/var/run/docker.sock"]);
    const worker = await lab.readyWorker({ launcher: "docker", user: { uid: 4321, gid: Number(stdout) } });
    const asRoot = { ...scoring, "main.py": String(scoring["main.py"]).replace("os.environ['FROM_IMAGE']", "'root'") };
    const { attempt, report } = await lab.run({ submission: results, scoring: asRoot });
    assert.equal(report.outcome, "succeeded", report.failure?.message);
    assert.equal(await lab.text(attempt, "scoring/program.stdout.log"), "0 root\n");
    assert.equal((await lab.output(attempt, "scoring"))["a/b/c"], "deep");
    assert.equal(await lab.text(attempt, "scoring/scores.json"), "{}");
    assert.equal(await worker.end("SIGTERM"), 0);
    assert.deepEqual(await workFolders(worker), []);
  });

  it("an image that is here is used when its registry cannot be reached, even when told to pull always (R-53)", async () => {
    const always = await lab.readyWorker({ launcher: "docker", environment: { BENCHSTACK_IMAGE_PULL: "always" } });
    const local = "127.0.0.1:1/benchstack/local:1";
    await run("docker", ["tag", testImage, local]);
    try {
      const { report } = await lab.run({ submission: results, scoring: trivialScoring, image: local }, 90_000);
      assert.equal(report.outcome, "succeeded", report.failure?.message);
      assert.ok(always.lines.some(({ event }) => event === "image.stale"));
    } finally {
      await run("docker", ["rmi", local]);
    }
  });
});
