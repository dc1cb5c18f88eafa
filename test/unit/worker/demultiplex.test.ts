import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import { Demultiplexer } from "../../../worker-image/launchers/docker/demultiplex.ts";
import type { ByteSink } from "../../../worker-image/launchers/launcher.ts";

const frame = (stream: number, content: string): Buffer => {
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(Buffer.byteLength(content), 4);
  return Buffer.concat([header, Buffer.from(content)]);
};

class Kept implements ByteSink {
  text = "";
  write(bytes: Buffer): undefined {
    this.text += bytes.toString("latin1");
  }
}

describe("the attach stream of a container", () => {
  it("is split into its two outputs, however its bytes arrive", async () => {
    const frames = fc.array(fc.tuple(fc.constantFrom(1, 2), fc.string({ unit: "binary-ascii", maxLength: 40 })), {
      maxLength: 30,
    });
    const cuts = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(frames, cuts, async (sent, sizes) => {
        const bytes = Buffer.concat(sent.map(([stream, content]) => frame(stream, content)));
        const pieces: Buffer[] = [];
        for (let at = 0, cut = 0; at < bytes.length; cut++) {
          const end = at + (sizes[cut % sizes.length] as number);
          pieces.push(bytes.subarray(at, end));
          at = end;
        }
        const [stdout, stderr] = [new Kept(), new Kept()];
        await pipeline(Readable.from(pieces), new Demultiplexer(stdout, stderr));
        const of = (wanted: number) => sent.flatMap(([stream, content]) => (stream === wanted ? content : [])).join("");
        assert.deepEqual([stdout.text, stderr.text], [of(1), of(2)]);
      }),
    );
  });

  it("waits for a sink that is slow before it takes more", async () => {
    let release = () => {};
    const written: string[] = [];
    const slow: ByteSink = {
      write: (bytes) => {
        written.push(bytes.toString());
        return new Promise((resolve) => (release = resolve));
      },
    };
    const splitter = new Demultiplexer(slow, new Kept());
    splitter.write(frame(1, "a"));
    splitter.write(frame(1, "b"));
    assert.deepEqual(written, ["a"]);
    release();
    await new Promise(setImmediate);
    assert.deepEqual(written, ["a", "b"]);
    release();
  });

  it("fails when a sink does", async () => {
    const broken: ByteSink = { write: () => Promise.reject(new Error("disk full")) };
    await assert.rejects(pipeline(Readable.from([frame(1, "a")]), new Demultiplexer(broken, broken)), /disk full/);
  });
});
