import assert from "node:assert/strict";
import { mkdtemp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import fc from "fast-check";
import { LogFile, LogShipper, shippingPauseSeconds } from "../../../worker-image/logs.ts";
import { temporaryFolder } from "../../support/files.ts";
import { waitFor } from "../../support/wait.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

const newLog = async (maxBytes: number) =>
  LogFile.create(join(await mkdtemp(join(folder.path, "log-")), "log"), maxBytes);
const content = (log: LogFile) => readFile(log.path, "utf8");

describe("the log of a stream", () => {
  it("keeps every byte up to its limit, and then a line that says it was cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ maxLength: 20 }), { maxLength: 12 }),
        fc.integer({ min: 1, max: 60 }),
        async (pieces, max) => {
          const log = await newLog(max);
          for (const piece of pieces) await log.write(Buffer.from(piece));
          await log.close();
          const printed = Buffer.from(pieces.join(""));
          const kept = printed.subarray(0, max);
          const isCut = printed.length > max;
          const expected = isCut
            ? Buffer.concat([
                kept,
                Buffer.from(
                  `${kept.at(-1) === 10 ? "" : "\n"}[log truncated at ${max} bytes: the rest was not kept]\n`,
                ),
              ])
            : kept;
          assert.deepEqual(await readFile(log.path), expected);
          assert.equal(log.bytes, expected.length);
          assert.equal(log.truncated, isCut);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("names limits in the units of all other messages", async () => {
    for (const [max, text] of [
      [1_000_000, "1 MB"],
      [2_097_152, "2.1 MB"],
    ] as const) {
      const log = await newLog(max);
      await log.write(Buffer.alloc(max + 1, "x"));
      assert.match((await content(log)).slice(-60), new RegExp(`\\[log truncated at ${text}: `));
      await log.close();
    }
  });

  it("takes a line of the worker's own, on a line of its own, also when it is cut", async () => {
    const log = await newLog(4);
    await log.write(Buffer.from("abcdef"));
    await log.note("stopped");
    assert.equal(await content(log), "abcd\n[log truncated at 4 bytes: the rest was not kept]\nstopped\n");
    await log.close();
    const open = await newLog(100);
    await open.write(Buffer.from("no line end"));
    await open.note("stopped");
    assert.equal(await content(open), "no line end\nstopped\n");
    await open.close();
  });

  it("costs nothing to write to once it is cut", async () => {
    const log = await newLog(1);
    await log.write(Buffer.from("ab"));
    assert.equal(log.write(Buffer.from("more")), undefined);
    await log.close();
  });
});

describe("shipping a log", () => {
  it("is done every second at first, and every ten at last", () => {
    assert.deepEqual([0, 60, 300, 600, 86_400].map(shippingPauseSeconds), [1, 1, 5, 10, 10]);
  });

  it("gives pieces that make up the log, each named by its first byte, also when some uploads fail", async () => {
    const log = await newLog(10_000_000);
    const pieces = new Map<number, Buffer>();
    let tries = 0;
    const shipper = new LogShipper(log, (offset, piece) => {
      tries++;
      if (tries === 1) return Promise.reject(new Error("store is away"));
      pieces.set(offset, piece);
      return Promise.resolve();
    });
    const printed = Buffer.alloc(2_500_000, "0123456789");
    await log.write(printed);
    await waitFor(
      "all of it to be shipped",
      () => [...pieces.values()].reduce((sum, { length }) => sum + length, 0) === printed.length,
    );
    await shipper.stop();
    let next = 0;
    for (const [offset, piece] of [...pieces].sort(([a], [b]) => a - b)) {
      assert.equal(offset, next);
      assert.ok(piece.length <= 1_048_576);
      next += piece.length;
    }
    assert.deepEqual(Buffer.concat([...pieces.values()]), printed);
    await log.close();
  });

  it("ships nothing after it was stopped", async () => {
    const log = await newLog(100);
    const shipper = new LogShipper(log, () => assert.fail("shipped"));
    await log.write(Buffer.from("x"));
    await shipper.stop();
    await log.write(Buffer.from("y"));
    await log.close();
  });
});
