/**
 * Thousands of bundles with errors. Each is unpacked or refused with reasons, with little CPU time, and only whole
 * competitions remain in the database and the object store.
 */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, test } from "@jest/globals";
import { setTimeout as pause } from "node:timers/promises";
import fc from "fast-check";
import { sql } from "kysely";
import * as yauzl from "yauzl";
import { problemCodes } from "../../../lambdas/competitions/rules/bundle-format/problems.ts";
import { bundle, inZip, version15, version2 } from "./faulty-bundles.ts";
import { startLab, type Creation, type Lab } from "./lab.ts";

const seed = 20_261_121;
const batchSize = 20;
/** `npm run test:long` runs all batches; an ordinary run, the first ones of them. */
const batches = process.env.TEST_LONG ? 102 : 10;
/** How many are unpacked concurrently. */
const lanes = 4;
/**
 * Maximum CPU time of this process while a bundle is unpacked, including the other lanes. CPU time does not depend on
 * how busy the machine is. Most bundles take a few milliseconds.
 */
const maxCpuMs = 30_000;
/** After this time unpacking is considered hung. */
const hangsAfterMs = 120_000;

let lab: Lab;
beforeAll(async () => (lab = await startLab({ connections: 4 })));
afterAll(() => lab.close());

async function unpackInTime(content: Buffer, owner: number): Promise<Creation> {
  const bundle = await lab.upload(content, owner);
  const over = new AbortController();
  const before = process.cpuUsage();
  const late = pause(hangsAfterMs, undefined, { signal: over.signal }).then(
    () => assert.fail(`not over after ${hangsAfterMs} ms`),
    () => new Promise<never>(() => undefined),
  );
  try {
    const creation = await Promise.race([lab.unpack(bundle, owner), late]);
    const { user, system } = process.cpuUsage(before);
    const cpuMs = (user + system) / 1000;
    assert.ok(cpuMs <= maxCpuMs, `${cpuMs} ms of CPU time`);
    return creation;
  } finally {
    over.abort();
  }
}

/** Reads a stored zip completely, as a worker does. */
async function readsWell(objectKey: string): Promise<void> {
  const content = await lab.context.objects.get({ bucket: "uploads", key: objectKey }, 10_000_000);
  const reader = await yauzl.fromBufferPromise(content, { lazyEntries: true, strictFileNames: true });
  for await (const entry of reader.eachEntry()) {
    assert.ok(!entry.fileName.split("/").some((step) => ["", ".", ".."].includes(step)), entry.fileName);
    assert.equal((entry.externalFileAttributes >>> 28) & 0xf, 0o10, "a regular file");
    await buffer(await reader.openReadStreamPromise(entry));
  }
}

async function check(creation: Creation): Promise<void> {
  if (creation.status === "Failed") {
    assert.ok(creation.details, "it says why");
    assert.ok(creation.problems.some(({ severity }) => severity === "error"));
    for (const { code, message } of creation.problems) {
      assert.ok(problemCodes.includes(code), code);
      assert.match(message, /^[^\p{Cc}]{10,700}$/u);
    }
    assert.equal(creation.resulting_competition, null);
    return;
  }
  assert.equal(creation.status, "Finished");
  assert.ok(creation.resulting_competition !== null);
  for (const { path, object_key, size } of creation.progress!.files) {
    const info = await lab.context.objects.head({ bucket: "uploads", key: object_key });
    assert.equal(info?.size, size);
    assert.match(object_key, /^[a-z_]+\/[0-9a-f-]{36}\/[A-Za-z0-9._-]{1,60}$/);
    // We made the zips of folders; files that are zips already were made by the organizer and may be invalid.
    if (object_key.endsWith(".zip") && !path.endsWith(".zip")) await readsWell(object_key);
  }
}

/** Checks that every object belongs to a row, and that there are no other files. */
async function nothingElse(): Promise<void> {
  await lab.keepPromises();
  assert.deepEqual(await lab.strays(), { objects: [], rows: [] });
  assert.deepEqual(await readdir(lab.folder), ["objects"]);
  assert.deepEqual((await readdir(join(lab.folder, "objects"))).sort(), ["buckets", "temporary", "uploads"]);
  assert.deepEqual(await readdir(join(lab.folder, "objects", "temporary")), []);
  assert.deepEqual(await readdir(join(lab.folder, "objects", "uploads")), []);
}

async function startAfresh(): Promise<void> {
  const { db, objects } = lab.context;
  await sql`truncate datasets, competitions, tasks, solutions, competition_creations, outbox restart identity cascade`.execute(
    db,
  );
  await objects.deleteMany((await lab.objects()).map((key) => ({ bucket: "uploads", key })));
}

test(`any bundle becomes a whole competition or nothing (${batches * batchSize} bundles)`, async () => {
  const outcomes: Record<string, number> = {};
  // The unchanged bundles are valid, so refusals are caused by the changes.
  for (const text of [version2, version15]) assert.equal((await unpackInTime(inZip(text), lab.userId)).details, null);
  await fc.assert(
    fc.asyncProperty(fc.array(bundle, { minLength: batchSize, maxLength: batchSize }), async (contents) => {
      const left = [...contents];
      const work = async () => {
        for (let next = left.shift(); next; next = left.shift()) {
          const creation = await unpackInTime(next.content, lab.userId);
          await check(creation);
          const outcome = creation.details?.slice(0, 6) ?? creation.status;
          outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
        }
      };
      await Promise.all(Array.from({ length: lanes }, work));
      await nothingElse();
      await startAfresh();
    }),
    { numRuns: batches, seed, endOnFailure: true },
  );
  console.log(
    Object.entries(outcomes)
      .sort(([, a], [, b]) => b - a)
      .map(([code, n]) => `${code} ${n}`)
      .join(", "),
  );
  assert.ok(outcomes["Finished"]! > batches * 2, "many are good enough");
  assert.ok(Object.keys(outcomes).length > (process.env.TEST_LONG ? 15 : 10), "they fail for many reasons");
});
