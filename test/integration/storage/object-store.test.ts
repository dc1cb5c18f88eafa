/** What only the platform's own object store promises, or what the adapter never sends to it but others do. */
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, before, describe, mock, test } from "node:test";
import type { ObjectRef } from "../../../lambdas/domain/job.ts";
import { type Objects, connectObjects } from "../../../lambdas/storage/objects.ts";
import { type ObjectStoreServer, startObjectStore } from "../../../scripts/object-store/server.ts";
import { temporaryFolder } from "../../support/files.ts";
import { waitFor } from "../../support/wait.ts";
import { send } from "./http.ts";
import { startStoreProcess } from "./store-process.ts";

const MiB = 1024 ** 2;
const keys = { accessKeyId: "test-key", secretAccessKey: "test-secret-of-the-object-store", region: "eu-central-1" };
const buckets = { uploads: "the-uploads", jobs: "the-jobs" };
const inJobs = (key: string): ObjectRef => ({ bucket: "jobs", key });
const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

const optionsFor = (directory: string) => ({ ...keys, directory, buckets: Object.values(buckets) });
const adapterFor = (endpoint: string) => connectObjects({ buckets, endpoint, region: keys.region, credentials: keys });

/** All files below a folder, by their path. */
const filesBelow = async (folder: string) =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** Begins a PUT of which only a part is sent. */
async function beginPut(url: string, length: number, sent: Buffer): Promise<ClientRequest> {
  const put = request(url, { method: "PUT", headers: { "content-length": length } });
  put.on("error", () => undefined);
  await new Promise((resolve) => put.write(sent, resolve));
  return put;
}

