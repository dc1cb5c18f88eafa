/** What becomes of files and folders that are dropped on a worksheet. */
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { createGunzip } from "node:zlib";
import { describe, it } from "@jest/globals";
import { tarMembers } from "../../../lambdas/worksheets/service/contents/tar-members.ts";
import { chosenOf } from "../../../web/worksheets/page/dropped.ts";
import { packed } from "../../../web/worksheets/page/tar.ts";

const file = (content: string, name = "file") => new File([content], name, { lastModified: 1_790_000_000_000 });

/** A file as a field gives it: one of a folder with its path. */
const chosen = (name: string, webkitRelativePath = "") => Object.assign(file("", name), { webkitRelativePath });

describe("what is dropped on a worksheet (W-140)", () => {
  it("is packed as the platform unpacks it, whatever its path and size", async () => {
    const files: [path: string, content: string][] = [
      ["a.txt", "text"],
      ["empty", ""],
      ["dossier/données.csv", "é".repeat(700)],
      [`${"deep/".repeat(40)}${"long".repeat(20)}.txt`, "x".repeat(512)],
    ];
    const archive = await packed(files.map(([path, content]) => ({ path, file: file(content) })));
    const bytes = Readable.from(Buffer.from(await archive.arrayBuffer())).pipe(createGunzip());
    const found: [string, string][] = [];
    for await (const { path, entry } of tarMembers(bytes as AsyncIterable<Buffer>))
      if (entry.type === "file") found.push([path, await text(Readable.from(entry.content))]);
    assert.deepEqual(found, files);
  });

  it("is a bundle for each file, and one for each folder", () => {
    const dropped = chosenOf([
      chosen("a.txt"),
      chosen("x.csv", "data/x.csv"),
      chosen("y.csv", "data/more/y.csv"),
      chosen("b.txt"),
    ]);
    assert.deepEqual(
      dropped.map(({ name, content }) => [name, content instanceof File ? null : content.map(({ path }) => path)]),
      [
        ["a.txt", null],
        ["b.txt", null],
        ["data", ["x.csv", "more/y.csv"]],
      ],
    );
  });
});
