/**
 * The adapter over S3, held to the same rules over the platform's own object store and over S3 servers of others:
 * fauxqs always, and any other that S3_TEST_ENDPOINT names. The strongest that a package registry has is the Versity
 * gateway, which checks signatures and POST policies as S3 does:
 *
 *     GOBIN=$HOME/.cache/versitygw go install github.com/versity/versitygw/cmd/versitygw@v1.8.0
 *     mkdir -p /tmp/versitygw && ROOT_ACCESS_KEY=key ROOT_SECRET_KEY=secret \
 *       $HOME/.cache/versitygw/versitygw --port 127.0.0.1:17070 posix /tmp/versitygw &
 *     S3_TEST_ENDPOINT=http://127.0.0.1:17070 S3_TEST_SERVER=versitygw S3_TEST_ACCESS_KEY_ID=key \
 *       S3_TEST_SECRET_ACCESS_KEY=secret npm test -- storage/adapter
 *
 * S3_TEST_SERVER chooses what the server is known not to do (servers.ts); without it all of S3 is expected of it.
 */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, test } from "@jest/globals";
import { fileName } from "../../../lambdas/kernel/objects/file-name.ts";
import { startClock, stopClock } from "../../support/clock.ts";
import fc from "fast-check";
import type { ObjectRef } from "../../../contract/job.ts";
import {
  ObjectChanged,
  ObjectMissing,
  ObjectTooLarge,
  type Objects,
  connectObjects,
} from "../../../lambdas/kernel/objects/objects.ts";
import { post, send } from "./http.ts";
import { type RunningServer, servers } from "./servers.ts";

const MiB = 1024 ** 2;
const inJobs = (key: string): ObjectRef => ({ bucket: "jobs", key });
const inUploads = (key: string): ObjectRef => ({ bucket: "uploads", key });
const md5 = (bytes: Buffer) => createHash("md5").update(bytes).digest("hex");
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Signs as if it were some time ago. */
async function ago<T>(seconds: number, sign: () => Promise<T>): Promise<T> {
  stopClock(Date.now() - seconds * 1000);
  try {
    return await sign();
  } finally {
    startClock();
  }
}

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

