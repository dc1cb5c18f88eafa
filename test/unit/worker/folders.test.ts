import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, it } from "@jest/globals";
import type { CollectedFile } from "../../../contract/job.ts";
import { Collector } from "../../../worker-image/collect.ts";
import { measure, noUse } from "../../../worker-image/disk-use.ts";
import type { DiskUse } from "../../../worker-image/disk-use.ts";
import { DiskWatch, exceeded } from "../../../worker-image/disk-watch.ts";
import type { StepFailure } from "../../../worker-image/failure.ts";
import { FreeSpace } from "../../../worker-image/free-space.ts";
import { jsonLog } from "../../../worker-image/log.ts";
import { openHome, removeTree } from "../../../worker-image/work-folder.ts";
import { temporaryFolder } from "../../support/files.ts";
import { waitFor } from "../../support/wait.ts";

const silent = jsonLog(() => {});
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let folder: string;
beforeAll(async () => {
  temporary = await temporaryFolder();
});
afterAll(() => temporary.remove());
beforeEach(async () => {
  folder = await mkdtemp(join(temporary.path, "f-"));
});

/** Makes a hundred folders in each other, whose path is longer than the system allows, and runs a line of Python in the last. */
function makeDeep(folder: string, last = "pass"): void {
  const script = `import os\nos.chdir(${JSON.stringify(folder)})\nfor _ in range(100):\n  os.mkdir('n' * 200); os.chdir('n' * 200)\n${last}`;
  execFileSync("python3", ["-c", script]);
}

describe("collecting files of an output", () => {
  const page = (more: Partial<CollectedFile> = {}): CollectedFile => ({
    as: "page.html",
    candidates: ["detailed_results.html", "*.html"],
    maxBytes: 100,
    live: true,
    ...more,
  });
  const collector = async (files: CollectedFile[], uploaded: string[]) =>
    new Collector(files, {
      folder,
      scratch: await mkdtemp(join(temporary.path, "s-")),
      upload: async (as, path) => void uploaded.push(`${as}: ${await readFile(path, "utf8")}`),
    });

  it("takes the first candidate there is, and of a pattern the first by name", async () => {
    const uploaded: string[] = [];
    await writeFile(join(folder, "z.html"), "z");
    await writeFile(join(folder, "b.html"), "b");
    assert.deepEqual(await (await collector([page()], uploaded)).finish(), ["page.html"]);
    await writeFile(join(folder, "detailed_results.html"), "the one");
    await (await collector([page()], uploaded)).finish();
    assert.deepEqual(uploaded, ["page.html: b", "page.html: the one"]);
  });

  it("takes links that stay inside", async () => {
    const uploaded: string[] = [];
    await mkdir(join(folder, "run-3"));
    await writeFile(join(folder, "run-3/page.html"), "page");
    await symlink("run-3", join(folder, "latest"));
    await symlink("latest/page.html", join(folder, "detailed_results.html"));
    assert.deepEqual(await (await collector([page()], uploaded)).finish(), ["page.html"]);
    assert.deepEqual(uploaded, ["page.html: page"]);
  });

  it("takes no links that lead out, pipes, folders nor what is too large, and says what it took", async () => {
    const uploaded: string[] = [];
    await symlink("/etc/hostname", join(folder, "link"));
    execFileSync("mkfifo", [join(folder, "pipe")]);
    await mkdir(join(folder, "folder"));
    await writeFile(join(folder, "large"), "x".repeat(101));
    await writeFile(join(folder, "empty"), "");
    const names = ["link", "pipe", "folder", "large", "empty", "missing"];
    const files = names.map((name) => page({ as: name, candidates: [name] }));
    const taking = await collector(files, uploaded);
    assert.deepEqual(await taking.finish(), ["empty"]);
    assert.deepEqual(uploaded, ["empty: "]);
    assert.deepEqual(
      taking.tooLarge.map(({ as }) => as),
      ["large"],
    );
  });

  it("uploads a live file when it changes, and not when it does not", async () => {
    const uploaded: string[] = [];
    const watcher = await collector([page(), page({ as: "late", live: false })], uploaded);
    watcher.watch();
    await writeFile(join(folder, "a.html"), "first");
    await waitFor("the first", () => uploaded.length === 1);
    await writeFile(join(folder, "new"), "second");
    await rename(join(folder, "new"), join(folder, "a.html"));
    await waitFor("the second", () => uploaded.length === 2);
    assert.deepEqual(await watcher.finish(), ["page.html", "late"]);
    assert.deepEqual(uploaded, ["page.html: first", "page.html: second", "late: second"]);
  });

  it("tries again after an upload failed while the program ran, and fails at the end", async () => {
    await writeFile(join(folder, "a.html"), "x");
    let tries = 0;
    const failing = new Collector([page()], {
      folder,
      scratch: await mkdtemp(join(temporary.path, "s-")),
      upload: () => Promise.reject(new Error(`try ${++tries}`)),
    });
    failing.watch();
    await waitFor("two tries", () => tries === 2);
    await assert.rejects(failing.finish(), /try/);
  });
});

