/** What programs in containers write outside the folders of their step, or where an ordinary user may not look. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import Docker from "dockerode";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { requireDocker, testImage } from "../../support/docker.ts";
import { waitFor } from "../../support/wait.ts";
import { assertFailed, assertSucceeded } from "./assert-report.ts";
import { Lab, python, results } from "./lab.ts";
import type { TestWorker } from "./lab.ts";

const engine = new Docker();
const execute = promisify(execFile);
/** A program that writes and then waits to be stopped. */
const fills = (...lines: string[]) => ({
  submission: results,
  scoring: python(["import os, time", ...lines, "time.sleep(1000)"].join("\n")),
  limits: { diskBytes: 50_000_000 },
  timeLimitSeconds: 600,
});

describe("the disk limit of containers", () => {
  let lab: Lab;
  let worker: TestWorker;
  const image = `benchstack-test-volumes:${randomUUID()}`;
  beforeAll(async () => {
    await requireDocker();
    lab = await Lab.start();
    worker = await lab.readyWorker({ launcher: "docker" });
    const dockerfile = `FROM ${testImage}\nVOLUME ["/opt/", "/etc/skel", "/app/output"]`;
    const built = execute("docker", ["build", "--tag", image, "-"], { timeout: 120_000 });
    built.child.stdin!.end(dockerfile);
    await built;
  });
  afterAll(async () => {
    await lab.close();
    await engine.getImage(image).remove({ force: true });
    assert.deepEqual(lab.api.violations, []);
  });

  it("counts what a program writes elsewhere, also in folders nested deeper than a path can name (R-140)", async () => {
    const flat = await lab.run(fills("open('/fill', 'wb').write(b'x' * 60_000_000)"));
    assertFailed(flat, "DISK_LIMIT", "scoring", /disk limit of 50 MB/);
    const deep = await lab.run(
      fills(
        "os.mkdir('/deep'); os.chdir('/deep')",
        "for _ in range(100): os.mkdir('d' * 200); os.chdir('d' * 200)",
        "open('fill', 'wb').write(b'x' * 60_000_000)",
      ),
    );
    assertFailed(deep, "DISK_LIMIT", "scoring", /a path that is longer than 4096 bytes/);
  });

  it("counts empty files and folders elsewhere (R-141)", async () => {
    const finished = await lab.run(
      fills("os.mkdir('/many')", "for number in range(15_000): os.mkdir(f'/many/{number}')"),
    );
    assertFailed(finished, "DISK_LIMIT", "scoring", /more than 12207 files and folders/);
  });

  it("counts the volumes of an image, which keep what the image has in them, and leaves none (R-142)", async () => {
    const seen = await lab.run({
      image,
      submission: results,
      scoring: python(
        "import os\nprint('.bashrc' in os.listdir('/etc/skel'), os.access('/opt', os.W_OK))\nopen('/app/output/scores.json', 'w').write('{}')",
      ),
    });
    assertSucceeded(seen);
    assert.equal(await lab.text(seen.attempt, "scoring/program.stdout.log"), "True True\n");
    assert.ok("scores.json" in (await lab.output(seen.attempt, "scoring")));
    const finished = await lab.run({ ...fills("open('/opt/fill', 'wb').write(b'x' * 60_000_000)"), image });
    assertFailed(finished, "DISK_LIMIT", "scoring", /disk limit of 50 MB/);
    await waitFor("its volumes to be removed", async () => (await volumes()).length === 0);
  });

  /** The volumes in the worker's home. */
  async function volumes(): Promise<string[]> {
    const { Volumes } = await engine.listVolumes();
    return Volumes.flatMap(({ Name, Options }) =>
      (Options as Record<string, string> | null)?.device?.startsWith(worker.home) ? Name : [],
    );
  }
});

describe("the disk limit of containers whose worker is an ordinary user", () => {
  let lab: Lab;
  let worker: TestWorker;
  beforeAll(async () => {
    await requireDocker();
    lab = await Lab.start();
    // Only the group of the socket may use the engine.
    const { gid } = await stat("/var/run/docker.sock");
    worker = await lab.readyWorker({ launcher: "docker", user: { uid: 4321, gid } });
  });
  afterAll(async () => {
    await lab.close();
    assert.deepEqual(lab.api.violations, []);
  });

  it("counts what is in folders that only the container's root may read, and removes them (R-140)", async () => {
    const finished = await lab.run(
      fills(
        "os.mkdir('/app/output/mine', 0o700); os.chdir('/app/output/mine')",
        "for _ in range(100): os.mkdir('d' * 200); os.chdir('d' * 200)",
        "open('fill', 'wb').write(b'x' * 60_000_000)",
      ),
    );
    assertFailed(finished, "DISK_LIMIT", "scoring", /disk limit of 50 MB/);
    assert.equal(await worker.end("SIGTERM"), 0);
    assert.deepEqual(await readdir(join(worker.home, "work")), []);
  });
});
