import assert from "node:assert/strict";
import { chmod, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "@jest/globals";
import { maxAnswerBytes, maxListed, type AnswerHead, type Question, type SeenItem } from "../../../contract/job.ts";
import { answer } from "../../../worker-image/live-folder.ts";
import { temporaryFolder } from "../../support/files.ts";

const noPorts = () => Promise.reject(new Error("this step has no ports"));

describe("a running step that is asked about its output folder", () => {
  let top: Awaited<ReturnType<typeof temporaryFolder>>;
  let folder: string;
  beforeEach(async () => {
    top = await temporaryFolder();
    folder = join(top.path, "output");
    await mkdir(folder);
  });
  afterEach(() => top.remove());

  async function ask(question: Question): Promise<{ head: AnswerHead; bytes: Buffer }> {
    const answered = await answer(folder, noPorts, question);
    const end = answered.indexOf("\n");
    return { head: JSON.parse(answered.subarray(0, end).toString()) as AnswerHead, bytes: answered.subarray(end + 1) };
  }
  const list = async (path: string, depth = 0): Promise<SeenItem | null> => {
    const { head } = await ask({ kind: "list", path, depth });
    return head.kind === "list" ? head.item : null;
  };
  const read = async (path: string, from: number, length: number) => {
    const { head, bytes } = await ask({ kind: "read", path, from, length });
    return head.kind === "read" ? [head.size, head.from, bytes.toString()] : head.kind;
  };

  it("lists files, folders and links to a depth", async () => {
    await mkdir(join(folder, "a", "b"), { recursive: true });
    await writeFile(join(folder, "a", "file"), "12345");
    await chmod(join(folder, "a", "file"), 0o640);
    await symlink("/etc/passwd", join(folder, "link"));
    const names = (item: SeenItem | null) => item?.contents?.map(({ name, kind }) => `${kind} ${name}`);
    assert.equal((await list("", 0))?.contents, undefined);
    assert.deepEqual(names(await list("", 1)), ["folder a", "link link"]);
    const deep = await list("", 2);
    assert.deepEqual(names(deep?.contents?.[0] ?? null), ["folder b", "file file"]);
    const file = await list("a/file");
    assert.deepEqual(file, { name: "file", kind: "file", size: 5, mode: 0o640 });
    const link = await list("link");
    assert.deepEqual([link?.kind, link?.target], ["link", "/etc/passwd"]);
    assert.equal(await list("nothing"), null);
  });

  it("lists no more than it can answer", async () => {
    for (let at = 0; at <= maxListed; at++) await writeFile(join(folder, `${at}`), "");
    const { head } = await ask({ kind: "list", path: "", depth: 1 });
    assert.ok(head.kind === "list" && head.isCut && head.item.contents?.length === maxListed);
  });

  it("reads parts of a file, from its beginning and from its end", async () => {
    await writeFile(join(folder, "log"), "0123456789");
    assert.deepEqual(await read("log", 0, 4), [10, 0, "0123"]);
    assert.deepEqual(await read("log", 8, 100), [10, 8, "89"]);
    assert.deepEqual(await read("log", -3, 100), [10, 7, "789"]);
    assert.deepEqual(await read("log", -30, 2), [10, 0, "01"]);
    assert.deepEqual(await read("log", 20, 5), [10, 20, ""]);
    assert.equal(await read("missing", 0, 1), "missing");
    await writeFile(join(folder, "large"), Buffer.alloc(maxAnswerBytes + 1));
    const { bytes } = await ask({ kind: "read", path: "large", from: 0, length: maxAnswerBytes + 1 });
    assert.equal(bytes.length, maxAnswerBytes);
  });

  it("reads through links inside the folder and never outside", async () => {
    await writeFile(join(top.path, "secret"), "secret");
    await writeFile(join(folder, "inside"), "seen");
    await symlink("inside", join(folder, "good"));
    await symlink("../secret", join(folder, "bad"));
    await symlink("..", join(folder, "up"));
    assert.deepEqual(await read("good", 0, 10), [4, 0, "seen"]);
    for (const path of ["bad", "up/secret", "../secret", "a/../../secret", "/etc/passwd"])
      assert.ok(["missing", "refused"].includes(String(await read(path, 0, 10))), path);
    for (const path of ["up", "up/secret", ".."]) assert.equal((await list(path, 2))?.contents, undefined, path);
  });

  it("writes files, but through no link and into nothing outside", async () => {
    const write = async (path: string) => (await ask({ kind: "write", path, text: "new" })).head.kind;
    await writeFile(join(top.path, "secret"), "secret");
    await symlink("../secret", join(folder, "bad"));
    await symlink("..", join(folder, "up"));
    await mkdir(join(folder, "a"));
    assert.equal(await write("a/file"), "written");
    assert.equal(await readFile(join(folder, "a", "file"), "utf8"), "new");
    assert.equal(await write("a/file"), "written");
    assert.equal(await write("none/file"), "missing");
    assert.deepEqual(
      [await write("bad"), await write("a"), await write("../secret")],
      ["refused", "refused", "refused"],
    );
    assert.deepEqual([await write("up/secret"), await write("")], ["missing", "missing"]);
    assert.equal(await readFile(join(top.path, "secret"), "utf8"), "secret");
  });
});