describe("the watch on the disk", () => {
  it("counts what is on disk, not what files say they are", async () => {
    await mkdir(join(folder, "deep"));
    await writeFile(join(folder, "deep/file"), Buffer.alloc(1_000_000, "x"));
    await writeFile(join(folder, "hole"), "");
    await truncate(join(folder, "hole"), 1e12);
    await symlink("/", join(folder, "link"));
    const { bytes, entries, isPartial } = await measure(folder);
    assert.ok(bytes >= 1_000_000 && bytes < 1_100_000, `${bytes}`);
    assert.deepEqual([entries, isPartial], [5, false]);
    await assert.rejects(measure(join(folder, "missing")), /no size/);
  });

  it("counts what is in folders nested deeper than a path can name (R-140)", async () => {
    makeDeep(folder, "open('file', 'wb').write(b'x' * 1_000_000)");
    const { bytes, entries, pathTooLong } = await measure(folder);
    await removeTree(folder);
    assert.ok(bytes >= 1_000_000, `${bytes}`);
    assert.deepEqual([entries, pathTooLong], [102, false]);
  });

  it("tells once why, and not after it was stopped", async () => {
    const told: string[] = [];
    let measured = 0;
    const watch = new DiskWatch(
      1e6,
      () => Promise.resolve({ ...noUse, bytes: ++measured * 600_000 }),
      ({ message }) => told.push(message),
    );
    await waitFor("it to tell", () => told.length === 1);
    await watch.stop();
    assert.equal(measured, 2);
    assert.deepEqual(told, ["The program used more than its disk limit of 1 MB and was stopped."]);
  });

  it("tells that it cannot measure: what is not counted is not limited", async () => {
    const codes: string[] = [];
    const watch = new DiskWatch(
      1e6,
      () => Promise.reject(new Error("du was not found")),
      ({ code }) => codes.push(code),
    );
    await waitFor("it to tell", () => codes.length > 0);
    await watch.stop();
    assert.deepEqual(codes, ["WORKER_ERROR"]);
  });

  it("limits files and folders as well, and paths that cannot be read (R-140, R-141)", () => {
    const reason = (use: Partial<DiskUse>) => exceeded({ ...noUse, ...use }, 50e6);
    assert.equal(reason({ bytes: 50e6, entries: 12_207 }), null);
    assert.equal(reason({ bytes: 50_000_001 })?.code, "DISK_LIMIT");
    assert.match(reason({ entries: 12_208 })?.message ?? "", /made more than 12207 files and folders.*of 50 MB/);
    assert.match(reason({ pathTooLong: true })?.message ?? "", /made a path that is longer than 4096 bytes/);
  });
});

describe("the reserve on the disk", () => {
  const step = (bytes: number) => {
    const stopped: StepFailure[] = [];
    const diskUse = () => Promise.resolve({ ...noUse, bytes });
    return { diskUse, stopped, stop: (failure: StepFailure) => void stopped.push(failure) };
  };

  it("when it is used, the largest step is stopped, and no other before its files were removed (R-143)", async () => {
    let left = true;
    const space = new FreeSpace(() => Promise.resolve(!left), silent, 0);
    const goesOn = new AbortController().signal;
    const [small, large, ended] = [step(1e6), step(3e9), step(9e9)];
    const [one, two] = [space.enter(), space.enter()];
    one.watch(small);
    space.enter().watch(ended)();
    two.watch(large);
    await one.require(goesOn);
    left = false;
    await assert.rejects(one.require(goesOn), { code: "WORKER_ERROR" });
    await waitFor("the largest to be stopped", () => large.stopped.length === 1);
    assert.match(large.stopped[0]?.message ?? "", /nearly full.*3 GB/);
    assert.equal(large.stopped[0]?.code, "WORKER_ERROR");
    assert.deepEqual([small.stopped, ended.stopped], [[], []]);
    two.leave();
    await waitFor("the next to be stopped", () => small.stopped.length === 1);
    one.leave();
  });

  it("a step that waits for space is stopped at once (R-103)", async () => {
    const space = new FreeSpace(() => Promise.resolve(true), silent, 3_600_000);
    const stop = new AbortController();
    const waiting = space.enter().require(stop.signal);
    stop.abort(new Error("stopped"));
    await assert.rejects(waiting, { message: "stopped" });
  });
});

describe("the home of a worker", () => {
  it("has the same id after a restart, and no work of an earlier life", async () => {
    const first = await openHome(folder, silent);
    await mkdir(join(first.attempt("a-1"), "deep"), { recursive: true });
    const second = await openHome(folder, silent);
    await second.removeLeftovers();
    assert.equal(second.workerId, first.workerId);
    assert.match(second.workerId, /^[0-9a-f-]{36}$/);
    assert.deepEqual(await readdir(join(folder, "work")), []);
  });

  it("refuses an attempt whose id is not a plain name", async () => {
    const home = await openHome(folder, silent);
    for (const id of ["../x", "a/b", "", "."]) assert.throws(() => home.attempt(id));
  });

  it("is emptied of folders nested deeper than a path can name", async () => {
    const deep = join(folder, "deep");
    await mkdir(deep);
    makeDeep(deep);
    await removeTree(deep);
    assert.deepEqual(await readdir(folder), []);
  });

  it("is emptied of folders that may not be looked into, once they are reclaimed", async () => {
    const closed = join(folder, "closed");
    await mkdir(join(closed, "inner"), { recursive: true });
    await writeFile(join(closed, "inner/file"), "");
    await chmod(join(closed, "inner"), 0);
    await removeTree(closed, () => chmod(join(closed, "inner"), 0o700));
    assert.deepEqual(await readdir(folder), []);
  });
});
