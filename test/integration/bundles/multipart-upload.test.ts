/** A file uploaded in parts arrives unchanged, despite broken connections and from several machines. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, test } from "@jest/globals";
import { planParts } from "../../../lambdas/competitions/service/multipart-upload.ts";
import { example, packBundle } from "../../support/examples.ts";
import { temporaryFolder } from "../../support/files.ts";
import { assertRefused } from "../../support/http.ts";
import { startTestPlatform, type Person, type TestPlatform } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";

const MiB = 1024 ** 2;
interface Upload {
  file_size: number;
  part_size: number;
  part_count: number;
  received: number[];
}

let lab: TestPlatform;
let person: Person;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
  lab = await startTestPlatform({ database: "postgres", worker: null });
  person = await lab.newPerson();
});
afterAll(async () => {
  await lab.close();
  await folder.remove();
});

const content = randomBytes(2 * 16 * MiB + 12345);

async function newDataset(size: number | undefined): Promise<string> {
  const made = await person.client.request<{ key: string }>("POST", "/api/datasets/", {
    type: "submission",
    request_sassy_file_name: "submission.zip",
    file_size: size,
  });
  return made.key;
}
const path = (key: string, rest = "") => `/api/datasets/${key}/multipart/${rest}`;
const part = (upload: Upload, number: number) =>
  content.subarray((number - 1) * upload.part_size, number * upload.part_size);

async function put(key: string, number: number, body: Buffer): Promise<number> {
  const { urls } = await person.client.request<{ urls: Record<string, string> }>("POST", path(key, "parts/"), {
    parts: [number],
  });
  return (await fetch(urls[String(number)]!, { method: "PUT", body: new Uint8Array(body) })).status;
}

async function stored(key: string): Promise<Buffer> {
  const { headers } = await person.send("GET", `/datasets/download/${key}/`);
  return Buffer.from(await (await fetch(headers.get("location")!)).arrayBuffer());
}

test("parts may arrive in any order, and an interrupted upload continues", async () => {
  const key = await newDataset(content.length);
  const upload = await person.client.request<Upload>("POST", path(key), {});
  assert.deepEqual(upload, { file_size: content.length, part_size: 16 * MiB, part_count: 3, received: [] });
  assert.equal(await put(key, 3, part(upload, 3)), 200);
  assert.deepEqual((await person.client.request<Upload>("GET", path(key))).received, [3]);

  const file = join(folder.path, "submission.zip");
  await writeFile(file, content);
  await person.client.uploadParts(key, file);
  assert.ok((await stored(key)).equals(content));
  const { file_size } = await person.client.request<{ file_size: number }>("GET", `/api/datasets/${key}/`);
  assert.equal(file_size, content.length);
});

test("starting again continues the upload in progress", async () => {
  const key = await newDataset(content.length);
  const upload = await person.client.request<Upload>("POST", path(key), {});
  await put(key, 1, part(upload, 1));
  assert.deepEqual(await person.client.request<Upload>("POST", path(key), {}), { ...upload, received: [1] });
});

test("starting again with another size restarts the upload", async () => {
  const key = await newDataset(content.length);
  const upload = await person.client.request<Upload>("POST", path(key), {});
  await put(key, 1, part(upload, 1));
  const again = await person.client.request<Upload>("POST", path(key), { file_size: 1000 });
  assert.deepEqual(again, { file_size: 1000, part_size: 16 * MiB, part_count: 1, received: [] });
});

test("an upload is complete only with all parts in the right sizes, and completing it twice is harmless", async () => {
  const key = await newDataset(content.length);
  const upload = await person.client.request<Upload>("POST", path(key), {});
  await put(key, 1, part(upload, 1));
  await put(key, 2, part(upload, 2).subarray(1));
  await lab.refuses(() => person.send("POST", path(key, "complete/"), { json: {} }), 400, "PARTS_MISSING", /: 2, 3\.$/);
  assert.deepEqual((await person.client.request<Upload>("GET", path(key))).received, [1]);
  await put(key, 2, part(upload, 2));
  await put(key, 3, part(upload, 3));
  const done = await person.client.request("POST", path(key, "complete/"), {});
  assert.deepEqual(done, { key, file_size: content.length });
  assert.deepEqual(await person.client.request("POST", path(key, "complete/"), {}), done);
  assert.ok((await stored(key)).equals(content));
  await lab.refuses(() => person.send("POST", path(key), { json: {} }), 400, "UPLOADED_ALREADY");
});

test("an aborted upload leaves nothing behind, and another can start", async () => {
  const key = await newDataset(content.length);
  const upload = await person.client.request<Upload>("POST", path(key), {});
  await put(key, 1, part(upload, 1));
  const { urls } = await person.client.request<{ urls: Record<string, string> }>("POST", path(key, "parts/"), {
    parts: [2],
  });
  assert.equal((await person.send("DELETE", path(key))).status, 204);
  assert.equal((await fetch(urls["2"]!, { method: "PUT", body: new Uint8Array(part(upload, 2)) })).status, 404);
  assertRefused(await person.send("GET", path(key)), 404, "NO_UPLOAD");
  assertRefused(await person.send("POST", path(key, "complete/"), { json: {} }), 404, "NO_UPLOAD");
  assert.deepEqual((await person.client.request<Upload>("POST", path(key), {})).received, []);
});

test("an upload that the bucket has deleted restarts", async () => {
  const key = await newDataset(content.length);
  await person.client.request("POST", path(key), {});
  const { upload_id, upload_key } = await lab.inside.db
    .selectFrom("datasets")
    .select(["upload_id", "upload_key"])
    .where("key", "=", key)
    .executeTakeFirstOrThrow();
  await lab.inside.objects.parts.abort({ bucket: "uploads", key: upload_key! }, upload_id!);
  assertRefused(await person.send("GET", path(key)), 404, "NO_UPLOAD");
  const upload = await person.client.request<Upload>("POST", path(key), {});
  assert.equal(await put(key, 1, part(upload, 1)), 200);
});

test("a bundle uploaded in parts is unpacked as usual and reports its progress", async () => {
  const bundle = await packBundle(example("temperature-forecast"), "python:3");
  const file = join(folder.path, "bundle.zip");
  await writeFile(file, bundle);
  const { key } = await person.client.request<{ key: string }>("POST", "/api/datasets/", {
    type: "competition_bundle",
    request_sassy_file_name: "bundle.zip",
    file_size: bundle.length,
  });
  await person.client.uploadParts(key, file);
  const { status_id } = await person.client.request<{ status_id: number }>("PUT", `/api/datasets/completed/${key}/`);
  interface Status {
    status: string;
    progress: { stage: string; done_bytes: number; total_bytes: number } | null;
  }
  const { progress } = await waitFor("the bundle to be unpacked", async () => {
    const creation = await person.client.request<Status>("GET", `/api/competitions/${status_id}/creation_status/`);
    return creation.status === "Finished" && creation;
  });
  assert.equal(progress!.stage, "finishing");
  assert.ok(progress!.total_bytes > 0 && progress!.done_bytes === progress!.total_bytes);
});

test("invalid requests are refused", async () => {
  const unsized = await newDataset(undefined);
  await lab.refuses(
    () => person.send("POST", path(unsized), { json: {} }),
    400,
    "INVALID",
    /size of the file in bytes/,
  );
  assertRefused(await person.send("POST", path(unsized, "parts/"), { json: { parts: [1] } }), 404, "NO_UPLOAD");
  const key = await newDataset(content.length);
  await lab.refuses(() => person.send("POST", path(key), { json: { file_size: 6 * 1024 ** 4 } }), 400, "INVALID");
  await person.client.request("POST", path(key), {});
  for (const parts of [[4], [0], [], Array.from({ length: 101 }, () => 1), ["x"]])
    await lab.refuses(() => person.send("POST", path(key, "parts/"), { json: { parts } }), 400, "INVALID");
  const stranger = await lab.newPerson();
  for (const [method, rest] of [
    ["POST", ""],
    ["GET", ""],
    ["DELETE", ""],
    ["POST", "parts/"],
    ["POST", "complete/"],
  ] as const)
    assertRefused(
      await stranger.send(method, path(key, rest), method === "POST" ? { json: { parts: [1] } } : undefined),
      404,
      "NO_SUCH_DATASET",
    );
});

test("a file of any size is split into parts that S3 accepts", () => {
  for (const size of [1, 5 * MiB, 16 * MiB, 16 * MiB + 1, 20e9, 5 * 1024 ** 4]) {
    const { partSize, partCount } = planParts(size);
    assert.ok(partSize >= 5 * MiB && partSize <= 5 * 1024 ** 3 && partCount <= 10_000);
    const last = size - partSize * (partCount - 1);
    assert.ok(last > 0 && last <= partSize);
  }
});

test("the client uploads files over 100 MB in parts", async () => {
  const large = Buffer.concat([content, content, content, content]);
  const file = join(folder.path, "large.zip");
  await writeFile(file, large);
  const key = await person.client.upload("submission", file);
  const row = await lab.inside.db
    .selectFrom("datasets")
    .select("object_key")
    .where("key", "=", key)
    .executeTakeFirstOrThrow();
  const info = await lab.inside.objects.head({ bucket: "uploads", key: row.object_key });
  assert.match(info!.etag, /-\d+$/, "it was put together of parts");
  assert.ok((await stored(key)).equals(await readFile(file)));
});