describe("the object store", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let store: ObjectStoreServer;
  let objects: Objects;
  let client: S3Client;
  before(async () => {
    folder = await temporaryFolder();
    store = await startObjectStore(optionsFor(join(folder.path, "store")));
    objects = adapterFor(store.endpoint);
    // As the SDK comes: checksums wherever it supports them, so bodies in chunks with trailers.
    client = new S3Client({ endpoint: store.endpoint, region: keys.region, credentials: keys, forcePathStyle: true });
  });
  after(async () => {
    objects.close();
    client.destroy();
    await store.close();
    await folder.remove();
  });
  const putUrl = (key: string) => objects.signPut(inJobs(key), { seconds: 60 });
  const getUrl = (key: string) => objects.signGet(inJobs(key), { seconds: 60 });
  const temporaryFiles = () => readdir(join(folder.path, "store", "temporary"));

  test("takes what an SDK of default settings sends: chunks with a trailing checksum of any kind", async () => {
    for (const ChecksumAlgorithm of [undefined, "CRC32", "CRC32C", "SHA1", "SHA256"] as const) {
      const bytes = randomBytes(300_000);
      const input = { Bucket: buckets.jobs, Key: "chunked", ContentLength: bytes.length };
      const pieces = [bytes.subarray(0, 70_000), bytes.subarray(70_000)];
      await client.send(
        new PutObjectCommand({
          ...input,
          Body: Readable.from(pieces),
          ...(ChecksumAlgorithm ? { ChecksumAlgorithm } : {}),
        }),
      );
      const { Body, ContentEncoding } = await client.send(
        new GetObjectCommand({ Bucket: buckets.jobs, Key: "chunked" }),
      );
      assert.equal(sha256(Buffer.from(await Body!.transformToByteArray())), sha256(bytes), ChecksumAlgorithm);
      assert.equal(ContentEncoding, undefined, "the framing is not part of the object");
    }
  });

  test("takes a URL to read that an SDK of default settings signed", async () => {
    await objects.put(inJobs("default"), Buffer.from("x"));
    const url = await getSignedUrl(client, new GetObjectCommand({ Bucket: buckets.jobs, Key: "default" }));
    assert.equal((await send(url)).body.toString(), "x");
  });

  test("refuses a body that is not the one its checksum was made of, and keeps the object that was there", async () => {
    await objects.put(inJobs("damaged"), Buffer.from("old"));
    const damage = new S3Client({
      endpoint: store.endpoint,
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
      const url = await putUrl("damaged");
      const { status, code } = await send(url, { method: "PUT", headers: { [header]: "AAAAAA==" }, body: "new" });
      assert.deepEqual([status, code], header === "content-md5" ? [400, "BadDigest"] : [403, "AccessDenied"]);
    }
    assert.equal((await objects.get(inJobs("damaged"), 10)).toString(), "old");
    assert.deepEqual(await temporaryFiles(), []);
    damage.destroy();
  });

  test("refuses wrong keys, wrong secrets, wrong clocks and no signature at all", async () => {
    const refusedWith = async (name: string, credentials: { accessKeyId: string; secretAccessKey: string }) => {
      const other = new S3Client({
        endpoint: store.endpoint,
        region: keys.region,
        credentials,
        forcePathStyle: true,
        maxAttempts: 1,
      });
      await assert.rejects(other.send(new ListObjectsV2Command({ Bucket: buckets.jobs })), { name });
      other.destroy();
    };
    await refusedWith("InvalidAccessKeyId", { ...keys, accessKeyId: "other" });
    await refusedWith("SignatureDoesNotMatch", { ...keys, secretAccessKey: "other" });
    for (const minutes of [-20, 20]) {
      mock.timers.enable({ apis: ["Date"], now: Date.now() + minutes * 60_000 });
      const url = new URL(await getUrl("skewed"));
      mock.timers.reset();
      const answer = await send(url.href);
      assert.equal(answer.status, 403);
      assert.match(answer.body.toString(), minutes > 0 ? /not yet valid/ : /Request has expired/);
    }
    for (const [method, path] of [
      ["GET", "/the-jobs?list-type=2"],
      ["GET", "/the-jobs/a"],
      ["PUT", "/the-jobs/a"],
      ["DELETE", "/the-jobs/a"],
      ["POST", "/the-jobs?delete"],
      ["PUT", "/new-bucket"],
    ] as const) {
      const { status, code } = await send(`${store.endpoint}${path}`, { method });
      assert.deepEqual([status, code], [403, "AccessDenied"], `${method} ${path}`);
    }
  });

  test("keeps whatever a key says inside its folder", async () => {
    await writeFile(join(folder.path, "secret"), "secret");
    const outside = await filesBelow(folder.path);
    const escaping = [
      "../../secret",
      "../../../secret",
      "..",
      ".",
      "/etc/passwd",
      "a/../../../secret",
      "..\\..\\secret",
      "\0",
      "a\0/..",
      "%2e%2e/%2e%2e/secret",
    ];
    for (const key of escaping) {
      assert.equal(await objects.head(inJobs(key)), undefined, key);
      await objects.put(inJobs(key), Buffer.from(key));
    }
    for (const key of escaping) assert.equal((await objects.get(inJobs(key), 100)).toString(), key);
    const below = join(folder.path, "store", "buckets", "the-jobs", "/");
    const written = (await filesBelow(folder.path)).filter((path) => !outside.includes(path));
    assert.equal(written.length, escaping.length);
    for (const path of written) assert.ok(path.startsWith(below), path);
    assert.equal(await readFile(join(folder.path, "secret"), "utf8"), "secret");
    for (const key of escaping) await objects.delete(inJobs(key));
    assert.deepEqual(await filesBelow(folder.path), outside, "and nothing of them is left");
  });

  test("takes no bucket for a folder, and no folder for a bucket", async () => {
    for (const Bucket of ["..", "temporary", "uploads", "the-jobs%2Fx", "No", "a"].map(encodeURIComponent)) {
      const elsewhere = connectObjects({
        buckets: { ...buckets, jobs: Bucket },
        endpoint: store.endpoint,
        region: keys.region,
        credentials: keys,
      });
      await assert.rejects(elsewhere.put(inJobs("x"), Buffer.from("x")), Bucket);
      elsewhere.close();
    }
  });

  test("groups a listing by folders on request", async () => {
    for (const key of ["group/a", "group/a/1", "group/a/2", "group/b/1", "group/c"])
      await objects.put(inJobs(key), Buffer.alloc(0));
    const list = (input: object) =>
      client.send(new ListObjectsV2Command({ Bucket: buckets.jobs, Prefix: "group/", Delimiter: "/", ...input }));
    const seen = async (input: object) => {
      const { Contents = [], CommonPrefixes = [] } = await list(input);
      return [Contents.map(({ Key }) => Key), CommonPrefixes.map(({ Prefix }) => Prefix)];
    };
    assert.deepEqual(await seen({}), [
      ["group/a", "group/c"],
      ["group/a/", "group/b/"],
    ]);
    assert.deepEqual(await seen({ Prefix: "group" }), [[], ["group/"]]);
    const all: string[] = [];
    for (let ContinuationToken: string | undefined, first = true; first || ContinuationToken; first = false) {
      const page = await list({ MaxKeys: 1, ContinuationToken });
      assert.equal(page.KeyCount, 1);
      all.push(page.Contents?.[0]?.Key ?? page.CommonPrefixes![0]!.Prefix!);
      ContinuationToken = page.NextContinuationToken;
    }
    assert.deepEqual(all, ["group/a", "group/a/", "group/b/", "group/c"]);
  });

  test("forgets a folder with the last object in it", async () => {
    await objects.put(inJobs("folder/of/one"), Buffer.alloc(0));
    await objects.delete(inJobs("folder/of/one"));
    assert.ok(!(await readdir(join(folder.path, "store", "buckets", "the-jobs"))).includes("folder"));
  });

  test("answers a browser of any origin, and lets it read what it has to know", async () => {
    const origin = "https://platform.example.org";
    const preflight = await send(await putUrl("cors"), {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "PUT",
        "access-control-request-headers": "content-type,x-custom",
      },
    });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get("access-control-allow-origin"), "*");
    assert.match(preflight.headers.get("access-control-allow-methods")!, /PUT/);
    assert.equal(preflight.headers.get("access-control-allow-headers"), "content-type,x-custom");
    const put = await send(await putUrl("cors"), { method: "PUT", headers: { origin }, body: "x" });
    assert.deepEqual([put.status, put.headers.get("access-control-allow-origin")], [200, "*"]);
    const refused = await send(`${store.endpoint}/the-jobs/cors`, { headers: { origin } });
    assert.deepEqual([refused.status, refused.headers.get("access-control-allow-origin")], [403, "*"]);
    assert.equal((await send(await getUrl("cors"))).headers.get("access-control-allow-origin"), null);
  });

  test("shows a page that was uploaded without letting it act for the platform", async () => {
    await objects.put(inJobs("page.html"), Buffer.from("<script>"), "text/html");
    const { headers } = await send(await getUrl("page.html"));
    assert.match(headers.get("content-security-policy")!, /^sandbox/);
    const asPage = await objects.signGet(inJobs("cors"), { seconds: 60, contentType: "image/svg+xml" });
    assert.match((await send(asPage)).headers.get("content-security-policy")!, /^sandbox/);
  });

  test("saves a reader what it has, and refuses to continue another object than it began", async () => {
    await objects.put(inJobs("conditional"), Buffer.from("0123456789"));
    const url = await getUrl("conditional");
    const etag = (await send(url)).headers.get("etag")!;
    const status = async (headers: Record<string, string>) => (await send(url, { headers })).status;
    assert.equal(await status({ "if-none-match": etag }), 304);
    assert.equal(await status({ "if-none-match": '"other"' }), 200);
    assert.equal(await status({ "if-match": etag }), 200);
    assert.equal(await status({ "if-match": '"other"' }), 412);
    assert.equal(await status({ "range": "bytes=1-2", "if-range": etag }), 206);
    assert.equal(await status({ "range": "bytes=1-2", "if-range": '"other"' }), 200);
  });

  test("reads ranges as S3 does", async () => {
    await objects.put(inJobs("ranges"), Buffer.from("0123456789"));
    const url = await getUrl("ranges");
    const read = async (range: string) => {
      const { status, body } = await send(url, { headers: { range } });
      return status < 300 ? `${status} ${body.toString()}` : status;
    };
    assert.equal(await read("bytes=0-0"), "206 0");
    assert.equal(await read("bytes=7-"), "206 789");
    assert.equal(await read("bytes=-3"), "206 789");
    assert.equal(await read("bytes=-30"), "206 0123456789");
    assert.equal(await read("bytes=5-99"), "206 56789");
    assert.equal(await read("bytes=10-"), 416);
    for (const ignored of ["bytes=3-2", "bytes=0-1,3-4", "lines=1-2", "bytes=-", "bytes=a-b"])
      assert.equal(await read(ignored), "200 0123456789", ignored);
  });

  test("takes only uploads that say how long they are", async () => {
    const put = request(await putUrl("endless"), { method: "PUT", headers: { "transfer-encoding": "chunked" } });
    put.write("x");
    put.end();
    const [response] = (await once(put, "response")) as [IncomingMessage];
    response.resume();
    assert.equal(response.statusCode, 411);
    const form = request(`${store.endpoint}/the-jobs`, {
      method: "POST",
      headers: { "content-type": "multipart/form-data; boundary=b", "transfer-encoding": "chunked" },
    });
    form.end("--b--\r\n");
    const [formResponse] = (await once(form, "response")) as [IncomingMessage];
    formResponse.resume();
    assert.equal(formResponse.statusCode, 411);
    const url = new URL(await putUrl("endless"));
    // A sender that announces more than S3 takes is refused before it has sent anything.
    const socket = connect(Number(url.port), url.hostname);
    socket.write(
      `PUT ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nContent-Length: ${6 * 1024 ** 3}\r\n\r\n`,
    );
    const [answer] = (await once(socket, "data")) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 400 [^]*<Code>EntityTooLarge<\/Code>/);
    socket.destroy();
  });

  test("treats a file that is not whole, as after a power failure, as no object, and lets it be put again", async () => {
    const bytes = randomBytes(1000);
    for (const key of ["torn/a", "torn/b"]) await objects.put(inJobs(key), bytes);
    const file = (await filesBelow(folder.path)).find((path) => path.includes("torn") && path.endsWith("a="))!;
    const log = mock.method(console, "error", () => undefined);
    for (const left of [Buffer.alloc(0), bytes]) {
      await writeFile(file, left);
      assert.equal(await objects.head(inJobs("torn/a")), undefined);
      const { objects: listed } = await objects.list(inJobs("torn/"));
      assert.deepEqual(
        listed.map(({ ref }) => ref.key),
        ["torn/b"],
      );
    }
    assert.ok(log.mock.callCount() > 0, "and says so in its log");
    log.mock.restore();
    await objects.put(inJobs("torn/a"), bytes);
    assert.deepEqual(await objects.get(inJobs("torn/a"), 1000), bytes);
  });

  test("says no to an upload so that the sender hears it, and asks for no body that it would refuse", async () => {
    const forged = `${await putUrl("refused")}0`;
    const { status } = await send(forged, { method: "PUT", body: new Uint8Array(20 * MiB) });
    assert.equal(status, 403);
    const expecting = request(forged, {
      method: "PUT",
      headers: { "content-length": 20 * MiB, "expect": "100-continue" },
    });
    let asked = false;
    expecting.on("continue", () => (asked = true));
    expecting.flushHeaders();
    const [response] = (await once(expecting, "response")) as [IncomingMessage];
    assert.deepEqual([response.statusCode, asked], [403, false]);
    expecting.destroy();
  });

  test("refuses a form as soon as it is too large, so that the sender hears it and can go on", async () => {
    const policy = await objects.signPost("jobs/1/", { seconds: 60, maxBytes: 1000, bucket: "jobs" });
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
    await assert.rejects(objects.upload(inJobs("failed"), failing()), /the source failed/);
    assert.deepEqual(await readdir(join(folder.path, "store", "uploads")), []);
  });

  test("drops an upload whose sender goes away, and keeps the object that was there", async () => {
    await objects.put(inJobs("left"), Buffer.from("old"));
    const put = await beginPut(await putUrl("left"), 10 * MiB, Buffer.alloc(MiB));
    await waitFor("the upload to have begun", async () => (await temporaryFiles()).length > 0);
    put.destroy();
    await waitFor("the upload to be gone", async () => (await temporaryFiles()).length === 0);
    assert.equal((await objects.get(inJobs("left"), 10)).toString(), "old");
  });

  test("holds uploads in parts to S3's rules", async () => {
    const target = { Bucket: buckets.jobs, Key: "parts" };
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(target));
    const send = async (PartNumber: number, size: number) => {
      const { ETag } = await client.send(
        new UploadPartCommand({ ...target, UploadId, PartNumber, Body: Buffer.alloc(size, PartNumber) }),
      );
      return { ETag, PartNumber };
    };
    const complete = (Parts: { ETag: string | undefined; PartNumber: number }[], change = {}) =>
      client.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts }, ...change }));
    const [small, first, second] = [await send(1, 10), await send(2, 5 * MiB), await send(9, 1)];
    await assert.rejects(complete([small, first]), { name: "EntityTooSmall" });
    await assert.rejects(complete([second, first]), { name: "InvalidPartOrder" });
    await assert.rejects(complete([{ ...first, ETag: second.ETag }]), { name: "InvalidPart" });
    await assert.rejects(complete([first, { ...second, PartNumber: 10 }]), { name: "InvalidPart" });
    await assert.rejects(complete([first], { Key: "other" }), { name: "NoSuchUpload" });
    await assert.rejects(complete([first], { UploadId: "../../temporary" }), { name: "NoSuchUpload" });
    await assert.rejects(send(0, 1));
    await assert.rejects(send(10_001, 1));
    assert.equal(await objects.head(inJobs("parts")), undefined);
    await complete([first, second]);
    assert.equal((await objects.head(inJobs("parts")))?.size, 5 * MiB + 1);
    await assert.rejects(complete([first]), { name: "NoSuchUpload" });
    assert.deepEqual(await readdir(join(folder.path, "store", "uploads")), []);
  });

  test("makes buckets that are asked for, and says of what it cannot do that it cannot", async () => {
    await client.send(new CreateBucketCommand({ Bucket: "another-bucket" }));
    await client.send(new HeadBucketCommand({ Bucket: "another-bucket" }));
    await assert.rejects(client.send(new CreateBucketCommand({ Bucket: "another-bucket" })), {
      name: "BucketAlreadyOwnedByYou",
    });
    await assert.rejects(client.send(new HeadBucketCommand({ Bucket: "no-such-bucket" })), { name: "NotFound" });
    await objects.put(inJobs("acl"), Buffer.alloc(0));
    const refused = { name: "NotImplemented" };
    await assert.rejects(client.send(new GetObjectAclCommand({ Bucket: buckets.jobs, Key: "acl" })), refused);
    await assert.rejects(
      client.send(new PutObjectCommand({ Bucket: buckets.jobs, Key: "acl", Body: "x", IfNoneMatch: "*" })),
      refused,
    );
    assert.equal((await objects.head(inJobs("acl")))?.size, 0);
  });
});

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
    assert.ok(performance.now() - ended < 3000, "it waited for connections that nobody uses");
    await assert.rejects(fetch(store.endpoint));
    objects.close();
    await folder.remove();
  });
});
