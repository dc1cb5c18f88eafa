/** Failures while a bundle is unpacked: the result is a whole competition or nothing, and the owner is told why. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { jobOwners } from "../../../lambdas/functions/job-owners.ts";
import { once } from "node:events";
import { afterAll, beforeAll, test } from "@jest/globals";
import { fileURLToPath } from "node:url";
import { deleteDataset } from "../../../lambdas/competitions/db/datasets.ts";
import { unpackBundle } from "../../../lambdas/competitions/service/bundle-import/bundle-upload.ts";
import { requestCreation } from "../../../lambdas/competitions/service/bundle-import/creations.ts";
import { contextOf } from "../../../lambdas/functions/context.ts";
import { sweep } from "../../../lambdas/functions/sweep.ts";
import { logo } from "../../support/competitions.ts";
import { example, packBundle } from "../../support/examples.ts";
import { waitFor } from "../../support/wait.ts";
import { never, startLab, type Lab } from "./lab.ts";
import { rawZip } from "./raw-zip.ts";

let lab: Lab;
let whole: Buffer;
beforeAll(async () => {
  lab = await startLab({ connections: 4 });
  whole = await packBundle(example("temperature-forecast"), "image");
});
afterAll(() => lab.close());

/** Runs something that must not add rows or objects. */
async function leavesNothing(work: () => Promise<void>): Promise<void> {
  const before = { rows: await lab.rows(), objects: await lab.objects() };
  await work();
  await lab.keepPromises();
  assert.deepEqual({ rows: await lab.rows(), objects: await lab.objects() }, before);
}

async function isWell(): Promise<void> {
  await lab.keepPromises();
  assert.deepEqual(await lab.strays(), { objects: [], rows: [] });
}

/** Lets the lease of a creation expire immediately. */
const expire = (id: number) =>
  lab.context.db
    .updateTable("competition_creations")
    .set({ lease_until: new Date(0) })
    .where("id", "=", id)
    .execute();

/** Starts to unpack and stops before the first file. */
async function beginAndPause(content: Buffer) {
  const bundle = await lab.upload(content);
  const id = await requestCreation(lab.context, bundle.id, lab.userId);
  await unpackBundle(lab.context, id, 0);
  const creation = await lab.creation(id);
  assert.equal(creation.status, "Unpacking");
  return { bundle, id, creation };
}

test("a bundle whose file does not exist fails", () =>
  leavesNothing(async () => {
    const bundle = await lab.upload(whole);
    await lab.context.objects.delete(bundle.ref);
    const { status, details } = await lab.unpack(bundle);
    assert.equal(status, "Failed");
    assert.match(details!, /^BND-99: The file of the bundle does not exist/);
  }));

test("a wrong size in the database is harmless", async () => {
  for (const size of [0, 5, whole.length + 100]) {
    const bundle = await lab.upload(whole);
    const { db } = lab.context;
    await db.updateTable("datasets").set({ file_size: size }).where("id", "=", bundle.id).execute();
    assert.equal((await lab.unpack(bundle)).status, "Finished");
    const row = await db
      .selectFrom("datasets")
      .select("file_size")
      .where("id", "=", bundle.id)
      .executeTakeFirstOrThrow();
    assert.equal(Number(row.file_size), whole.length);
  }
  await isWell();
});

test("a bundle that is deleted before unpacking fails", () =>
  leavesNothing(async () => {
    const bundle = await lab.upload(whole);
    const id = await requestCreation(lab.context, bundle.id, lab.userId);
    await deleteDataset(lab.context.db, bundle.id);
    await lab.context.objects.delete(bundle.ref);
    await unpackBundle(lab.context, id, never);
    const { status, details } = await lab.creation(id);
    assert.equal(status, "Failed");
    assert.match(details!, /was deleted/);
  }));

test("a bundle that is deleted during unpacking fails", () =>
  leavesNothing(async () => {
    const { bundle, id } = await beginAndPause(whole);
    await deleteDataset(lab.context.db, bundle.id);
    await lab.context.objects.delete(bundle.ref);
    await unpackBundle(lab.context, id, never);
    assert.match((await lab.creation(id)).details!, /was deleted/);
  }));