for (const { name, start } of servers())
  describe(`the objects over ${name}`, () => {
    let server: RunningServer;
    let objects: Objects;
    beforeAll(async () => {
      server = await start();
      objects = server.objects;
    });
    afterAll(() => server.stop());

    test("come back as they were put, with the content type they were put with", async () => {
      const bytes = randomBytes(100_000);
      await objects.put(inJobs("put/buffer"), bytes, "application/zip");
      assert.deepEqual(await objects.get(inJobs("put/buffer"), bytes.length), bytes);
      assert.deepEqual(await objects.head(inJobs("put/buffer")), { size: bytes.length, etag: md5(bytes) });
      const { headers } = await send(await objects.signGet(inJobs("put/buffer"), { seconds: 60 }));
      assert.equal(headers.get("content-type"), "application/zip");
    });

    test("can be put from a stream whose length is known, and read as one", async () => {
      const bytes = randomBytes(3 * MiB);
      await objects.put(inJobs("put/stream"), { stream: Readable.from(pieces(bytes, 70_000)), length: bytes.length });
      const read = await objects.getStream(inJobs("put/stream"));
      assert.equal(md5(Buffer.concat(await read.toArray())), md5(bytes));
      const part = await objects.getStream(inJobs("put/stream"), { start: 5, end: 2 * MiB });
      assert.equal(md5(Buffer.concat(await part.toArray())), md5(bytes.subarray(5, 2 * MiB)));
    });

    test("are replaced by a later put", async () => {
      for (const text of ["first", "second, longer", "3"]) await objects.put(inJobs("put/again"), Buffer.from(text));
      assert.equal((await objects.get(inJobs("put/again"), 100)).toString(), "3");
    });

    test("that are not there are missing, each call in its own way", async () => {
      const ref = inJobs("missing");
      const missing = (error: unknown) =>
        error instanceof ObjectMissing && (error.code as string) === "OBJECT_MISSING" && error.ref === ref;
      assert.equal(await objects.head(ref), undefined);
      await assert.rejects(objects.get(ref, 1), missing);
      await assert.rejects(objects.getStream(ref), missing);
      await assert.rejects(objects.getRange(ref, 0, 1), missing);
      await assert.rejects(objects.copy(ref, { size: 1, etag: md5(Buffer.from("a")) }, inJobs("copy")), missing);
      await objects.delete(ref);
      await objects.deleteMany([ref]);
      assert.equal((await send(await objects.signGet(ref, { seconds: 60 }))).status, 404);
    });

    test("larger than the reader can hold are refused before they are read", async () => {
      await objects.put(inJobs("large"), Buffer.alloc(11));
      await assert.rejects(objects.get(inJobs("large"), 10), (error) => error instanceof ObjectTooLarge);
      assert.equal((await objects.get(inJobs("large"), 11)).length, 11);
    });

    test("in a bucket that is not there are a mistake, not missing objects", async () => {
      const elsewhere = connectObjects({
        ...server.options,
        buckets: { uploads: "no-such-bucket", jobs: "no-such-bucket" },
      });
      await assert.rejects(elsewhere.get(inJobs("a"), 1), { name: "NoSuchBucket" });
      elsewhere.close();
    });

    test("give any range of their bytes, and nothing at or after their end", async () => {
      const bytes = randomBytes(1000);
      await objects.put(inJobs("range"), bytes);
      await objects.put(inJobs("range-empty"), Buffer.alloc(0));
      const offset = fc.integer({ min: 0, max: 1100 });
      await fc.assert(
        fc.asyncProperty(offset, offset, async (from, to) => {
          assert.deepEqual(await objects.getRange(inJobs("range"), from, to), bytes.subarray(from, Math.max(from, to)));
        }),
        {
          numRuns: 40,
          examples: [
            [0, 1000],
            [999, 1000],
            [1000, 1001],
            [999, 1100],
          ],
        },
      );
      assert.equal((await objects.getRange(inJobs("range-empty"), 0, 10)).length, 0);
    });

    test("of a length that shows at the end are uploaded whole, in one part or in many", async () => {
      for (const size of [0, 1, 8 * MiB, 8 * MiB + 1, 20 * MiB]) {
        const bytes = randomBytes(size);
        assert.equal(await objects.upload(inJobs("upload"), pieces(bytes, 100_003), "text/plain"), size);
        const read = Buffer.concat(await (await objects.getStream(inJobs("upload"))).toArray());
        assert.equal(md5(read), md5(bytes), `${size} bytes`);
        assert.equal((await objects.head(inJobs("upload")))?.size, size);
      }
    });

    test("stay as they were when the source of an upload fails", async () => {
      await objects.put(inJobs("upload-fails"), Buffer.from("old"));
      const failing = async function* (parts: number) {
        for (let part = 0; part < parts; part += 1) yield Buffer.alloc(8 * MiB);
        throw new Error("the source failed");
      };
      for (const parts of [0, 1, 3])
        await assert.rejects(objects.upload(inJobs("upload-fails"), failing(parts)), /the source failed/);
      assert.equal((await objects.get(inJobs("upload-fails"), 10)).toString(), "old");
    });

    test("that others upload in parts, in any order, by signed URLs, are made of the parts that were received", async () => {
      const { parts } = objects;
      const ref = inUploads("parts/ä 1");
      const id = await parts.begin(ref, "application/zip");
      const bytes = [randomBytes(5 * MiB), randomBytes(6 * MiB), randomBytes(3)];
      if (!server.can.listParts) return assert.rejects(parts.received(ref, id), { name: "NoSuchKey" });
      assert.deepEqual(await parts.received(ref, id), []);
      for (const number of [3, 1, 2, 2]) {
        const url = await parts.sign(ref, id, number, { seconds: 60 });
        const { status } = await send(url, { method: "PUT", body: new Uint8Array(bytes[number - 1]!) });
        assert.equal(status, 200);
      }
      const received = (await parts.received(ref, id))!;
      assert.deepEqual(
        received,
        bytes.map((part, at) => ({ number: at + 1, size: part.length, etag: md5(part) })),
      );
      assert.equal(await objects.head(ref), undefined);
      await parts.complete(ref, id, received);
      assert.equal(md5(await objects.get(ref, 20 * MiB)), md5(Buffer.concat(bytes)));
      assert.equal(await parts.received(ref, id), undefined);
    });

    test("begun in parts and given up are gone, however often", async () => {
      const ref = inUploads("parts/2");
      const id = await objects.parts.begin(ref, "application/zip");
      await send(await objects.parts.sign(ref, id, 1, { seconds: 60 }), { method: "PUT", body: "x" });
      for (let time = 0; time < 2; time += 1) await objects.parts.abort(ref, id);
      if (server.can.listParts) assert.equal(await objects.parts.received(ref, id), undefined);
      assert.equal(await objects.head(ref), undefined);
    });

    test("are made of a range of another, unless that is missing or has been replaced", async () => {
      const from = inUploads("ranges/ö from");
      const to = inJobs("ranges/to");
      const bytes = randomBytes(8 * MiB);
      await objects.put(from, bytes);
      const range = { start: 1000, end: 1000 + 6 * MiB, etag: md5(bytes) };
      let moved = 0;
      const options = { contentType: "text/csv", moved: async (size: number) => void (moved += size) };
      await objects.parts.copyRange(from, range, to, options);
      assert.equal(moved, 6 * MiB);
      assert.equal(md5(await objects.get(to, 20 * MiB)), md5(bytes.subarray(range.start, range.end)));
      const { headers } = await send(await objects.signGet(to, { seconds: 60 }), { headers: { range: "bytes=0-0" } });
      assert.equal(headers.get("content-type"), "text/csv");
      const { etag: before } = (await objects.head(to))!;
      const other = { ...range, etag: md5(Buffer.from("other")) };
      const copying = objects.parts.copyRange(from, other, to, options);
      if (server.can.conditionalCopies) await assert.rejects(copying, (error) => error instanceof ObjectChanged);
      else await copying;
      await assert.rejects(objects.getStream(from, other), (error) => error instanceof ObjectChanged);
      const missing = objects.parts.copyRange(inUploads("ranges/missing"), range, to, options);
      await assert.rejects(missing, (error) => error instanceof ObjectMissing);
      assert.equal((await objects.head(to))?.etag, before);
    });

    test("are copied within and between buckets, their content type with them, unless they were replaced", async () => {
      const from = inUploads("copy/ä b+c%2F.zip");
      await objects.put(from, Buffer.from("content"), "application/zip");
      const info = (await objects.head(from))!;
      for (const to of [inUploads("copy/2"), inJobs("copy/3"), inJobs("copy/3")]) {
        await objects.copy(from, info, to);
        const { headers, body } = await send(await objects.signGet(to, { seconds: 60 }));
        assert.equal(body.toString(), "content");
        assert.equal(headers.get("content-type"), "application/zip");
      }
      if (!server.can.conditionalCopies) return;
      await objects.put(from, Buffer.from("replaced"), "application/zip");
      await assert.rejects(objects.copy(from, info, inJobs("copy/3")), (error) => error instanceof ObjectChanged);
      assert.equal((await objects.get(inJobs("copy/3"), 100)).toString(), "content");
    });

    test("can have any key that S3 takes", async () => {
      const part = server.can.anyKey
        ? fc.oneof(
            fc.string({ unit: "grapheme", minLength: 1, maxLength: 10 }),
            fc.constantFrom("..", ".", "", "a".repeat(400)),
          )
        : fc.string({ unit: fc.constantFrom(..."aZ09 +%&=?#ü😀'\"<>;:@"), minLength: 1, maxLength: 20 });
      const key = fc
        .array(part, { minLength: 1, maxLength: 4 })
        .map((parts) => `any/${parts.join("/")}`)
        .filter((text) => Buffer.byteLength(text) <= 1024);
      await fc.assert(
        fc.asyncProperty(key, async (text) => {
          const ref = inJobs(text);
          await objects.put(ref, Buffer.from(text));
          assert.equal((await objects.get(ref, 2000)).toString(), text);
          // A client that follows the URL standard, as fetch does, resolves these in any URL before it sends it.
          if (!text.split("/").some((one) => one === "." || one === ".."))
            assert.equal((await send(await objects.signGet(ref, { seconds: 60 }))).body.toString(), text);
          const { objects: listed } = await objects.list(ref);
          assert.equal(listed[0]?.ref.key, text);
          await objects.delete(ref);
          assert.equal(await objects.head(ref), undefined);
        }),
        { numRuns: 25 },
      );
    });

    test("are listed in the order of the bytes of their keys, a page at a time", async () => {
      const keys = ["", "A", "a", "a-b", "a/", "a/1", "a/b/c", "a0", "ab", "～", "😀"].map((text) => `list/x${text}`);
      const taken = keys.filter(
        (key) =>
          (server.can.anyKey || !key.startsWith("list/xa/")) && (server.can.byteOrder || /^[a-z0-9/-]*$/.test(key)),
      );
      for (const key of [...taken, "list", "list0"])
        await objects.put(inJobs(key === "list" ? "lis" : key), Buffer.from(key));
      const sorted = [...taken].sort(byBytes);
      for (const limit of [1, 3, 1000]) {
        const found: string[] = [];
        for (let truncated = true; truncated;) {
          const startAfter = found.at(-1);
          const page = await objects.list(inJobs("list/"), {
            limit,
            ...(startAfter === undefined ? {} : { startAfter }),
          });
          assert.ok(page.objects.length <= limit && page.objects.length > 0);
          found.push(...page.objects.map(({ ref }) => ref.key));
          truncated = page.truncated;
        }
        assert.deepEqual(found, sorted);
      }
      const { objects: after } = await objects.list(inJobs("list/xa"), { startAfter: "list/xa-b" });
      assert.deepEqual(
        after.map(({ ref }) => ref.key),
        sorted.filter((key) => key.startsWith("list/xa") && byBytes(key, "list/xa-b") > 0),
      );
      assert.equal(after[0]?.size, Buffer.byteLength(after[0]!.ref.key));
      assert.ok(Math.abs(after[0].modified.getTime() - Date.now()) < 60_000);
    });

    test("are deleted many at a time, in both buckets, and no others", async () => {
      const refs = Array.from({ length: 1003 }, (_, at) => (at % 100 === 0 ? inUploads : inJobs)(`many/${at}`));
      const left = [...refs, inJobs("many-more")];
      const put = async () => {
        for (let ref = left.pop(); ref; ref = left.pop()) await objects.put(ref, Buffer.from("x"));
      };
      await Promise.all(Array.from({ length: 8 }, put));
      await objects.deleteMany([...refs, inJobs("many/never-there")]);
      assert.deepEqual((await objects.list(inJobs("many/"))).objects, []);
      assert.deepEqual((await objects.list(inUploads("many/"))).objects, []);
      assert.ok(await objects.head(inJobs("many-more")));
    });

    test("put by many at once end as one of them, and are whole at any time", async () => {
      const versions = Array.from({ length: 16 }, (_, at) => Buffer.alloc(300_000 + at, at));
      const whole = new Set(versions.map(md5));
      const ref = inJobs("contended");
      await objects.put(ref, versions[0]!);
      let writing = true;
      const readers = Array.from({ length: 4 }, async () => {
        do assert.ok(whole.has(md5(await objects.get(ref, MiB))));
        while (writing);
      });
      await Promise.all(versions.map((bytes) => objects.put(ref, bytes)));
      writing = false;
      await Promise.all(readers);
      const last = await objects.get(ref, MiB);
      assert.deepEqual(await objects.head(ref), { size: last.length, etag: md5(last) });
    });

    test("are downloaded by a signed URL, under the name and as the type it says", async () => {
      await objects.put(inJobs("signed"), Buffer.from("0123456789"), "text/plain");
      const downloadName = 'scores "final" ä/\\\r\n😀.csv';
      const url = await objects.signGet(inJobs("signed"), { seconds: 60, downloadName, contentType: "text/csv" });
      const { status, headers, body } = await send(url);
      assert.equal(status, 200);
      assert.equal(body.toString(), "0123456789");
      assert.equal(server.can.overrides, headers.get("content-type") === "text/csv");
      const disposition = headers.get("content-disposition") ?? "";
      assert.equal(server.can.overrides, /^attachment; filename="scores _final_ [^"]+\.csv"; /.test(disposition));
      if (server.can.overrides)
        assert.equal(decodeURIComponent(disposition.split("UTF-8''")[1]!), fileName(downloadName));
      const part = await send(url, { headers: { range: "bytes=2-4" } });
      assert.equal(part.status, 206);
      assert.equal(part.headers.get("content-range"), "bytes 2-4/10");
      assert.equal(part.body.toString(), "234");
      assert.equal((await send(url, { headers: { range: "bytes=10-" } })).status, 416);
    });

    test("are uploaded by a signed URL with any content type or none, and 200 is the answer", async () => {
      const url = await objects.signPut(inUploads("signed put"), { seconds: 60 });
      for (const type of [
        "application/zip",
        "text/plain; charset=utf-8",
        "application/json",
        "application/x-www-form-urlencoded",
        undefined,
      ]) {
        const body = new Uint8Array(Buffer.from(`not really ${type}`));
        const { status } = await send(url, {
          method: "PUT",
          body,
          ...(type === undefined ? {} : { headers: { "content-type": type } }),
        });
        if (!server.can.anyContentType && type === "application/x-www-form-urlencoded") {
          assert.equal(status, 500);
          continue;
        }
        assert.equal(status, 200, type);
        assert.deepEqual(await objects.get(inUploads("signed put"), 100), Buffer.from(body));
      }
    });

    test("cannot be reached by a URL whose signature, key or method was changed", async () => {
      const ref = inJobs("forged/a");
      await objects.put(ref, Buffer.from("secret"));
      await objects.put(inJobs("forged/b"), Buffer.from("other"));
      const get = await objects.signGet(ref, { seconds: 60 });
      const put = await objects.signPut(ref, { seconds: 60 });
      const flipped = get.replace(
        /(X-Amz-Signature=.{63})(.)/,
        (_, most: string, last: string) => most + (last === "0" ? "1" : "0"),
      );
      const attempts: [string, RequestInit][] = [
        [flipped, {}],
        [get.replace("forged/a", "forged/b"), {}],
        [get.replace(/X-Amz-Expires=60/, "X-Amz-Expires=61"), {}],
        [get, { method: "PUT", body: "overwritten" }],
        [put, {}],
        [put, { method: "DELETE" }],
        [get.split("?")[0]!, {}],
      ];
      for (const [url, init] of attempts) {
        const { status, code } = await send(url, init);
        if (!server.can.signatures) assert.notEqual(status, 403, "a server that checks no signature");
        else assert.deepEqual([status, code], [403, url.includes("?") ? "SignatureDoesNotMatch" : "AccessDenied"]);
      }
      if (server.can.signatures) assert.equal((await objects.get(ref, 10)).toString(), "secret");
    });

    test("cannot be read by adding a copy source to a signed PUT", async () => {
      await objects.put(inJobs("copied/secret"), Buffer.from("secret"));
      const url = await objects.signPut(inUploads("copied/stolen"), { seconds: 60 });
      const source = `${server.options.buckets.jobs}/copied/secret`;
      const { status } = await send(url, { method: "PUT", headers: { "x-amz-copy-source": source } });
      assert.equal(server.can.signatures, status === 403, `answered ${status}`);
    });

    test("cannot be reached by a URL that has expired", async () => {
      await objects.put(inJobs("expired"), Buffer.from("old"));
      const get = await ago(100, () => objects.signGet(inJobs("expired"), { seconds: 60 }));
      const put = await ago(100, () => objects.signPut(inJobs("expired"), { seconds: 60 }));
      for (const { status, code } of [await send(get), await send(put, { method: "PUT", body: "new" })]) {
        if (server.can.expiry) assert.deepEqual([status, code], [403, "AccessDenied"]);
        else assert.equal(status, 200, "a server that checks no expiry");
      }
      const valid = await ago(30, () => objects.signGet(inJobs("expired"), { seconds: 60 }));
      assert.equal((await send(valid)).status, 200);
    });

    test("are uploaded by a form under its prefix, with the content type of the form", async () => {
      const policy = await objects.signPost("jobs/1/", { seconds: 60, maxBytes: 100_000, bucket: "jobs" });
      assert.equal(policy.keyPrefix, "jobs/1/");
      assert.equal(policy.maxBytes, 100_000);
      const bytes = randomBytes(100_000);
      assert.equal((await post(policy, "jobs/1/prediction/output.zip", bytes)).status, 204);
      assert.equal((await post(policy, "jobs/1/a.html", Buffer.alloc(0), { "Content-Type": "text/html" })).status, 204);
      assert.deepEqual(await objects.get(inJobs("jobs/1/prediction/output.zip"), 100_000), bytes);
      const { headers } = await send(await objects.signGet(inJobs("jobs/1/a.html"), { seconds: 60 }));
      assert.equal(headers.get("content-type"), "text/html");
    });

    test("cannot be uploaded by a form outside its prefix, larger than it says, or with its policy changed", async () => {
      const sign = () => objects.signPost("jobs/2/", { seconds: 60, maxBytes: 1000, bucket: "jobs" });
      const policy = await sign();
      const small = Buffer.from("x");
      const wider = Buffer.from(JSON.stringify({ expiration: "2099-01-01T00:00:00Z", conditions: [] })).toString(
        "base64",
      );
      const refusals: [what: string, status: number, code: string, key: string, answer: ReturnType<typeof post>][] = [
        ["another attempt's prefix", 403, "AccessDenied", "jobs/3/a", post(policy, "jobs/3/a", small)],
        ["a prefix that only begins alike", 403, "AccessDenied", "jobs/22/a", post(policy, "jobs/22/a", small)],
        ["too large", 400, "EntityTooLarge", "jobs/2/large", post(policy, "jobs/2/large", Buffer.alloc(1001))],
        ["a field more", 403, "AccessDenied", "jobs/2/acl", post(policy, "jobs/2/acl", small, { acl: "public-read" })],
        [
          "a changed policy",
          403,
          "SignatureDoesNotMatch",
          "jobs/2/forged",
          post(policy, "jobs/2/forged", small, { Policy: wider }),
        ],
        ["an expired policy", 403, "AccessDenied", "jobs/2/late", post(await ago(100, sign), "jobs/2/late", small)],
      ];
      for (const [what, status, code, key, answer] of refusals) {
        const received = await answer;
        if (!server.can.policies)
          assert.ok(received.status < 300, `a server that checks no policy answered ${received.status}`);
        else {
          assert.deepEqual([received.status, received.code], [status, code], what);
          assert.equal(await objects.head(inJobs(key)), undefined, what);
        }
      }
    });

    test("cannot be uploaded to another bucket by a form", async () => {
      const policy = await objects.signPost("jobs/4/", { seconds: 60, maxBytes: 1000, bucket: "jobs" });
      const url = policy.url.replace(server.options.buckets.jobs, server.options.buckets.uploads);
      assert.notEqual(url, policy.url);
      const { status } = await post({ ...policy, url }, "jobs/4/a", Buffer.from("x"));
      assert.equal(server.can.policies, status === 403, `answered ${status}`);
    });

    test("are signed for the public endpoint, which may have another name", async () => {
      const publicEndpoint = server.options.endpoint.replace("127.0.0.1", "localhost");
      const outside = connectObjects({ ...server.options, publicEndpoint });
      const ref = inJobs("public/a");
      await outside.put(ref, Buffer.from("x"));
      const get = await outside.signGet(ref, { seconds: 60 });
      assert.ok(get.startsWith(`${publicEndpoint}/${server.options.buckets.jobs}/public/a?`));
      assert.equal((await send(get)).status, 200);
      assert.equal((await send(await outside.signPut(ref, { seconds: 60 }), { method: "PUT", body: "y" })).status, 200);
      const policy = await outside.signPost("public/", { seconds: 60, maxBytes: 10, bucket: "jobs" });
      assert.ok(policy.url.startsWith(publicEndpoint));
      assert.equal((await post(policy, "public/b", Buffer.from("z"))).status, 204);
      outside.close();
    });
  });
