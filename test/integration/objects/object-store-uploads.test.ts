/** What only the platform's own object store promises of uploads, or what the adapter never sends to it but others do. */
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { Agent, request, type IncomingMessage } from "node:http";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, test } from "@jest/globals";
import { waitFor } from "../../support/wait.ts";
import { send } from "./http.ts";
import { MiB, beginPut, buckets, inJobs, keys, openStore, sha256, type OpenStore } from "./store-lab.ts";

describe("uploads to the object store", () => {
  let lab: OpenStore;
  beforeAll(async () => {
    lab = await openStore();
  });
  afterAll(() => lab.close());

  test("takes what an SDK of default settings sends: chunks with a trailing checksum of any kind", async () => {
    for (const ChecksumAlgorithm of [undefined, "CRC32", "CRC32C", "SHA1", "SHA256"] as const) {
      const bytes = randomBytes(300_000);
      const input = { Bucket: buckets.jobs, Key: "chunked", ContentLength: bytes.length };
      const pieces = [bytes.subarray(0, 70_000), bytes.subarray(70_000)];
      await lab.client.send(
        new PutObjectCommand({
          ...input,
          Body: Readable.from(pieces),
          ...(ChecksumAlgorithm ? { ChecksumAlgorithm } : {}),
        }),
      );
      const { Body, ContentEncoding } = await lab.client.send(
        new GetObjectCommand({ Bucket: buckets.jobs, Key: "chunked" }),
      );
      assert.equal(sha256(Buffer.from(await Body!.transformToByteArray())), sha256(bytes), ChecksumAlgorithm);
      assert.equal(ContentEncoding, undefined, "the framing is not part of the object");
    }
  });

  test("takes a URL to read that an SDK of default settings signed", async () => {
    await lab.objects.put(inJobs("default"), Buffer.from("x"));
    const url = await getSignedUrl(lab.client, new GetObjectCommand({ Bucket: buckets.jobs, Key: "default" }));
    assert.equal((await send(url)).body.toString(), "x");
  });

  test("refuses a body that is not the one its checksum was made of, and keeps the object that was there", async () => {
    await lab.objects.put(inJobs("damaged"), Buffer.from("old"));
    const damage = new S3Client({
      endpoint: lab.endpoint,
      region: keys.region,
      credentials: keys,
      forcePathStyle: true,
    });
    damage.middlewareStack.add(
      (next) => (args) => {
        const { body } = args.request as { body: unknown };
        if (Buffer.isBuffer(body)) body[0]! ^= 1;
        return next(args);
      },
      { step: "finalizeRequest", priority: "low" },
    );
    const attempts = [
      { ChecksumAlgorithm: "CRC32" },
      { ChecksumAlgorithm: "SHA256" },
      { ContentMD5: createHash("md5").update("new").digest("base64") },
    ] as const;
    for (const checksum of attempts) {
      const put = new PutObjectCommand({ Bucket: buckets.jobs, Key: "damaged", Body: Buffer.from("new"), ...checksum });
      await assert.rejects(damage.send(put), { name: "XAmzContentSHA256Mismatch" });
    }
    for (const header of ["x-amz-checksum-crc32", "content-md5"]) {
      const url = await lab.putUrl("damaged");
      const { status, code } = await send(url, { method: "PUT", headers: { [header]: "AAAAAA==" }, body: "new" });
      assert.deepEqual([status, code], header === "content-md5" ? [400, "BadDigest"] : [403, "AccessDenied"]);
    }
    assert.equal((await lab.objects.get(inJobs("damaged"), 10)).toString(), "old");
    assert.deepEqual(await lab.temporaryFiles(), []);
    damage.destroy();
  });

  test("takes only uploads that say how long they are", async () => {
    const put = request(await lab.putUrl("endless"), { method: "PUT", headers: { "transfer-encoding": "chunked" } });
    put.write("x");
    put.end();
    const [response] = (await once(put, "response")) as [IncomingMessage];
    response.resume();
    assert.equal(response.statusCode, 411);
    const form = request(`${lab.endpoint}/the-jobs`, {
      method: "POST",
      headers: { "content-type": "multipart/form-data; boundary=b", "transfer-encoding": "chunked" },
    });
    form.end("--b--\r\n");
    const [formResponse] = (await once(form, "response")) as [IncomingMessage];
    formResponse.resume();
    assert.equal(formResponse.statusCode, 411);
    const url = new URL(await lab.putUrl("endless"));
    // A sender that announces more than S3 takes is refused before it has sent anything.
    const socket = connect(Number(url.port), url.hostname);
    socket.write(
      `PUT ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nContent-Length: ${6 * 1024 ** 3}\r\n\r\n`,
    );
    const [answer] = (await once(socket, "data")) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 400 [^]*<Code>EntityTooLarge<\/Code>/);
    socket.destroy();
  });

  test("says no to an upload so that the sender hears it, and asks for no body that it would refuse", async () => {
    const forged = `${await lab.putUrl("refused")}0`;
    const { status } = await send(forged, { method: "PUT", body: new Uint8Array(20 * MiB) });
    assert.equal(status, 403);
    const expecting = request(forged, {
      method: "PUT",
      headers: { "content-length": 20 * MiB, expect: "100-continue" },
    });
    let asked = false;
    expecting.on("continue", () => (asked = true));
    expecting.flushHeaders();
    const [response] = (await once(expecting, "response")) as [IncomingMessage];
    assert.deepEqual([response.statusCode, asked], [403, false]);
    expecting.destroy();
  });

  test("refuses a form as soon as it is too large, so that the sender hears it and can go on", async () => {
    const policy = await lab.objects.signPost("jobs/1/", { seconds: 60, maxBytes: 1000, bucket: "jobs" });
    const form = new FormData();
    for (const [name, value] of Object.entries({ ...policy.fields, key: "jobs/1/a" })) form.append(name, value);
    form.append("file", new Blob([new Uint8Array(20 * MiB)]));
    const sent = new Response(form);
    const contentType = sent.headers.get("content-type")!;
    const bytes = Buffer.from(await sent.arrayBuffer());
    // Both on one connection: the second is answered only when the first was read to its end.
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const posts = [1, 2].map(async () => {
      const post = request(policy.url, {
        method: "POST",
        agent,
        headers: { "content-type": contentType, "content-length": bytes.length },
      });
      post.end(bytes);
      const [response] = (await once(post, "response")) as [IncomingMessage];
      const port = response.socket.localPort;
      const answer = Buffer.concat(await response.toArray()).toString();
      assert.equal(response.statusCode, 400);
      assert.match(answer, /<Code>EntityTooLarge</);
      return port;
    });
    const [first, second] = await Promise.all(posts);
    assert.ok(first !== undefined && first === second, `${first} and ${second} are two connections`);
    agent.destroy();
  });

  test("keeps no parts of an upload whose source failed", async () => {
    const failing = async function* () {
      for (let part = 0; part < 3; part += 1) yield Buffer.alloc(8 * MiB);
      throw new Error("the source failed");
    };
    await assert.rejects(lab.objects.upload(inJobs("failed"), failing()), /the source failed/);
    assert.deepEqual(await readdir(join(lab.folder, "store", "uploads")), []);
  });

  test("drops an upload whose sender goes away, and keeps the object that was there", async () => {
    await lab.objects.put(inJobs("left"), Buffer.from("old"));
    const put = await beginPut(await lab.putUrl("left"), 10 * MiB, Buffer.alloc(MiB));
    await waitFor("the upload to have begun", async () => (await lab.temporaryFiles()).length > 0);
    put.destroy();
    await waitFor("the upload to be gone", async () => (await lab.temporaryFiles()).length === 0);
    assert.equal((await lab.objects.get(inJobs("left"), 10)).toString(), "old");
  });

  test("holds uploads in parts to S3's rules", async () => {
    const target = { Bucket: buckets.jobs, Key: "parts" };
    const { UploadId } = await lab.client.send(new CreateMultipartUploadCommand(target));
    const send = async (PartNumber: number, size: number) => {
      const { ETag } = await lab.client.send(
        new UploadPartCommand({ ...target, UploadId, PartNumber, Body: Buffer.alloc(size, PartNumber) }),
      );
      return { ETag, PartNumber };
    };
    const complete = (Parts: { ETag: string | undefined; PartNumber: number }[], change = {}) =>
      lab.client.send(
        new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts }, ...change }),
      );
    const [small, first, second] = [await send(1, 10), await send(2, 5 * MiB), await send(9, 1)];
    await assert.rejects(complete([small, first]), { name: "EntityTooSmall" });
    await assert.rejects(complete([second, first]), { name: "InvalidPartOrder" });
    await assert.rejects(complete([{ ...first, ETag: second.ETag }]), { name: "InvalidPart" });
    await assert.rejects(complete([first, { ...second, PartNumber: 10 }]), { name: "InvalidPart" });
    await assert.rejects(complete([first], { Key: "other" }), { name: "NoSuchUpload" });
    await assert.rejects(complete([first], { UploadId: "../../temporary" }), { name: "NoSuchUpload" });
    await assert.rejects(send(0, 1));
    await assert.rejects(send(10_001, 1));
    assert.equal(await lab.objects.head(inJobs("parts")), undefined);
    await complete([first, second]);
    assert.equal((await lab.objects.head(inJobs("parts")))?.size, 5 * MiB + 1);
    await assert.rejects(complete([first]), { name: "NoSuchUpload" });
    assert.deepEqual(await readdir(join(lab.folder, "store", "uploads")), []);
  });
});
