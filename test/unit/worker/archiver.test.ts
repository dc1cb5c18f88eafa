import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, it } from "@jest/globals";
import { Archiver, maxSecondsFor, workedFor } from "../../../worker-image/archiver.ts";
import { Interrupted, StepFailure } from "../../../worker-image/failure.ts";
import { temporaryFolder } from "../../support/files.ts";
import { waitFor } from "../../support/wait.ts";
import { unzip, zip } from "../../integration/worker/zip.ts";

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let folder: string;
beforeAll(async () => {
  temporary = await temporaryFolder();
});
afterAll(() => temporary.remove());
beforeEach(async () => {
  folder = await mkdtemp(join(temporary.path, "f-"));
});

const archiver = (more: { signal?: AbortSignal; maxSeconds?: number } = {}) =>
  new Archiver({
    task: "packs the output of scoring",
    maxSeconds: 60,
    tooSlow: new StepFailure("OUTPUT_TOO_LARGE", "It took too long."),
    signal: new AbortController().signal,
    ...more,
  });

/** Packs a file that takes long, and waits until it is being packed. */
async function packing(by: Archiver) {
  const [from, target] = [join(folder, "from"), join(folder, "out.zip")];
  await mkdir(from, { recursive: true });
  const file = await open(join(from, "zeros"), "w");
  await file.truncate(1e12);
  await file.close();
  const packed = by.order("pack", from, target, { label: "output", maxBytes: 1e15, maxFileBytes: 1e15, extra: {} });
  packed.catch(() => {});
  await waitFor("the archive to grow", () => existsSync(target));
  return { packed };
}

const failsWith = (work: Promise<unknown>, code: string, message: RegExp) =>
  assert.rejects(work, (error: Error) => {
    assert.ok(error instanceof StepFailure, error.stack);
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });

/** A process that has ended is gone, or waits for its parent to ask how. */
const isGone = async ({ pid }: Archiver) => {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "State:\tZ");
  return /^State:\t[ZX]/m.test(status);
};

describe("the process that packs and unpacks (R-100)", () => {
  it("does several things at once and gives their results and errors back, until it is closed", async () => {
    const by = archiver();
    const names = ["a", "b", "c"];
    const unpacked = names.map(async (name) => {
      await writeFile(join(folder, `${name}.zip`), await zip({ [name]: name }));
      await by.order("unpack", join(folder, `${name}.zip`), folder, { label: name, maxBytes: 2 });
    });
    const ends = await Promise.allSettled(unpacked);
    // Two fit into the disk limit, and all archives of a process share it.
    assert.equal(ends.filter(({ status }) => status === "fulfilled").length, 2);
    const refused = ends.find((end) => end.status === "rejected");
    await failsWith(Promise.reject(refused?.reason as Error), "DISK_LIMIT", /disk limit of 2 bytes/);
    await assert.rejects(by.order("copyTree", join(folder, "missing"), folder), { code: "ENOENT" });
    await mkdir(join(folder, "from"));
    await writeFile(join(folder, "from/x"), "x");
    const limits = { label: "output", maxBytes: 1e6, maxFileBytes: 1e6, extra: {} };
    const { leftOut } = await by.order("pack", join(folder, "from"), join(folder, "out.zip"), limits);
    assert.deepEqual(leftOut, []);
    assert.deepEqual(await unzip(await readFile(join(folder, "out.zip"))), { x: "x" });
    by.close();
    await waitFor("its end", () => isGone(by));
  });

  it("has no variable of the worker, and is what the kernel kills first", async () => {
    process.env.BENCHSTACK_WORKER_TOKEN = "secret";
    const by = archiver();
    delete process.env.BENCHSTACK_WORKER_TOKEN;
    const ofProcess = (name: string) => readFile(`/proc/${by.pid}/${name}`, "utf8");
    await waitFor("its score", async () => (await ofProcess("oom_score_adj")).trim() === "1000");
    const variables = (await ofProcess("environ")).split("\0").filter((variable) => variable !== "");
    assert.deepEqual(
      variables.filter((variable) => !/^(NODE_|TZ=)/.test(variable)),
      [],
    );
    by.close();
  });

  it("that dies fails what it does and says how; a neighbour goes on", async () => {
    const [dying, neighbour] = [archiver(), archiver()];
    const { packed } = await packing(dying);
    process.kill(dying.pid!, "SIGKILL");
    const message = /^The process of the worker that packs the output of scoring ended unexpectedly \(SIGKILL\)\.$/;
    await failsWith(packed, "WORKER_ERROR", message);
    await failsWith(dying.order("copyTree", folder, folder), "WORKER_ERROR", message);
    await writeFile(join(folder, "a.zip"), await zip({ a: "a" }));
    await neighbour.order("unpack", join(folder, "a.zip"), folder, { label: "a", maxBytes: 10 });
    neighbour.close();
  });

  it("is killed when it takes too long, even if it does not react at all; then its machine is to blame (R-102)", async () => {
    const by = archiver({ maxSeconds: 2 });
    const { packed } = await packing(by);
    process.kill(by.pid!, "SIGSTOP");
    await failsWith(
      packed,
      "WORKER_ERROR",
      /did not end within 2 s, because the machine was too slow\. The program did/,
    );
    assert.ok(await isGone(by));
  });

  it("may take as long as belongs to the disk limit, and blames the content only if it worked on it (R-102)", () => {
    assert.deepEqual([1e9, 20e9].map(maxSecondsFor), [140, 520]);
    assert.deepEqual(
      [10, 60, 80].map((cpuSeconds) => workedFor(cpuSeconds, 120)),
      [false, false, true],
    );
  });

  it("is killed when the attempt is stopped, and starts nothing for one that is", async () => {
    const stop = new AbortController();
    const by = archiver({ signal: stop.signal });
    const { packed } = await packing(by);
    process.kill(by.pid!, "SIGSTOP");
    stop.abort(new Interrupted("cancelled"));
    await assert.rejects(packed, Interrupted);
    assert.ok(await isGone(by));
    await assert.rejects(archiver({ signal: stop.signal }).order("copyTree", folder, folder), Interrupted);
  });
});
