import assert from "node:assert/strict";
import { describe, test } from "@jest/globals";
import fc from "fast-check";
import { readAll } from "../../../local/object-store/byte-reader.ts";
import type { S3Error } from "../../../local/object-store/errors.ts";
import { checkPolicy, readForm, withinRange } from "../../../local/object-store/form-upload.ts";

const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
const ours = { bucket: "jobs" };

function check(conditions: unknown[], fields: Record<string, string>, expiration: unknown = inAnHour) {
  const policy = Buffer.from(JSON.stringify({ expiration, conditions })).toString("base64");
  return checkPolicy(policy, new Map(Object.entries({ policy, "x-amz-signature": "s", ...fields })), "jobs");
}

const denied = (message: RegExp) => (error: S3Error) => error.code === "AccessDenied" && message.test(error.message);

describe("a POST policy", () => {
  test("allows a form that meets each of its conditions", () => {
    const conditions = [
      ours,
      ["starts-with", "$key", "jobs/1/"],
      ["eq", "$X-Amz-Date", "today"],
      { "x-amz-algorithm": "AWS4" },
      ["starts-with", "$Content-Type", ""],
      ["content-length-range", 1, 100],
    ];
    const fields = {
      key: "jobs/1/a",
      "x-amz-date": "today",
      "x-amz-algorithm": "AWS4",
      "content-type": "text/plain",
    };
    assert.deepEqual(check(conditions, fields), { minBytes: 1, maxBytes: 100 });
  });

  test("refuses a form that misses one of them", () => {
    const failed = denied(/Policy Condition failed/);
    const prefix = ["starts-with", "$key", "jobs/1/"];
    assert.throws(() => check([ours, prefix], { key: "jobs/2/a" }), failed);
    assert.throws(() => check([ours, prefix], { key: "jobs/1" }), failed);
    assert.throws(() => check([ours, ["eq", "$key", "a"]], { key: "ab" }), failed);
    assert.throws(() => check([{ bucket: "uploads" }], {}), failed);
    assert.throws(() => check([ours, ["starts-with", "$Content-Type", ""]], {}), failed, "a field it names is needed");
    assert.throws(() => check([ours, ["ends-with", "$key", "a"]], { key: "a" }), failed, "an unknown condition fails");
    assert.throws(() => check([ours, ["content-length-range", 0, "x"]], {}), failed);
  });

  test("refuses fields that it does not name, and has to name the bucket", () => {
    assert.throws(() => check([ours], { acl: "public-read" }), denied(/Extra input fields: acl/));
    assert.doesNotThrow(() => check([ours], { "x-ignore-this": "1" }));
    assert.throws(() => check([], {}), denied(/bucket/));
  });

  test("refuses every form from its expiration on", () => {
    assert.throws(() => check([ours], {}, new Date(Date.now() - 1).toISOString()), denied(/expired/));
    assert.throws(() => check([ours], {}, "never"), denied(/expired/));
  });

  test("that is not well formed is refused as such", () => {
    const invalid = (error: S3Error) => error.code === "InvalidPolicyDocument";
    assert.throws(() => check([ours], {}, 1), invalid);
    assert.throws(() => check([1], {}), invalid);
    for (const text of ["", "{", "null", "[]"])
      assert.throws(() => checkPolicy(Buffer.from(text).toString("base64"), new Map(), "jobs"), invalid);
  });

  test("narrows to the smallest of several length ranges", () => {
    const ranges = [
      ["content-length-range", 0, 100],
      ["content-length-range", 5, 50],
    ];
    assert.deepEqual(check([ours, ...ranges], {}), { minBytes: 5, maxBytes: 50 });
  });
});

describe("a form", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 20 });
  const name = fc.stringMatching(/^[a-z][a-z-]{0,9}$/).filter((one) => one !== "file");

  test("as fetch sends it is read as it was: fields, then the name and the bytes of the file", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(name, text),
        text,
        fc.uint8Array({ maxLength: 2000 }),
        async (fields, fileName, bytes) => {
          const form = new FormData();
          for (const [field, value] of Object.entries(fields)) form.append(field, value);
          form.append("file", new Blob([bytes]), fileName);
          form.append("after", "is ignored");
          const request = new Request("http://localhost/", { method: "POST", body: form });
          const body = request.body as unknown as AsyncIterable<Uint8Array>;
          const chunks = (async function* () {
            for await (const chunk of body) yield Buffer.from(chunk);
          })();
          const read = await readForm(request.headers.get("content-type")!, chunks);
          const normalized = Object.entries(fields).map(([field, value]) => [
            field,
            value.replace(/\r\n|\r|\n/g, "\r\n"),
          ]);
          assert.deepEqual([...read.fields], normalized);
          assert.equal(
            read.fileName,
            fileName.replace(/[\r\n]/g, (c) => encodeURIComponent(c)),
          );
          assert.deepEqual(await readAll(read.file, 10_000), Buffer.from(bytes));
        },
      ),
    );
  });

  const read = (body: string) =>
    readForm(
      "multipart/form-data; boundary=b",
      (async function* () {
        yield Buffer.from(body);
      })(),
    );
  const field = (one: string, value: string) =>
    `--b\r\nContent-Disposition: form-data; name="${one}"\r\n\r\n${value}\r\n`;

  test("without a file, with a field twice, or with more fields than it is worth reading is refused", async () => {
    await assert.rejects(read(`${field("key", "a")}--b--\r\n`), /exactly one file/);
    await assert.rejects(read(`${field("key", "a")}${field("key", "b")}--b--\r\n`), /more than once/);
    await assert.rejects(read(`${field("key", "a".repeat(100_000))}--b--\r\n`), /too big/);
    const many = Array.from({ length: 5000 }, (_, at) => field(`x-ignore-${at}`, "")).join("");
    await assert.rejects(read(`${many}--b--\r\n`), /too big/);
    await assert.rejects(read("nothing of the kind"), /ended before/);
  });
});

describe("a range of sizes", () => {
  const pass = (minBytes: number, maxBytes: number, size: number) =>
    readAll(
      withinRange(
        (async function* () {
          for (let at = 0; at < size; at += 1) yield Buffer.from("x");
        })(),
        { minBytes, maxBytes },
      ),
      1000,
    );

  test("takes its ends and nothing beyond", async () => {
    assert.equal((await pass(2, 4, 2)).length, 2);
    assert.equal((await pass(2, 4, 4)).length, 4);
    await assert.rejects(pass(2, 4, 1), (error: S3Error) => error.code === "EntityTooSmall");
    await assert.rejects(pass(2, 4, 5), (error: S3Error) => error.code === "EntityTooLarge");
  });
});
