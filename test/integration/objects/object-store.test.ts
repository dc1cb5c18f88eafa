/** What only the platform's own object store promises of what it holds: who may ask, what keys are, what is read and listed. */
import {
  CreateBucketCommand,
  GetObjectAclCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test } from "@jest/globals";
import { startClock, stopClock } from "../../support/clock.ts";
import { writeLogTo } from "../../../lambdas/kernel/log.ts";
import { connectObjects } from "../../../lambdas/kernel/objects/objects.ts";
import { send } from "./http.ts";
import { buckets, filesBelow, inJobs, keys, openStore, type OpenStore } from "./store-lab.ts";

describe("the object store", () => {
  let lab: OpenStore;
  beforeAll(async () => {
    lab = await openStore();
  });
  afterAll(() => lab.close());

  test("refuses wrong keys, wrong secrets, wrong clocks and no signature at all", async () => {
    const refusedWith = async (name: string, credentials: { accessKeyId: string; secretAccessKey: string }) => {
      const other = new S3Client({
        endpoint: lab.endpoint,
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
      stopClock(Date.now() + minutes * 60_000);
      const url = new URL(await lab.getUrl("skewed"));
      startClock();
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
      const { status, code } = await send(`${lab.endpoint}${path}`, { method });
      assert.deepEqual([status, code], [403, "AccessDenied"], `${method} ${path}`);
    }
  });

  test("keeps whatever a key says inside its folder", async () => {
    await writeFile(join(lab.folder, "secret"), "secret");
    const outside = await filesBelow(lab.folder);
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
      assert.equal(await lab.objects.head(inJobs(key)), undefined, key);
      await lab.objects.put(inJobs(key), Buffer.from(key));
    }
    for (const key of escaping) assert.equal((await lab.objects.get(inJobs(key), 100)).toString(), key);
    const below = join(lab.folder, "store", "buckets", "the-jobs", "/");
    const written = (await filesBelow(lab.folder)).filter((path) => !outside.includes(path));
    assert.equal(written.length, escaping.length);
    for (const path of written) assert.ok(path.startsWith(below), path);
    assert.equal(await readFile(join(lab.folder, "secret"), "utf8"), "secret");
    for (const key of escaping) await lab.objects.delete(inJobs(key));
    assert.deepEqual(await filesBelow(lab.folder), outside, "and nothing of them is left");
  });

  test("takes no bucket for a folder, and no folder for a bucket", async () => {
    for (const Bucket of ["..", "temporary", "uploads", "the-jobs%2Fx", "No", "a"].map(encodeURIComponent)) {
      const elsewhere = connectObjects({
        buckets: { ...buckets, jobs: Bucket },
        endpoint: lab.endpoint,
        region: keys.region,
        credentials: keys,
      });
      await assert.rejects(elsewhere.put(inJobs("x"), Buffer.from("x")), Bucket);
      elsewhere.close();
    }
  });

  test("groups a listing by folders on request", async () => {
    for (const key of ["group/a", "group/a/1", "group/a/2", "group/b/1", "group/c"])
      await lab.objects.put(inJobs(key), Buffer.alloc(0));
    const list = (input: object) =>
      lab.client.send(new ListObjectsV2Command({ Bucket: buckets.jobs, Prefix: "group/", Delimiter: "/", ...input }));
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
    await lab.objects.put(inJobs("folder/of/one"), Buffer.alloc(0));
    await lab.objects.delete(inJobs("folder/of/one"));
    assert.ok(!(await readdir(join(lab.folder, "store", "buckets", "the-jobs"))).includes("folder"));
  });

  test("answers a browser of any origin, and lets it read what it has to know", async () => {
    const origin = "https://platform.example.org";
    const preflight = await send(await lab.putUrl("cors"), {
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
    const put = await send(await lab.putUrl("cors"), { method: "PUT", headers: { origin }, body: "x" });
    assert.deepEqual([put.status, put.headers.get("access-control-allow-origin")], [200, "*"]);
    const refused = await send(`${lab.endpoint}/the-jobs/cors`, { headers: { origin } });
    assert.deepEqual([refused.status, refused.headers.get("access-control-allow-origin")], [403, "*"]);
    assert.equal((await send(await lab.getUrl("cors"))).headers.get("access-control-allow-origin"), null);
  });

  test("shows a page that was uploaded without letting it act for the platform", async () => {
    await lab.objects.put(inJobs("page.html"), Buffer.from("<script>"), "text/html");
    const { headers } = await send(await lab.getUrl("page.html"));
    assert.match(headers.get("content-security-policy")!, /^sandbox/);
    const asPage = await lab.objects.signGet(inJobs("cors"), { seconds: 60, contentType: "image/svg+xml" });
    assert.match((await send(asPage)).headers.get("content-security-policy")!, /^sandbox/);
  });

  test("saves a reader what it has, and refuses to continue another object than it began", async () => {
    await lab.objects.put(inJobs("conditional"), Buffer.from("0123456789"));
    const url = await lab.getUrl("conditional");
    const etag = (await send(url)).headers.get("etag")!;
    const status = async (headers: Record<string, string>) => (await send(url, { headers })).status;
    assert.equal(await status({ "if-none-match": etag }), 304);
    assert.equal(await status({ "if-none-match": '"other"' }), 200);
    assert.equal(await status({ "if-match": etag }), 200);
    assert.equal(await status({ "if-match": '"other"' }), 412);
    assert.equal(await status({ range: "bytes=1-2", "if-range": etag }), 206);
    assert.equal(await status({ range: "bytes=1-2", "if-range": '"other"' }), 200);
  });

  test("reads ranges as S3 does", async () => {
    await lab.objects.put(inJobs("ranges"), Buffer.from("0123456789"));
    const url = await lab.getUrl("ranges");
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

  test("treats a file that is not whole, as after a power failure, as no object, and lets it be put again", async () => {
    const bytes = randomBytes(1000);
    for (const key of ["torn/a", "torn/b"]) await lab.objects.put(inJobs(key), bytes);
    const file = (await filesBelow(lab.folder)).find((path) => path.includes("torn") && path.endsWith("a="))!;
    const logged: string[] = [];
    writeLogTo((_level, line) => logged.push(line));
    for (const left of [Buffer.alloc(0), bytes]) {
      await writeFile(file, left);
      assert.equal(await lab.objects.head(inJobs("torn/a")), undefined);
      const { objects: listed } = await lab.objects.list(inJobs("torn/"));
      assert.deepEqual(
        listed.map(({ ref }) => ref.key),
        ["torn/b"],
      );
    }
    assert.match(logged.join("\n"), /"event":"store.damaged"/, "and says so in its log");
    await lab.objects.put(inJobs("torn/a"), bytes);
    assert.deepEqual(await lab.objects.get(inJobs("torn/a"), 1000), bytes);
  });

  test("makes buckets that are asked for, and says of what it cannot do that it cannot", async () => {
    await lab.client.send(new CreateBucketCommand({ Bucket: "another-bucket" }));
    await lab.client.send(new HeadBucketCommand({ Bucket: "another-bucket" }));
    await assert.rejects(lab.client.send(new CreateBucketCommand({ Bucket: "another-bucket" })), {
      name: "BucketAlreadyOwnedByYou",
    });
    await assert.rejects(lab.client.send(new HeadBucketCommand({ Bucket: "no-such-bucket" })), { name: "NotFound" });
    await lab.objects.put(inJobs("acl"), Buffer.alloc(0));
    const refused = { name: "NotImplemented" };
    await assert.rejects(lab.client.send(new GetObjectAclCommand({ Bucket: buckets.jobs, Key: "acl" })), refused);
    await assert.rejects(
      lab.client.send(new PutObjectCommand({ Bucket: buckets.jobs, Key: "acl", Body: "x", IfNoneMatch: "*" })),
      refused,
    );
    assert.equal((await lab.objects.head(inJobs("acl")))?.size, 0);
  });
});