test("a bundle whose file is replaced during unpacking fails", () =>
  leavesNothing(async () => {
    const { bundle, id } = await beginAndPause(whole);
    await lab.context.objects.put(bundle.ref, Buffer.concat([whole.subarray(0, 1000), whole]));
    await unpackBundle(lab.context, id, never);
    assert.match((await lab.creation(id)).details!, /was replaced/);
  }));

test("unpacking continues after a pause as planned before", async () => {
  const { id, creation } = await beginAndPause(whole);
  assert.deepEqual([creation.progress!.done_bytes, creation.progress!.stage], [0, "storing"]);
  assert.ok(creation.progress!.total_bytes > 0);
  await unpackBundle(lab.context, id, never);
  const over = await lab.creation(id);
  assert.equal(over.status, "Finished");
  assert.deepEqual([over.progress!.done_bytes, over.progress!.stage], [creation.progress!.total_bytes, "finishing"]);
  const planned = creation.progress!.files.map(({ object_key }) => object_key);
  assert.deepEqual(
    over.progress!.files.map(({ object_key }) => object_key),
    planned,
  );
  await isWell();
});

test("a pause requests the rest with a message", async () => {
  const { id } = await beginAndPause(whole);
  const messages = await lab.context.db.selectFrom("outbox").select("body").orderBy("id", "desc").limit(1).execute();
  assert.deepEqual(messages[0]!.body, { type: "unpack-bundle", creation: id });
  await unpackBundle(lab.context, id, never);
});

test("a message that is delivered many times at once creates one competition", async () => {
  const before = await lab.rows();
  const bundle = await lab.upload(whole);
  const id = await requestCreation(lab.context, bundle.id, lab.userId);
  await Promise.all(Array.from({ length: 4 }, () => unpackBundle(lab.context, id, never)));
  await unpackBundle(lab.context, id, never);
  assert.equal((await lab.creation(id)).status, "Finished");
  assert.equal((await lab.rows())["competitions"], before["competitions"]! + 1);
  await isWell();
});

test("two concurrent attempts create one competition", async () => {
  const before = await lab.rows();
  const bundle = await lab.upload(whole);
  const id = await requestCreation(lab.context, bundle.id, lab.userId);
  const first = unpackBundle(lab.context, id, never);
  await waitFor("the first attempt to plan", async () => (await lab.creation(id)).progress);
  await expire(id);
  await Promise.all([first, unpackBundle(lab.context, id, never)]);
  assert.equal((await lab.creation(id)).status, "Finished");
  assert.equal((await lab.rows())["competitions"], before["competitions"]! + 1);
  await isWell();
});

test("a bundle whose upload is completed twice is unpacked once", async () => {
  const bundle = await lab.upload(whole);
  const ids = await Promise.all([1, 2, 3].map(() => requestCreation(lab.context, bundle.id, lab.userId)));
  assert.equal(new Set(ids).size, 1);
  await unpackBundle(lab.context, ids[0]!, never);
});

test("a second import that fails does not delete the bundle of the first competition", async () => {
  const bundle = await lab.upload(whole);
  const first = await lab.unpack(bundle);
  assert.equal(first.status, "Finished");
  await leavesNothing(async () => {
    await lab.context.objects.put(bundle.ref, Buffer.from("no zip any more"));
    assert.match((await lab.unpack(bundle)).details!, /^BND-02/);
  });
});

test("bundles with the same name and title do not conflict", async () => {
  const { db } = lab.context;
  const owner = await lab.newUser();
  for (const round of [1, 2, 3]) {
    const bundle = await lab.upload(whole, owner);
    await db.updateTable("datasets").set({ name: "forecast" }).where("id", "=", bundle.id).execute();
    const { status, details } = await lab.unpack(bundle, owner);
    assert.equal(status, "Finished", `round ${round}: ${details}`);
  }
});

