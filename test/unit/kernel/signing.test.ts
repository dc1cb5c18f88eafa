import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import type { ObjectRef } from "../../../contract/job.ts";
import { connectObjects } from "../../../lambdas/kernel/objects/objects.ts";

const inJobs = (key: string): ObjectRef => ({ bucket: "jobs", key });
const inUploads = (key: string): ObjectRef => ({ bucket: "uploads", key });

describe("signing of requests to the object store", () => {
  const options = { region: "eu-central-1", credentials: { accessKeyId: "key", secretAccessKey: "secret" } };
  const buckets = { uploads: "the-uploads", jobs: "the-jobs" };

  it("asks nothing of any server", async () => {
    // Nothing listens on port 1, so whatever is sent there fails.
    const objects = connectObjects({ ...options, buckets, endpoint: "http://127.0.0.1:1" });
    assert.match(await objects.signGet(inJobs("a"), { seconds: 60 }), /^http:\/\/127\.0\.0\.1:1\/the-jobs\/a\?/);
    await objects.signPut(inJobs("a"), { seconds: 60 });
    await objects.signPost("a/", { seconds: 60, maxBytes: 1, bucket: "jobs" });
  });

  it("covers neither content type nor checksum of a PUT, so that any client can send it", async () => {
    const objects = connectObjects({ ...options, buckets });
    const url = new URL(await objects.signPut(inUploads("a"), { seconds: 60 }));
    assert.equal(url.searchParams.get("X-Amz-SignedHeaders"), "host");
    assert.deepEqual(
      [...url.searchParams.keys()].filter((name) => /checksum|content-type/i.test(name)),
      [],
    );
  });

  it("without an endpoint is for AWS's, with the bucket in the host name", async () => {
    const objects = connectObjects({ ...options, buckets });
    assert.match(
      await objects.signGet(inJobs("a"), { seconds: 60 }),
      /^https:\/\/the-jobs\.s3\.eu-central-1\.amazonaws\.com\/a\?/,
    );
    const { url } = await objects.signPost("a/", { seconds: 60, maxBytes: 1, bucket: "jobs" });
    assert.equal(url, "https://the-jobs.s3.eu-central-1.amazonaws.com/");
  });

  it("refuses a prefix that another could begin with", async () => {
    const objects = connectObjects({ ...options, buckets });
    await assert.rejects(
      objects.signPost("jobs/1", { seconds: 60, maxBytes: 1, bucket: "jobs" }),
      /has to end in "\/"/,
    );
  });
});
