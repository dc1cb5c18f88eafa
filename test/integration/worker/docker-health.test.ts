/** Whose fault it is that a program does not start, and what a worker does when it is its machine's. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, it } from "@jest/globals";
import { requireDocker, testImage } from "../../support/docker.ts";
import { temporaryFolder } from "../../support/files.ts";
import { TestEngine } from "../../support/engine.ts";
import { waitFor } from "../../support/wait.ts";
import { Lab, results, trivialScoring } from "./lab.ts";

const run = promisify(execFile);

let lab: Lab;
beforeEach(async () => {
  lab = await Lab.start();
});
afterEach(async () => {
  await lab.close();
  assert.deepEqual(lab.api.violations, []);
});

describe("a machine that starts no programs (R-132)", () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await TestEngine.open();
  });
  afterAll(() => engine.close());

  it("costs no job a try: the worker gives it back, says why, takes no other, and goes on once it starts them again", async () => {
    const worker = await lab.readyWorker({ launcher: "docker", environment: { DOCKER_HOST: engine.host } });
    const before = await lab.run({ submission: results, scoring: trivialScoring });
    assert.equal(before.report.outcome, "succeeded", before.report.failure?.message);

    await engine.breakRuntime();
    const job = await lab.submit({ submission: results, scoring: trivialScoring });
    const report = await lab.report(job);
    const why =
      "The container engine of the worker failed while starting the program: its container runtime does not work.";
    assert.deepEqual([report.outcome, report.failure, report.unwell], ["released", null, why]);
    await waitFor("the worker to say so", () => lab.api.unwell === why);
    const innocent = await lab.submit({ submission: results, scoring: trivialScoring });
    assert.deepEqual([job.attempts.length, innocent.attempts.length], [1, 0]);
    const said = worker.lines.find(({ event }) => event === "worker.unwell");
    assert.match(JSON.stringify(said?.error), /OCI runtime/, "the log has the engine's own words");

    await engine.mendRuntime();
    await waitFor("it to be well", () => worker.lines.some(({ event }) => event === "worker.well"), 120_000);
    await waitFor("the worker to say so", () => lab.api.unwell === null);
    for (const waiting of [job, innocent])
      await waitFor("the job to end well", () => waiting.attempts.at(-1)?.report?.outcome === "succeeded", 120_000);
    assert.deepEqual([job.attempts.length, innocent.attempts.length], [2, 1]);
  });
});

describe("an image that starts no program (R-130)", () => {
  const images = {
    "no-user": ["FROM $", "USER nobody-such"],
    "no-folder": ["FROM scratch", "COPY file /app"],
    "a-circle": ["FROM scratch", "COPY links /"],
  };
  const nameOf = (image: string) => `benchstack-test-unstartable:${image}`;
  beforeAll(async () => {
    await requireDocker();
    const folder = await temporaryFolder();
    await writeFile(join(folder.path, "file"), "");
    await run("mkdir", [join(folder.path, "links")]);
    await symlink("app", join(folder.path, "links", "app"));
    for (const [image, lines] of Object.entries(images)) {
      await writeFile(join(folder.path, "Dockerfile"), lines.join("\n").replace("$", testImage));
      await run("docker", ["build", "--quiet", "--tag", nameOf(image), folder.path]);
    }
    await folder.remove();
  });
  afterAll(() => run("docker", ["rmi", "--force", ...Object.keys(images).map(nameOf)]));

  it("fails its own submission at once, and nobody else's", async () => {
    await lab.readyWorker({ launcher: "docker" });
    const faults = {
      "no-user": /: the image does not contain the user or group that it names\.$/,
      "no-folder": /: the image has a file, a link or a volume where the step needs a folder\.$/,
      "a-circle": /: the image has a file, a link or a volume where the step needs a folder\.$/,
    };
    for (const [image, fault] of Object.entries(faults)) {
      const { report } = await lab.run({ submission: results, scoring: trivialScoring, image: nameOf(image) });
      assert.equal(report.failure?.code, "BAD_COMMAND", image);
      assert.match(report.failure.message, fault);
    }
    const { report } = await lab.run({ submission: results, scoring: trivialScoring });
    assert.equal(report.outcome, "succeeded", report.failure?.message);
    assert.equal(lab.api.unwell, null);
  });
});