test("a platform failure postpones a bundle", async () => {
  const bundle = await lab.upload(whole);
  const id = await requestCreation(lab.context, bundle.id, lab.userId);
  const { environment } = lab.context;
  const cutOff = contextOf({ ...environment, AWS_ENDPOINT_URL_S3: "http://127.0.0.1:1" });
  await assert.rejects(unpackBundle(cutOff, id, never), /ECONNREFUSED/);
  await cutOff.db.destroy();
  assert.equal((await lab.creation(id)).status, "Unpacking");
  await unpackBundle(lab.context, id, never);
  assert.equal((await lab.creation(id)).status, "Unpacking", "it has to wait for some seconds");

  await expire(id);
  await sweep(lab.context, jobOwners);
  const asked = await lab.context.db.selectFrom("outbox").select("body").orderBy("id", "desc").limit(1).execute();
  assert.deepEqual(asked[0]!.body, { type: "unpack-bundle", creation: id });
  await unpackBundle(lab.context, id, never);
  assert.equal((await lab.creation(id)).status, "Finished");
  await isWell();
});

test("a bundle fails after too many attempts without progress", () =>
  leavesNothing(async () => {
    const bundle = await lab.upload(whole);
    const id = await requestCreation(lab.context, bundle.id, lab.userId);
    await lab.context.db.updateTable("competition_creations").set({ failures: 8 }).where("id", "=", id).execute();
    await unpackBundle(lab.context, id, never);
    assert.match((await lab.creation(id)).details!, /failed 8 times/);
  }));

/** A bundle of several megabytes that are used repeatedly, so that unpacking takes a while. */
function largeBundle(): Buffer {
  const incompressible = randomBytes(6_000_000);
  return rawZip([
    { name: "competition.yaml", content: largeYaml },
    { name: "terms.md", content: "terms" },
    { name: "logo.png", content: logo },
    { name: "program/metadata.yaml", content: "command: python score.py" },
    ...Array.from({ length: 5 }, (_, i) => ({ name: `data/${i}.bin`, content: incompressible, stored: true })),
  ]);
}
const largeYaml = JSON.stringify({
  version: 2,
  title: "Large",
  image: "logo.png",
  terms: "terms.md",
  pages: [],
  tasks: [0, 1].map((index) => ({
    index,
    name: "t",
    scoring_program: "program",
    input_data: "data",
    reference_data: "data",
  })),
  phases: [{ name: "p", start: "2026-01-01", tasks: [0, 1] }],
  leaderboards: [{ title: "b", key: "b", columns: [{ title: "c", key: "c", index: 0 }] }],
});

/** Unpacks in another process and kills it after the first file was stored and recorded. */
async function killAfterFirstFile(id: number): Promise<void> {
  const program = fileURLToPath(new URL("unpack-process.ts", import.meta.url));
  const env = { ...process.env, ...lab.environment };
  const child = spawn(process.execPath, [program, String(id)], { env, stdio: ["ignore", "ignore", "inherit"] });
  const exited = once(child, "exit");
  await waitFor("a file to be stored", async () =>
    (await lab.creation(id)).progress?.files.some(({ size }) => size !== null),
  );
  child.kill("SIGKILL");
  const [, signal] = (await exited) as [number | null, string | null];
  assert.equal(signal, "SIGKILL", "it must not have ended before it was killed");
}

test("the next attempt uses what a killed process stored and leaves nothing behind", async () => {
  const bundle = await lab.upload(largeBundle());
  const id = await requestCreation(lab.context, bundle.id, lab.userId);
  await killAfterFirstFile(id);
  const killed = await lab.creation(id);
  assert.equal(killed.status, "Unpacking");
  await unpackBundle(lab.context, id, never);
  assert.equal((await lab.creation(id)).status, "Unpacking", "the lease of the killed one holds");
  await expire(id);
  await unpackBundle(lab.context, id, never);
  const over = await lab.creation(id);
  assert.equal(over.status, "Finished", over.details ?? "");
  assert.deepEqual(
    over.progress!.files.map(({ object_key }) => object_key),
    killed.progress!.files.map(({ object_key }) => object_key),
  );
  await isWell();
});

test("what a killed process stored is erased when the bundle is deleted", () =>
  leavesNothing(async () => {
    const bundle = await lab.upload(largeBundle());
    const id = await requestCreation(lab.context, bundle.id, lab.userId);
    await killAfterFirstFile(id);
    await deleteDataset(lab.context.db, bundle.id);
    await lab.context.objects.delete(bundle.ref);
    await expire(id);
    await unpackBundle(lab.context, id, never);
    assert.equal((await lab.creation(id)).status, "Failed");
  }));
