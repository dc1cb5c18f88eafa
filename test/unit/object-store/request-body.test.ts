import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "@jest/globals";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { readAll } from "../../../local/object-store/byte-reader.ts";
import type { S3Error } from "../../../local/object-store/errors.ts";
import { requestBody } from "../../../local/object-store/request-body.ts";

const signNext = () => assert.fail("these bodies are not signed");

async function receive(
  payloadHash: string,
  headers: Record<string, string>,
  sent: Buffer,
  cut = 1000,
): Promise<Buffer> {
  const bytes = (async function* () {
    for (let at = 0; at < sent.length; at += cut) yield sent.subarray(at, at + cut);
  })();
  return readAll(requestBody(headers, bytes, { payloadHash, signNext }).chunks, 1_000_000);
}

const base64Crc32 = (bytes: Buffer) => {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum.toString("base64");
};
const hash = (name: string, bytes: Buffer) => createHash(name).update(bytes).digest("base64");

function chunked(bytes: Buffer, chunkSize: number, trailer: string): Buffer {
  const parts: (string | Buffer)[] = [];
  for (let at = 0; at < bytes.length; at += chunkSize) {
    const chunk = bytes.subarray(at, at + chunkSize);
    parts.push(`${chunk.length.toString(16)}\r\n`, chunk, "\r\n");
  }
  return Buffer.concat([...parts, `0\r\n${trailer}\r\n`].map((part) => Buffer.from(part)));
}

const inChunks = (decoded: number, trailer = "x-amz-checksum-crc32") => ({
  "x-amz-decoded-content-length": String(decoded),
  "x-amz-trailer": trailer,
});
const streaming = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
const refusedWith = (code: string) => (error: S3Error) => error.code === code;

describe("a body in chunks with a trailer", () => {
  test("is what it was before, however it was cut", async () => {
    const size = fc.integer({ min: 1, max: 300 });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 1000 }), size, size, async (array, chunkSize, cut) => {
        const bytes = Buffer.from(array);
        const sent = chunked(bytes, chunkSize, `x-amz-checksum-crc32:${base64Crc32(bytes)}\r\n`);
        assert.deepEqual(await receive(streaming, inChunks(bytes.length), sent, cut), bytes);
      }),
    );
  });

  test("is refused when its trailing checksum is another or is not there", async () => {
    const bytes = Buffer.from("some bytes");
    const sums: [string, string][] = [
      ["crc32", base64Crc32(bytes)],
      ["sha1", hash("sha1", bytes)],
      ["sha256", hash("sha256", bytes)],
    ];
    for (const [name, sum] of sums) {
      const trailer = `x-amz-checksum-${name}`;
      const headers = inChunks(bytes.length, trailer);
      assert.deepEqual(await receive(streaming, headers, chunked(bytes, 4, `${trailer}:${sum}\r\n`)), bytes);
      const other = sum.replace(/^./, (first) => (first === "A" ? "B" : "A"));
      await assert.rejects(
        receive(streaming, headers, chunked(bytes, 4, `${trailer}:${other}\r\n`)),
        refusedWith("BadDigest"),
      );
      await assert.rejects(receive(streaming, headers, chunked(bytes, 4, "")), refusedWith("BadDigest"));
    }
  });

  test("is refused when it is longer or shorter than it says, breaks off, or is not in chunks", async () => {
    const bytes = Buffer.from("some bytes");
    const whole = chunked(bytes, 4, `x-amz-checksum-crc32:${base64Crc32(bytes)}\r\n`);
    const incomplete = refusedWith("IncompleteBody");
    await assert.rejects(receive(streaming, inChunks(bytes.length - 1), whole), incomplete);
    await assert.rejects(receive(streaming, inChunks(bytes.length + 1), whole), incomplete);
    for (let length = 0; length < whole.length; length += 1)
      await assert.rejects(receive(streaming, inChunks(bytes.length), whole.subarray(0, length)), incomplete);
    await assert.rejects(receive(streaming, inChunks(bytes.length), Buffer.from("-1\r\n")), incomplete);
    await assert.rejects(receive(streaming, inChunks(bytes.length), Buffer.from("fffffffffffff\r\n")), incomplete);
    await assert.rejects(receive("STREAMING-SOMETHING-ELSE", inChunks(1), whole), refusedWith("InvalidArgument"));
  });
});

describe("a plain body", () => {
  const bytes = Buffer.from("some bytes");
  const length = { "content-length": String(bytes.length) };

  test("has to be the one that was signed, unless it was sent unsigned", async () => {
    const signed = createHash("sha256").update(bytes).digest("hex");
    assert.deepEqual(await receive(signed, length, bytes), bytes);
    assert.deepEqual(await receive("UNSIGNED-PAYLOAD", length, bytes), bytes);
    const mismatch = refusedWith("XAmzContentSHA256Mismatch");
    await assert.rejects(receive(signed, length, Buffer.from("same bytes")), mismatch);
    await assert.rejects(receive("", length, bytes), refusedWith("InvalidArgument"));
  });

  test("has to fit each checksum in its headers", async () => {
    const good = {
      "content-md5": hash("md5", bytes),
      "x-amz-checksum-crc32": base64Crc32(bytes),
      "x-amz-checksum-sha1": hash("sha1", bytes),
      "x-amz-checksum-sha256": hash("sha256", bytes),
    };
    assert.deepEqual(await receive("UNSIGNED-PAYLOAD", { ...length, ...good }, bytes), bytes);
    for (const name of Object.keys(good))
      await assert.rejects(
        receive("UNSIGNED-PAYLOAD", { ...length, ...good, [name]: "AAAAAA==" }, bytes),
        refusedWith("BadDigest"),
      );
  });

  test("has to have a length that S3 takes", () => {
    const missing = refusedWith("MissingContentLength");
    assert.throws(() => void receiveNow({}), missing);
    assert.throws(() => void receiveNow({ "content-length": "x" }), missing);
    assert.throws(
      () => void receiveNow({ "content-length": String(5 * 1024 ** 3 + 1) }),
      refusedWith("EntityTooLarge"),
    );
  });

  const receiveNow = (headers: Record<string, string>) =>
    requestBody(headers, (async function* () {})(), { payloadHash: "UNSIGNED-PAYLOAD", signNext });
});
