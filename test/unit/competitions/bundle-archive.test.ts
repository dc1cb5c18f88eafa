import assert from "node:assert/strict";
import { buffer } from "node:stream/consumers";
import { describe, it } from "@jest/globals";
import { openBundle, type ByteSource } from "../../../lambdas/competitions/service/bundle-import/bundle-archive.ts";
import { zipOfEntries } from "../../../lambdas/competitions/service/bundle-import/bundle-folder-zip.ts";
import { unzip, zip } from "../../integration/worker/zip.ts";

const sourceOf = (bytes: Buffer): ByteSource => ({
  size: bytes.length,
  bytes: (start, end) => Promise.resolve(bytes.subarray(start, end)),
  async *pieces(start, end) {
    yield bytes.subarray(start, end);
  },
});

describe("the zip of a bundle", () => {
  it("may have other bytes before and after it (R-46)", async () => {
    const whole = await zip({ "competition.yaml": "version: 2", "deep/file.txt": "x".repeat(1000) });
    const bundle = await openBundle(sourceOf(Buffer.concat([Buffer.alloc(5000, "#"), whole, Buffer.alloc(90_000)])));
    assert.equal(await bundle.text("competition.yaml"), "version: 2");
    assert.equal(await bundle.text("deep/file.txt"), "x".repeat(1000));
  });

  it("has folders even if they are empty, and so have the zips that are made of its folders (B-2)", async () => {
    const bundle = await openBundle(
      sourceOf(await zip({ "none/": "", "data/": "", "data/x": "x", "data/later/": "", "data/deep/y": "y" })),
    );
    assert.deepEqual(
      ["none", "data", "data/later", "data/deep", "data/x", "other"].map((path) => bundle.listing.kind(path)),
      ["folder", "folder", "folder", "folder", "file", undefined],
    );
    const zipped = async (folder: string) =>
      unzip(await buffer(zipOfEntries(bundle.filesUnder(folder), (entry) => bundle.raw(entry)).pieces()));
    assert.deepEqual(await zipped("data"), { x: "x", "later/": "", "deep/y": "y" });
    assert.deepEqual(await zipped("none"), {});
  });
});
