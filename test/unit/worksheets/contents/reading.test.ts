/** What the headers of contents say, and the first and last lines of files. */
import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { archiveFormat } from "../../../../lambdas/worksheets/rules/contents/archive-name.ts";
import {
  acceptsGzip,
  disposition,
  guessedType,
  passiveType,
  rangeOf,
} from "../../../../lambdas/worksheets/rules/contents/headers.ts";
import {
  summaryOfParts,
  summaryOfWhole,
  summaryRanges,
  type Summary,
} from "../../../../lambdas/worksheets/rules/contents/summary.ts";

describe("the headers of contents", () => {
  it("name files in a way that no name can break (W-55)", () => {
    assert.equal(disposition("inline", "f1"), 'inline; filename="f1"');
    assert.equal(
      disposition("attachment", 'a"b\r\nü'),
      "attachment; filename=\"a_b___\"; filename*=UTF-8''a%22b%0D%0A%C3%BC",
    );
  });

  it("guess types, and show no active one from the store (W-55, W-57)", () => {
    const types = ["f1", "a.png", "a.zip", "a.tar.gz", "a.html", "a.csv"].map(guessedType);
    assert.deepEqual(types, [
      "text/plain",
      "image/png",
      "application/zip",
      "application/octet-stream",
      "text/html",
      "text/csv",
    ]);
    assert.deepEqual(["image/png", "text/html", "image/svg+xml"].map(passiveType), [
      "image/png",
      "text/plain",
      "text/plain",
    ]);
  });

  it("ask for bytes with both ends, or up to the end (W-55)", () => {
    assert.deepEqual(rangeOf("bytes=2-4", 10), { start: 2, end: 5 });
    assert.deepEqual(rangeOf("bytes=2-", 10), { start: 2, end: 10 });
    assert.deepEqual(rangeOf("bytes=20-30", 10), { start: 10, end: 10 });
    assert.deepEqual(rangeOf("bytes=5-2", 10), { start: 5, end: 5 });
    for (const header of [undefined, "bytes=-5", "lines=1-2", "bytes=1-2,4-5"]) assert.equal(rangeOf(header, 10), null);
  });

  it("say whether an answer may be compressed (W-55)", () => {
    for (const header of ["gzip", "br, gzip;q=0.5", "*"]) assert.ok(acceptsGzip(header), header);
    for (const header of [undefined, "", "identity", "gzip;q=0", "br"]) assert.ok(!acceptsGzip(header), header);
  });

  it("say what an archive is by its name (W-51)", () => {
    const names = ["a.tar.gz", "a.tgz", "a.tar.bz2", "a.zip", "a.gz", "a.bz2", "a.txt", "gz"];
    assert.deepEqual(names.map(archiveFormat), ["tar.gz", "tar.gz", "tar.bz2", "zip", "gz", "bz2", null, null]);
  });
});

describe("a summary", () => {
  const summary = (more: Partial<Summary>): Summary => ({
    head: 0,
    tail: 0,
    maxLineLength: 10,
    truncationText: "...\n",
    ...more,
  });
  const of = (text: string | Buffer, more: Partial<Summary>) => {
    const bytes = Buffer.from(text);
    const options = summary(more);
    const ranges = summaryRanges(bytes.length, options);
    if (ranges.whole) return summaryOfWhole(bytes, options);
    const cut = ({ start, end }: { start: number; end: number }) => bytes.subarray(start, end);
    return summaryOfParts(cut(ranges.head), cut(ranges.tail), options);
  };
  const lines = Array.from({ length: 100 }, (_, i) => `l${i}\n`).join("");

  it("has the first and the last lines (W-55)", () => {
    assert.equal(of("a\nb\nc", { head: 5 }), "a\nb\nc\n");
    assert.equal(of("a\nb\nc", { head: 1, tail: 1 }), "a\n...\nc\n");
    assert.equal(of(lines, { head: 2 }), "l0\nl1\n");
    assert.equal(of(lines, { tail: 2 }), "l98\nl99\n");
    assert.equal(of(lines, { head: 1, tail: 1 }), "l0\n...\nl99\n");
    assert.equal(of("a\r\nb\rc", { head: 3 }), "a\nb\nc\n");
  });

  it("leaves out lines that are too long, and says what is no text (W-55)", () => {
    assert.equal(of("x".repeat(1000), { head: 1 }), "");
    assert.equal(of(Buffer.of(0xff, 0xfe, 0), { head: 1 }), "<binary>");
    assert.equal(of(Buffer.alloc(1000, 0xff), { head: 1 }), "<binary>");
    // A character that the limit cuts is text.
    assert.equal(of(`a\n${"ü".repeat(100)}`, { head: 1, maxLineLength: 5 }), "a\n");
  });
});
