import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { promisify } from "node:util";
import { bundleFiles, publishCompetition, python, submit } from "../support/competitions.ts";
import { repository, temporaryFolder } from "../support/files.ts";
import { ended, personOf } from "../support/platform.ts";
import type { Person } from "../support/platform.ts";
import { noSlurm, TestSlurm } from "../support/slurm.ts";
import { waitFor } from "../support/wait.ts";
import { killAll, start } from "./started.ts";

const password = "a password of the test";
const script = join(repository, "docs/clusters/slurm.sbatch");
const patienceMs = 120_000;
if (noSlurm !== null) console.log(`Skipped: ${noSlurm}.`);
const skipped = noSlurm === null ? describe : describe.skip;

skipped("a worker as a Slurm job", () => {
  let slurm: TestSlurm;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let organizer: Person;
  let queue: string;
  beforeAll(async () => {
    folder = await temporaryFolder();
    slurm = await TestSlurm.start();
    await promisify(execFile)("npm", ["run", "--silent", "build:worker", "--", "--log-level=error"], {
      cwd: repository,
    });
    const platform = start({ BENCHSTACK_HOME: join(folder.path, "home"), BENCHSTACK_ADMIN_PASSWORD: password });
    const url = await platform.url();
    organizer = await personOf(url, "admin", password);
    queue = (await organizer.send<{ id: string }>("POST", "/api/queues/", { json: { name: "our cluster" } })).body.id;
    const { body } = await organizer.send<{ token: string }>("POST", `/api/queues/${queue}/tokens/`, { json: {} });
    const variables = { BENCHSTACK_API_URL: url, BENCHSTACK_WORKER_TOKEN: body.token };
    const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`);
    await writeFile(join(folder.path, "worker.env"), lines.join(""), { mode: 0o600 });
  });
  afterAll(async () => {
    await slurm.close();
    await killAll();
    await folder.remove();
  });

  const startWorker = (idleSeconds: number) =>
    // This machine may have less memory than a node of a cluster.
    slurm.submit(["--mem=0", script], {
      BENCHSTACK_WORKER_ENV: join(folder.path, "worker.env"),
      BENCHSTACK_WORKER: join(repository, "dist/worker/worker.cjs"),
      BENCHSTACK_NODE: process.execPath,
      BENCHSTACK_WORKER_IDLE_SECONDS: String(idleSeconds),
    });
  const competition = (source?: string) =>
    publishCompetition(
      organizer,
      bundleFiles({ queue }, source === undefined ? {} : python(source, "scoring_program/")),
    );

  it("runs what is submitted to its queue, and ends when it has nothing to do (R-185)", async () => {
    const { phases } = await competition();
    const job = await startWorker(3);
    const submission = await submit(organizer, phases[0]!.id, { "answer.txt": "0.5" });
    const { status, status_details } = await ended(organizer, submission, patienceMs);
    assert.deepEqual([status, status_details], ["Finished", null], await slurm.output(job));
    await waitFor("the job to end", async () => /^COMPLETED/.test(await slurm.state(job)), patienceMs);
    assert.equal(await slurm.state(job), "COMPLETED 0:0");
    assert.match(await slurm.output(job), /"worker\.idle"/);
    assert.equal(await slurm.run("squeue", ["--noheader"]), "");
  });

  it("that is near its time limit gives its submission back, which the next one finishes (R-185)", async () => {
    const { phases } = await competition(
      "import json, os, time\nprint('begun', flush=True)\ntime.sleep(float(open('/app/input/res/answer.txt').read()))\njson.dump({'accuracy': 1}, open('/app/output/scores.json', 'w'))",
    );
    const first = await startWorker(600);
    const submission = await submit(organizer, phases[0]!.id, { "answer.txt": "12" });
    await waitFor(
      "it to run",
      async () => (await organizer.client.submission(submission)).status === "Scoring",
      patienceMs,
    );
    // As Slurm does it at the time of `--signal`.
    await slurm.run("scancel", ["--batch", "--signal=USR1", first]);
    await waitFor("the job to end", async () => /^COMPLETED/.test(await slurm.state(first)), patienceMs);
    const second = await startWorker(3);
    const { status } = await ended(organizer, submission, patienceMs);
    assert.equal(status, "Finished", (await slurm.output(first)) + (await slurm.output(second)));
    assert.match(await slurm.output(first), /"outcome":"released"/);
  });
});
