import assert from "node:assert/strict";
import { describe, test } from "@jest/globals";
import fc from "fast-check";
import { ByteReader, readAll } from "../../../local/object-store/byte-reader.ts";
import type { S3Error } from "../../../local/object-store/errors.ts";

async function* inPieces(bytes: Buffer, sizes: number[]): AsyncGenerator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length]!;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 });
/** Bytes in which parts of the delimiter are frequent. */
const bytes = fc.array(fc.constantFrom(13, 10, 45, 97), { maxLength: 60 }).map((list) => Buffer.from(list));
const delimiter = Buffer.from("\r\n--a");

describe("a reader of bytes", () => {
  test("finds a delimiter wherever the pieces are cut", async () => {
    await fc.assert(
      fc.asyncProperty(bytes, bytes, sizes, async (before, after, cut) => {
        const all = Buffer.concat([before, delimiter, after]);
        const first = all.indexOf(delimiter);
        const reader = new ByteReader(inPieces(all, cut));
        assert.deepEqual(await readAll(reader.until(delimiter), 1000), all.subarray(0, first));
        const rest = all.length - first - delimiter.length;
        assert.deepEqual(await readAll(reader.take(rest), 1000), all.subarray(all.length - rest));
      }),
    );
  });

  test("says that a body without the delimiter is incomplete", async () => {
    const reader = new ByteReader(inPieces(Buffer.from("no end"), [2]));
    await assert.rejects(readAll(reader.until(delimiter), 1000), (error: S3Error) => error.code === "IncompleteBody");
  });

  test("holds no more than it was allowed to", async () => {
    const endless = async function* () {
      for (;;) yield Buffer.alloc(1000, "x");
    };
    await assert.rejects(new ByteReader(endless()).text(Buffer.from("\n"), 4096), /too big/);
  });
});
