import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, test } from "@jest/globals";
import * as yauzl from "yauzl";
import { packFolder } from "../../../client/pack.ts";
import { ArchiveItems } from "../../../lambdas/jobs/rules/archives/entries.ts";
import { example, packBundle } from "../../support/examples.ts";
import { repository, temporaryFolder } from "../../support/files.ts";

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => (temporary = await temporaryFolder()));
afterAll(() => temporary.remove());

const reader = `
import io, json, sys, zipfile
zip = zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()))
assert zip.testzip() is None
json.dump({name: zip.read(name).decode("utf-8", "replace") for name in zip.namelist()}, sys.stdout)
`;

/** Content of a zip by name, in the zip's order, as Python reads it. */
const unpack = (zip: Buffer): Record<string, string> =>
  JSON.parse(execFileSync("python3", ["-c", reader], { input: zip, encoding: "utf8" })) as Record<string, string>;

test("a folder's content is at the root of the zip, sorted, with empty folders, without hidden and compiled files", async () => {
  const folder = join(temporary.path, "content");
  await mkdir(join(folder, "b/__pycache__"), { recursive: true });
  await mkdir(join(folder, ".git"));
  await mkdir(join(folder, "c/empty"), { recursive: true });
  for (const path of ["b/2.txt", "b/1.txt", "a.txt", ".DS_Store", ".git/config", "b/__pycache__/1.pyc"]) {
    await writeFile(join(folder, path), path);
  }
  assert.deepEqual(Object.entries(unpack(await packFolder(folder))), [
    ["a.txt", "a.txt"],
    ["b/1.txt", "b/1.txt"],
    ["b/2.txt", "b/2.txt"],
    ["c/empty/", ""],
  ]);
});

test("programs stay executable, and links are followed", async () => {
  const folder = join(temporary.path, "linked");
  await mkdir(join(folder, "data"), { recursive: true });
  await writeFile(join(folder, "run.sh"), "true", { mode: 0o755 });
  await writeFile(join(folder, "data/a"), "a");
  await symlink("data", join(folder, "same"));
  const zip = await packFolder(folder);
  assert.deepEqual(Object.keys(unpack(zip)), ["data/a", "run.sh", "same/a"]);
  const modes: Record<string, string> = {};
  for await (const { fileName, externalFileAttributes } of (await yauzl.fromBufferPromise(zip)).eachEntry())
    modes[fileName] = (externalFileAttributes >>> 16).toString(8);
  assert.deepEqual(modes, { "data/a": "100644", "run.sh": "100755", "same/a": "100644" });
});

test("what cannot be read fails the whole zip", async () => {
  const folder = join(temporary.path, "broken");
  await mkdir(folder);
  await symlink("nowhere", join(folder, "link"));
  await assert.rejects(packFolder(folder), { code: "ENOENT" });
});

test("every name of Linux is packed, percent-encoded where zip programs do not support it", async () => {
  const folder = join(temporary.path, "names");
  await mkdir(folder);
  for (const name of ["a:b", "c\\d", "100%", Buffer.from("caf\xe9", "latin1").toString("latin1")])
    await writeFile(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name, "latin1")]), "x");
  const packed = await packFolder(folder);
  assert.deepEqual(Object.keys(unpack(packed)), ["100%25", "a%3Ab", "c%5Cd", "caf%E9"]);
  const zip = await yauzl.fromBufferPromise(packed, { decodeStrings: false });
  const items = new ArchiveItems(zip.comment.toString());
  for await (const entry of zip.eachEntry()) items.add(entry);
  assert.deepEqual(
    items.end().map(({ path }) => path),
    ["100%", "a:b", "c\\d", "caf\xe9"],
  );
});

test("a link that leads in a circle is named where it begins", async () => {
  const folder = join(temporary.path, "circle");
  await mkdir(join(folder, "data"), { recursive: true });
  await symlink("..", join(folder, "data/again"));
  await assert.rejects(packFolder(folder), { code: "ELOOP", path: join(folder, "data/again") });
});

test("the same content gives the same bytes, whenever it was written", async () => {
  const folder = join(temporary.path, "again");
  await mkdir(folder);
  await writeFile(join(folder, "x"), "same");
  const first = await packFolder(folder);
  await utimes(join(folder, "x"), 1, 1);
  assert.ok(first.equals(await packFolder(folder)));
});

test("the same content gives the same bytes in every time zone", async () => {
  const zips = ["Pacific/Kiritimati", "America/Los_Angeles"].map((TZ) => {
    const target = join(temporary.path, `${TZ.replace("/", "-")}.zip`);
    const source = join(repository, "examples/temperature-forecast/submissions/fitted-wave");
    execFileSync(process.execPath, [join(repository, "client/pack.ts"), source, target], { env: { ...process.env, TZ } });
    return execFileSync("sha256sum", [target], { encoding: "utf8" }).split(" ")[0];
  });
  assert.equal(zips[0], zips[1]);
});

test("an example's bundle is packed with the image it is to run in, and nothing else changed", async () => {
  const one = example("temperature-forecast");
  const [packed, original] = [unpack(await packBundle(one, "some-image:1")), unpack(await packFolder(one.bundle))];
  assert.match(packed["competition.yaml"] ?? "", /^docker_image: some-image:1$/m);
  const yaml = packed["competition.yaml"]?.replace("docker_image: some-image:1", "docker_image: python:3.12-slim");
  assert.deepEqual({ ...packed, "competition.yaml": yaml }, original);
});
