/** The object store as a process: killed, measured and closed. */
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, test } from "@jest/globals";
import { patientServer } from "../../../gateway/patient-server.ts";
import { startObjectStore } from "../../../local/object-store/server.ts";
import { temporaryFolder } from "../../support/files.ts";
import { waitFor } from "../../support/wait.ts";
import { send } from "./http.ts";
import { MiB, adapterFor, beginPut, buckets, inJobs, keys, optionsFor } from "./store-lab.ts";
import { startStoreProcess } from "./store-process.ts";

describe("the object store, killed", () => {
  test("in the middle of a PUT, keeps the object that was there, what was put before, and no rest of the PUT", async () => {
    const folder = await temporaryFolder();
    const old = randomBytes(MiB);
    const first = await startStoreProcess(optionsFor(folder.path));
    const before = adapterFor(first.endpoint);
    await before.put(inJobs("object"), old, "application/zip");
    const put = await beginPut(
      await before.signPut(inJobs("object"), { seconds: 60 }),
      50 * MiB,
      Buffer.alloc(20 * MiB),
    );
    const temporary = join(folder.path, "temporary");
    await waitFor("the PUT to be on the disk", async () => (await readdir(temporary)).length > 0);
    await first.kill();
    put.destroy();
    before.close();
    assert.equal((await readdir(temporary)).length, 1, "it was killed in the middle");

    const second = await startObjectStore(optionsFor(folder.path));
    const objects = adapterFor(second.endpoint);
    assert.deepEqual(await objects.get(inJobs("object"), MiB), old);
    const { headers } = await send(await objects.signGet(inJobs("object"), { seconds: 60 }));
    assert.equal(headers.get("content-type"), "application/zip");
    assert.deepEqual(await readdir(temporary), []);
    objects.close();
    await second.close();
    await folder.remove();
  });

  test("between the parts of an upload, lets it be completed", async () => {
    const folder = await temporaryFolder();
    const target = { Bucket: buckets.jobs, Key: "parts" };
    const clientOf = (endpoint: string) =>
      new S3Client({ endpoint, region: keys.region, credentials: keys, forcePathStyle: true });
    const first = await startStoreProcess(optionsFor(folder.path));
    const before = clientOf(first.endpoint);
    const { UploadId } = await before.send(new CreateMultipartUploadCommand({ ...target, ContentType: "text/csv" }));
    const { ETag } = await before.send(new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: "a part" }));
    before.destroy();
    await first.kill();

    const second = await startObjectStore(optionsFor(folder.path));
    const client = clientOf(second.endpoint);
    const Parts = [{ ETag, PartNumber: 1 }];
    await client.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }));
    const { Body, ContentType } = await client.send(new GetObjectCommand(target));
    assert.deepEqual([await Body!.transformToString(), ContentType], ["a part", "text/csv"]);
    client.destroy();
    await second.close();
    await folder.remove();
  });
});

describe("the memory of the object store", () => {
  test("does not grow with the objects that are put and read", async () => {
    const folder = await temporaryFolder();
    const store = await startStoreProcess(optionsFor(folder.path));
    const objects = adapterFor(store.endpoint);
    const length = 300 * MiB;
    const bytes = async function* (size: number) {
      const chunk = Buffer.alloc(MiB, 7);
      for (let left = size; left > 0; left -= chunk.length) yield chunk.subarray(0, left);
    };
    const transfer = async (size: number) => {
      await objects.put(inJobs("big"), { stream: Readable.from(bytes(size)), length: size });
      let read = 0;
      for await (const chunk of await objects.getStream(inJobs("big"))) read += (chunk as Buffer).length;
      assert.equal(read, size);
      assert.equal(await objects.upload(inJobs("in parts"), bytes(size)), size);
    };
    await transfer(20 * MiB);
    const before = await store.peakMemory();
    await transfer(length);
    const grown = (await store.peakMemory()) - before;
    assert.ok(grown < 100 * MiB, `the peak grew by ${Math.round(grown / MiB)} MiB for objects of ${length / MiB} MiB`);
    objects.close();
    await store.kill();
    await folder.remove();
  });
});

describe("closing the object store", () => {
  test("lets what is under way end, and then waits for nobody", async () => {
    const folder = await temporaryFolder();
    const store = await startObjectStore(optionsFor(folder.path));
    const objects = adapterFor(store.endpoint);
    await objects.put(inJobs("before"), Buffer.from("x"));
    const put = await beginPut(await objects.signPut(inJobs("during"), { seconds: 60 }), 2 * MiB, Buffer.alloc(MiB));
    await waitFor("the PUT to have begun", async () => (await readdir(join(folder.path, "temporary"))).length > 0);
    const closed = store.close();
    const answered = once(put, "response") as Promise<[IncomingMessage]>;
    put.end(Buffer.alloc(MiB));
    const [response] = await answered;
    response.resume();
    assert.equal(response.statusCode, 200);
    // The adapter has a connection open, and so has the PUT; a client that keeps them must not keep the store.
    const ended = performance.now();
    await closed;
    assert.ok(performance.now() - ended < patientServer.keepAliveTimeout / 2, "it waited for unused connections");
    await assert.rejects(fetch(store.endpoint));
    objects.close();
    await folder.remove();
  });
});
