import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { describe, it } from "@jest/globals";
import { packFolder } from "../../../client/pack.ts";
import { openBundle } from "../../../lambdas/competitions/service/bundle-import/bundle-archive.ts";
import type { ByteSource } from "../../../lambdas/competitions/service/bundle-import/byte-source.ts";
import { zipOfEntries } from "../../../lambdas/competitions/service/bundle-import/bundle-folder-zip.ts";
import { temporaryFolder } from "../../support/files.ts";
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

  it("has the names that percent-encoded ones mean, and refuses those that are no text (B-115)", async () => {
    const packed = async (names: Buffer[]) => {
      const folder = await temporaryFolder();
      for (const name of names) await writeFile(Buffer.concat([Buffer.from(`${folder.path}/`), name]), "x");
      const bytes = await packFolder(folder.path);
      await folder.remove();
      return openBundle(sourceOf(bytes));
    };
    const names = (await packed(["a:b", "c\\d", "100%"].map((name) => Buffer.from(name)))).filesUnder("");
    assert.deepEqual(names.map(({ name }) => name).sort(), ["100%", "a:b", "c\\d"]);
    await assert.rejects(packed([Buffer.from("caf\xe9", "latin1")]), /the name "caf%E9" in it is not UTF-8/);
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
