import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test } from "@jest/globals";
import { ObjectFiles } from "../../../local/object-store/object-files.ts";
import { temporaryFolder } from "../../support/files.ts";

describe("objects as files", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let files: ObjectFiles;
  beforeAll(async () => {
    folder = await temporaryFolder();
    files = await ObjectFiles.open(folder.path);
    await files.createBucket("jobs");
  });
  afterAll(() => folder.remove());

  const write = (key: string, text: string) => {
    const chunks = (async function* () {
      yield Buffer.from(text);
    })();
    return files.write(files.path("jobs", key), { chunks, headers: {} });
  };
  const keys = async () => {
    const found: string[] = [];
    for await (const entry of files.list("jobs", { prefix: "", after: "", grouped: false }))
      if ("key" in entry) found.push(entry.key);
    return found;
  };

  test("are never lost to a delete that removes the folder they are about to be in", async () => {
    for (let round = 0; round < 300; round += 1) {
      await Promise.all([
        write("deep/er/folder/kept", String(round)),
        write("deep/er/folder/gone", "x").then(() => files.delete("jobs", "deep/er/folder/gone")),
        files.delete("jobs", "deep/er/folder/gone"),
        files.delete("jobs", "deep/er/never"),
      ]);
      const kept = await files.open(files.path("jobs", "deep/er/folder/kept"));
      assert.equal(kept?.read(0, 10).toString(), String(round));
      await kept.close();
      await files.delete("jobs", "deep/er/folder/gone");
      assert.deepEqual(await keys(), ["deep/er/folder/kept"]);
      await files.delete("jobs", "deep/er/folder/kept");
      assert.deepEqual(await readdir(join(folder.path, "buckets", "jobs")), [], "no empty folder is left");
    }
  });

  test("are read to their end by who opened them, whatever is put or deleted meanwhile", async () => {
    await write("read", "old".repeat(100_000));
    const opened = (await files.open(files.path("jobs", "read")))!;
    await write("read", "new");
    await files.delete("jobs", "read");
    const content = opened.read(0, opened.info.size);
    assert.ok(!Buffer.isBuffer(content), "it is too large to have been read when it was opened");
    assert.equal(Buffer.concat(await content.toArray()).toString(), "old".repeat(100_000));
    await opened.close();
  });

  test("are not there, and leave nothing, when what they come from fails", async () => {
    const failing = async function* () {
      yield Buffer.alloc(1_000_000);
      throw new Error("the source failed");
    };
    const path = files.path("jobs", "failed");
    await assert.rejects(files.write(path, { chunks: failing(), headers: {} }), /the source failed/);
    await assert.rejects(files.write(files.path("jobs", "x/".repeat(3000)), { chunks: failing(), headers: {} }));
    assert.equal(await files.open(path), undefined);
    assert.equal(await files.copy(path, files.path("jobs", "copy")), false);
    assert.deepEqual(await readdir(join(folder.path, "temporary")), []);
    assert.deepEqual(await keys(), []);
  });
});
