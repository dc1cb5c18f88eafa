import assert from "node:assert/strict";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, it } from "@jest/globals";
import type { ApiClient } from "../../../client/api-client.ts";
import { ApiError, NotAPlatform } from "../../../client/api-error.ts";
import { NotFound, NotLoggedIn, UsageError } from "../../../cli/command.ts";
import { explain } from "../../../cli/failures.ts";
import { placeIn, save, savedTogether } from "../../../cli/save.ts";
import { systemSentence } from "../../../cli/system-errors.ts";
import { makeFolder } from "../../../worker-image/make-folder.ts";
import { temporaryFolder } from "../../support/files.ts";

const thrownBy = (work: () => Promise<unknown>): Promise<unknown> =>
  work().then(
    () => assert.fail("nothing was thrown"),
    (error: unknown) => error,
  );

describe("what the command line says of an error", () => {
  it("has the exit code of its help, and a stable code for programs", () => {
    const cases: [unknown, number, string][] = [
      [new UsageError("PHASE is missing."), 2, "USAGE"],
      [new NotFound("phase", "There is no phase."), 3, "NO_SUCH_PHASE"],
      [new NotLoggedIn("You are not logged in."), 3, "NOT_LOGGED_IN"],
      [new ApiError(404, { code: "NO_SUCH_PHASE", detail: "There is no such phase." }), 3, "NO_SUCH_PHASE"],
      [new ApiError(403, {}), 3, "HTTP_403"],
      [new ApiError(503, {}), 4, "HTTP_503"],
      [new ApiError(429, { code: "TOO_MANY_REQUESTS" }), 4, "TOO_MANY_REQUESTS"],
      [new NotAPlatform("http://example.org", "HTTP 404"), 4, "NOT_A_PLATFORM"],
      [new Error("There is no file or folder x."), 1, "FAILED"],
    ];
    for (const [error, exitCode, code] of cases) {
      const failure = explain(error);
      assert.deepEqual([failure.exitCode, failure.code], [exitCode, code], failure.message);
    }
  });

  it("names the file that a download could not write, and leaves none of its files behind", async () => {
    const { path, remove } = await temporaryFolder();
    const client = { download: () => Promise.resolve(Readable.from(["x".repeat(10)])) } as unknown as ApiClient;
    for (const name of ["new", "old"]) {
      const folder = join(path, name);
      if (name === "old") await mkdir(folder);
      const error = await thrownBy(() =>
        savedTogether(folder, async (saved) => {
          const first = await placeIn(folder, "first");
          await save(client, "", first);
          saved.push(first);
          await symlink("/dev/full", join(folder, "second.part"));
          await save(client, "", join(folder, "second"));
        }),
      );
      assert.equal(systemSentence(error), `${join(folder, "second")} cannot be used: its disk is full.`);
      assert.deepEqual(await readdir(path), name === "old" ? ["old"] : []);
    }
    assert.deepEqual(await readdir(join(path, "old")), []);
    await remove();
  });

  it("explains why there is no connection", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const { port } = closed.address() as { port: number };
    await once(closed.close(), "close");
    const failure = explain(await thrownBy(() => fetch(`http://127.0.0.1:${port}`)));
    assert.deepEqual(failure, {
      code: "UNREACHABLE",
      message: "The platform cannot be reached. Nothing answers at its address and port.",
      exitCode: 4,
    });
  });

  it("explains in a sentence what the system refuses: files and ports", async () => {
    const missing = await thrownBy(() => readFile("/nowhere/at-all"));
    assert.equal(systemSentence(missing), "/nowhere/at-all cannot be used: it does not exist.");
    const nowhere = await thrownBy(() => makeFolder("/proc/nowhere/at-all"));
    assert.equal(systemSentence(nowhere), "/proc/nowhere cannot be used: no folder can be created there.");
    const folder = await thrownBy(() => writeFile("/tmp", ""));
    assert.equal(systemSentence(folder), "/tmp cannot be used: it is a folder.");
    assert.equal(
      explain(Object.assign(new Error("x"), { code: "ENOSPC" })).message,
      "A file cannot be used: its disk is full.",
    );
    const first = createServer().listen(0, "127.0.0.1");
    await once(first, "listening");
    const { port } = first.address() as { port: number };
    const [error] = (await once(createServer().listen(port, "127.0.0.1"), "error")) as [unknown];
    assert.match(systemSentence(error)!, /^Port \d+ of 127\.0\.0\.1 cannot be used: another program uses it\./);
    first.close();
    assert.equal(systemSentence(new Error("a defect")), undefined);
  });
});
