import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "@jest/globals";
import { noSmallDisk, smallDisk } from "../support/small-disk.ts";
import { waitFor } from "../support/wait.ts";
import { assertFailed, assertSucceeded } from "../integration/worker/assert-report.ts";
import { Lab, python, results, trivialScoring } from "../integration/worker/lab.ts";
import type { TestWorker } from "../integration/worker/lab.ts";

/** Processes of this machine whose command line has a text in it. */
async function processesWith(text: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
  return pids.filter((_, index) => lines[index]?.includes(text));
}

const workFolders = (worker: TestWorker) => readdir(join(worker.home, "work"));

describe("what may befall a worker with sandboxes", () => {
  let lab: Lab;
  beforeEach(async () => {
    lab = await Lab.start();
  });
  afterEach(async () => {
    await lab.close();
    assert.deepEqual(lab.api.violations, []);
  });

  it("says once at its start that it is for trusted code only, and once an image that it is ignored", async () => {
    const worker = await lab.readyWorker({ launcher: "sandbox" });
    for (const _ of [1, 2]) await lab.run({ submission: results, scoring: trivialScoring, image: "some/image:1" });
    const said = (what: string) => worker.lines.filter(({ event }) => event === what).length;
    assert.equal(said("sandbox.chosen"), 1);
    assert.equal(said("image.ignored"), 1);
  });

  it("killed in the middle, its program dies with it; started again, the job ends well and nothing is left", async () => {
    const worker = await lab.readyWorker({ launcher: "sandbox" });
    const marker = randomUUID();
    const scoring = {
      metadata: `command: python3 main.py ${marker}`,
      "main.py": "import os, time\nif not os.path.exists('/app/input/ref/again'): time.sleep(1000)",
    };
    const job = await lab.submit({ submission: results, scoring, timeLimitSeconds: 300 });
    await waitFor("the scoring to run", () => job.attempts[0]?.progress.some(({ stage }) => stage === "running"));
    await waitFor("the program", async () => (await processesWith(marker)).length > 0);
    await worker.end("SIGKILL");
    await waitFor("the program to be gone", async () => (await processesWith(marker)).length === 0);

    const again = await lab.store({ again: "" });
    job.spec.steps[1]?.folders
      .find(({ name }) => name === "input")
      ?.contents.push({ at: "ref", archive: { from: "object", object: again, cache: false, label: "again" } });
    const second = await lab.readyWorker({ launcher: "sandbox", home: worker.home });
    // The first ring may have gone to the poll of the dead worker; the platform rings again for what stays ready.
    await lab.ring();
    const report = await lab.report(job);
    assert.equal(report.outcome, "succeeded", report.failure?.message);
    assert.equal(await second.end("SIGTERM"), 0);
    assert.deepEqual(await workFolders(second), []);
    assert.equal(await leftoverGroups(second), 0);
  });

  it("a sandbox that is killed from outside is not taken for the program's own end (R-121)", async () => {
    await lab.readyWorker({ launcher: "sandbox" });
    const marker = randomUUID();
    const submission = {
      metadata: `command: python3 main.py ${marker}`,
      "main.py": "import time\nprint('begin')\ntime.sleep(1000)",
    };
    const job = await lab.submit({ submission, scoring: trivialScoring, timeLimitSeconds: 300 });
    await waitFor("the program", () => job.attempts[0]?.progress.some(({ stage }) => stage === "running"));
    // The rest dies with the sandbox.
    const isSandbox = async (pid: string) =>
      (await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")).trim() === "unshare";
    for (const pid of await processesWith(marker)) if (await isSandbox(pid)) process.kill(Number(pid), "SIGKILL");
    const { failure } = await lab.report(job);
    assert.equal(failure?.code, "WORKER_ERROR");
    assert.match(failure.message, /killed from outside/);
  });

  it("a cancelled program dies with everything it started", async () => {
    const worker = await lab.readyWorker({ launcher: "sandbox" });
    const marker = randomUUID();
    const source = `import subprocess, time\nsubprocess.Popen(['setsid', 'sh', '-c', 'sleep 1000 # ${marker}'])\ntime.sleep(1000)`;
    const job = await lab.submit({ submission: results, scoring: python(source), timeLimitSeconds: 300 });
    await waitFor("the child", async () => (await processesWith(marker)).length > 0);
    job.attempts[0]!.cancelled = true;
    assert.equal((await lab.report(job)).outcome, "cancelled");
    assert.deepEqual(await processesWith(marker), []);
    assert.equal(await worker.end("SIGTERM"), 0);
  });

  it("attempts that run at the same time see neither each other's processes nor files", async () => {
    await lab.readyWorker({ launcher: "sandbox", slots: 2 });
    const spy = python(
      [
        "import os, time",
        "open('/tmp/mine', 'x'); open('/app/shared/mine', 'x'); open('/dev/shm/mine', 'x')",
        "time.sleep(1)",
        "print(len([p for p in os.listdir('/proc') if p.isdigit()]), os.listdir('/tmp'), os.listdir('/app/shared'))",
      ].join("\n"),
    );
    const jobs = await Promise.all([1, 2].map(() => lab.submit({ submission: results, scoring: spy })));
    for (const job of jobs) {
      const report = await lab.report(job);
      assert.equal(report.outcome, "succeeded", report.failure?.message);
      assert.equal(await lab.text(job.attempts[0]!, "scoring/program.stdout.log"), "2 ['mine'] ['mine']\n");
    }
  });
});

/** How many control groups a worker left. */
async function leftoverGroups(worker: TestWorker): Promise<number> {
  const id = worker.lines.find(({ event }) => event === "worker.ready")?.worker as string;
  const folders = ["", "memory", "pids", "cpu", "cpuacct"].map((name) => join("/sys/fs/cgroup", name));
  const entries = await Promise.all(folders.filter(existsSync).map((folder) => readdir(folder)));
  return entries.flat().filter((name) => name.startsWith(`benchstack-${id}`)).length;
}

const rootOnly = noSmallDisk === null ? it : it.skip;

describe("a worker whose disk is nearly full", () => {
  rootOnly("stops the step that occupies most, and no other, and then goes on (R-143)", async () => {
    const disk = await smallDisk(1000);
    const lab = await Lab.start();
    try {
      await lab.readyWorker({ launcher: "sandbox", slots: 2, home: disk.path });
      const bystander = await lab.submit({
        submission: results,
        scoring: python("import time\ntime.sleep(1000)"),
        timeLimitSeconds: 1000,
      });
      await waitFor("it to run", () => bystander.attempts[0]?.progress.some(({ stage }) => stage === "running"));
      // Slowly at the end, so that a busy machine notices it in time.
      const source = [
        "import time",
        "with open('/app/output/fill', 'wb', 0) as file:",
        "  for _ in range(940): file.write(b'x' * 1_000_000)",
        "  while True: file.write(b'x' * 1_000_000); time.sleep(1)",
      ].join("\n");
      const filler = await lab.run({
        submission: results,
        scoring: python(source),
        limits: { diskBytes: 2e9, memoryBytes: 2e9 },
        timeLimitSeconds: 600,
      });
      assertFailed(filler, "WORKER_ERROR", "scoring", /became nearly full.*occupied most/);
      bystander.attempts[0]!.cancelled = true;
      assert.equal((await lab.report(bystander)).outcome, "cancelled");
      assertSucceeded(await lab.run({ submission: results, scoring: trivialScoring }));
    } finally {
      await lab.close();
      await disk.remove();
    }
  });
});

describe("sandboxes of an ordinary user", () => {
  const user = { uid: 4321, gid: 4321 };
  let lab: Lab;
  let worker: TestWorker;
  beforeEach(async () => {
    lab = await Lab.start();
    worker = await lab.readyWorker({ launcher: "sandbox", user });
  });
  afterEach(async () => {
    await lab.close();
    assert.deepEqual(lab.api.violations, []);
  });

  it("run programs as root of a namespace without rights, and hide the worker", async () => {
    const { attempt, report } = await lab.run({
      submission: results,
      scoring: python(
        [
          "import os",
          "status = dict(line.split(':', 1) for line in open('/proc/self/status').read().splitlines())",
          `home = os.path.exists(${JSON.stringify(worker.home)})`,
          "def environment(pid):",
          "  try: return open(f'/proc/{pid}/environ').read()",
          "  except PermissionError: return ''",
          "seen = ''.join(environment(p) for p in os.listdir('/proc') if p.isdigit())",
          "print(os.getuid(), int(status['CapEff'], 16), home, 'TOKEN' in seen)",
          "os.makedirs('/app/output/closed'); open('/app/output/closed/f', 'w'); os.chmod('/app/output/closed', 0)",
        ].join("\n"),
      ),
    });
    assert.equal(report.outcome, "succeeded", report.failure?.message);
    assert.equal(await lab.text(attempt, "scoring/program.stdout.log"), "0 0 False False\n");
    assert.ok("closed/f" in (await lab.output(attempt, "scoring")));
    assert.equal(await worker.end("SIGTERM"), 0);
    assert.deepEqual(await workFolders(worker), []);
  });

  it("limit memory and processes by what the user may set", async () => {
    const { attempt, report } = await lab.run({
      submission: results,
      scoring: python(
        [
          "import os, time",
          "made = 0",
          "try:",
          "  for _ in range(3000):",
          "    if os.fork() == 0: time.sleep(1000)",
          "    made += 1",
          "except OSError: print('processes', made < 100)",
          "try: hog = bytearray(600_000_000)",
          "except MemoryError: print('memory')",
        ].join("\n"),
      ),
      limits: { pids: 100, memoryBytes: 400_000_000 },
    });
    assert.equal(report.outcome, "succeeded", report.failure?.message);
    assert.equal(await lab.text(attempt, "scoring/program.stdout.log"), "processes True\nmemory\n");
    const { usage } = report.steps[1]!;
    assert.ok(usage.cpuSeconds >= 0 && usage.wallSeconds > 0);
  });

  it("are stopped when they fill a file without a name, or a folder that nobody may read (R-140)", async () => {
    const fills = (...lines: string[]) => ({
      submission: results,
      scoring: python(["import os, time", "os.mkdir('/app/output/f')", ...lines, "time.sleep(1000)"].join("\n")),
      limits: { diskBytes: 50_000_000 },
      timeLimitSeconds: 600,
    });
    const write = "file.write(b'x' * 60_000_000)";
    const nameless = await lab.run(fills("file = open('/tmp/f', 'wb', 0)", "os.unlink('/tmp/f')", write));
    assertFailed(nameless, "DISK_LIMIT", "scoring", /disk limit of 50 MB/);
    const closed = await lab.run(
      fills("file = open('/app/output/f/f', 'wb', 0)", "os.chmod('/app/output/f', 0)", write),
    );
    assertFailed(closed, "DISK_LIMIT", "scoring", /disk limit of 50 MB/);
    assert.equal(await worker.end("SIGTERM"), 0);
    assert.deepEqual(await workFolders(worker), []);
  });

  it("stop at the time limit with all they started", async () => {
    const marker = randomUUID();
    const source = `import subprocess, time\nsubprocess.Popen(['setsid', 'sh', '-c', 'sleep 1000 # ${marker}'])\ntime.sleep(1000)`;
    const { report } = await lab.run({ submission: results, scoring: python(source), timeLimitSeconds: 2 });
    assert.equal(report.failure?.code, "TIME_LIMIT");
    assert.deepEqual(await processesWith(marker), []);
  });
});

describe("sandboxes of an ordinary user whose home is among the machine's software", () => {
  const user = { uid: 4321, gid: 4321 };
  let lab: Lab;
  let home: string;
  let mounted: string;
  beforeEach(async () => {
    lab = await Lab.start();
    home = await mkdtemp("/opt/benchstack-test-");
    mounted = await mkdtemp("/opt/benchstack-test-");
    await mkdir(join(home, "worker"));
    await writeFile(join(home, "credentials.json"), "secret");
    for (const path of ["", "worker", "credentials.json"]) await chown(join(home, path), user.uid, user.gid);
    await chmod(home, 0o755);
    execFileSync("mount", ["--bind", home, mounted]);
  });
  afterEach(async () => {
    await lab.close();
    execFileSync("umount", [mounted]);
    for (const folder of [home, mounted]) await rm(folder, { recursive: true });
    assert.deepEqual(lab.api.violations, []);
  });

  it("show neither the worker's home nor the platform's, at no path (R-145)", async () => {
    await lab.readyWorker({
      launcher: "sandbox",
      user,
      home: join(home, "worker"),
      environment: { BENCHSTACK_PLATFORM_HOME: home },
    });
    const { attempt, report } = await lab.run({
      submission: results,
      scoring: python(
        [
          "import os",
          `for home in ${JSON.stringify([home, mounted])}:`,
          "  print(os.path.isdir(home), os.listdir(home), os.path.exists(home + '/credentials.json'))",
          "open('/app/output/scores.json', 'w').write('{}')",
        ].join("\n"),
      ),
    });
    assert.equal(report.outcome, "succeeded", report.failure?.message);
    assert.equal(await lab.text(attempt, "scoring/program.stdout.log"), "True [] False\nTrue [] False\n");
    assert.ok("scores.json" in (await lab.output(attempt, "scoring")));
  });
});
