/** What the browser reads of a zip before a byte of it is sent. */
import assert from "node:assert/strict";
import { buffer } from "node:stream/consumers";
import { describe, it } from "@jest/globals";
import { ZipFile } from "yazl";
import { BadZip, filesIn, readText, readZip, wrappingFolder } from "../../../web/upload/zip.ts";
import { rawZip } from "../../integration/bundles/raw-zip.ts";
import { zip } from "../../support/zip.ts";

const blob = (...parts: Buffer[]) => new Blob(parts.map((part) => new Uint8Array(part)));

describe("a zip that is read in the browser", () => {
  it("has files, and their text", async () => {
    for (const compress of [true, false]) {
      const file = blob(await zip({ "competition.yaml": "title: é", "data/a.csv": "1,2" }, { compress }));
      const content = await readZip(file);
      assert.deepEqual(filesIn(content), ["competition.yaml", "data/a.csv"]);
      assert.equal(await readText(file, content.entries[0]!), "title: é");
    }
  });

  it("may stand behind a program that unpacks it", async () => {
    const file = blob(Buffer.from("#!/bin/sh\n"), await zip({ "a.txt": "text" }));
    const { entries } = await readZip(file);
    assert.equal(await readText(file, entries[0]!), "text");
  });

  it("may be of the kind for large files", async () => {
    const archive = new ZipFile();
    archive.addBuffer(Buffer.from("text"), "a.txt", { forceZip64Format: true });
    archive.end({ forceZip64Format: true, comment: "" });
    const file = blob(await buffer(archive.outputStream));
    const { entries } = await readZip(file);
    assert.deepEqual([entries[0]!.path, entries[0]!.size], ["a.txt", 4]);
    assert.equal(await readText(file, entries[0]!), "text");
  });

  it("has paths without needless steps, and its folders", async () => {
    const { entries } = await readZip(
      blob(rawZip([".\\data//", "./data/a.csv"].map((name) => ({ name, content: "" })))),
    );
    assert.deepEqual(
      entries.map(({ path }) => path),
      ["data/", "data/a.csv"],
    );
    assert.deepEqual(filesIn({ entries }), ["data/a.csv"]);
  });

  it("has a checksum of its content, not of its name", async () => {
    const checksum = async (text: string) => (await readZip(blob(await zip({ "a.txt": text })))).checksum;
    assert.equal(await checksum("one"), await checksum("one"));
    assert.notEqual(await checksum("one"), await checksum("two"));
  });

  it("says why it cannot be read", async () => {
    const whole = await zip({ "a.txt": "text" });
    const refused = [
      [blob(Buffer.from("0.75")), /not a zip/],
      [blob(whole.subarray(0, -10)), /end is missing/],
      [blob(whole.subarray(40)), /beyond the end/],
      [blob(rawZip([{ name: "../a.txt", content: "" }])), /leads out of the folder/],
    ] as const;
    for (const [file, reason] of refused)
      await assert.rejects(readZip(file), (error) => error instanceof BadZip && reason.test(error.message));
  });

  it("has no text where a file is not text", async () => {
    const file = blob(await zip({ "a.bin": Buffer.from([0xff, 0xfe]) }));
    assert.equal(await readText(file, (await readZip(file)).entries[0]!), null);
  });
});

describe("the folder around everything", () => {
  it("is found beside what systems add", () => {
    assert.equal(wrappingFolder(["model/a.txt", "__MACOSX/._a.txt"]), "model");
    assert.equal(wrappingFolder(["a.txt", "model/b.txt"]), undefined);
  });

  it("does not count where the platform lifts it itself", () =>
    assert.equal(wrappingFolder(["model/metadata.yaml", "model/run.py"]), undefined));
});
