/** The lines of blocks, and moving blocks. */
import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { interpret, type Entry, type Item } from "../../../lambdas/worksheets/rules/interpret.ts";
import { readSource } from "../../../lambdas/worksheets/rules/source.ts";
import { moveBlock, moveRow, placesOf, replaced } from "../../../web/worksheets/page/places.ts";

const a = `[]{0x${"a".repeat(32)}}`;
const b = `[]{0x${"b".repeat(32)}}`;

/** A worksheet as the API shows it in brief. */
function shown(source: string[]) {
  const entries = source.map((line, at): Entry => {
    const item = readSource(line)[0] ?? { type: "markup" as const, value: "" };
    const place = { id: at, sort_key: at };
    if (item.type === "bundle") return { line: at, item: { ...place, type: "bundle", bundle: { uuid: item.spec } } };
    if (item.type === "worksheet")
      return { line: at, item: { ...place, type: "worksheet", worksheet: { uuid: item.spec } } as Item };
    return { line: at, item: { ...place, ...item } };
  });
  return { source, ...interpret(entries, source.length) };
}
const own = (source: string[]) => placesOf(shown(source)).map(({ own }) => source.slice(own.from, own.to).join("|"));
const moved = (source: string[], block: number, by: -1 | 1) => {
  const result = moveBlock(source, placesOf(shown(source)), block, by);
  return result && { source: result.source, block: result.block };
};

describe("the lines of a worksheet's blocks (W-134)", () => {
  it("are its texts, its bundles with how they are displayed, and its schemas with their columns", () => {
    const source = [
      "# Title",
      "text",
      "",
      "% schema s",
      "% add name",
      "% add size data_size",
      "% display table s",
      a,
      b,
      "more",
      "% display contents /stdout",
      a,
      b,
      "% search .mine",
    ];
    assert.deepEqual(own(source), [
      "# Title|text",
      "% schema s|% add name|% add size data_size",
      `% display table s|${a}|${b}`,
      "more",
      `% display contents /stdout|${a}`,
      b,
      "% search .mine",
    ]);
  });

  it("move as a whole, and stay blocks of their own", () => {
    assert.deepEqual(moved(["one", "", "two"], 0, 1), { source: ["", "two", "one"].toSpliced(2, 0, ""), block: 1 });
    assert.deepEqual(moved(["text", "% display record", a], 1, -1), {
      source: ["% display record", a, "text"],
      block: 0,
    });
    assert.deepEqual(moved(["text"], 0, 1), null);
    assert.deepEqual(moved(["text"], 0, -1), null);
  });

  it("move together if one directive displays them, and change places among themselves", () => {
    const source = ["text", "% display contents /stdout", a, b, "end"];
    assert.deepEqual(moved(source, 1, 1), { source: ["text", "% display contents /stdout", b, a, "end"], block: 2 });
    assert.deepEqual(moved(source, 3, -1), {
      source: ["text", "", "end", "% display contents /stdout", a, b],
      block: 1,
    });
    assert.deepEqual(moved(source, 2, 1), {
      source: ["text", "", "end", "% display contents /stdout", a, b],
      block: 3,
    });
  });

  it("of rows change places within a table", () => {
    const sheet = shown(["text", a, b]);
    assert.deepEqual(moveRow(sheet, 1, 0, 1), { source: ["text", b, a], block: 1, row: 1 });
    assert.equal(moveRow(sheet, 1, 1, 1), null);
  });

  it("are replaced without becoming part of the blocks around them", () => {
    assert.deepEqual(replaced(["one", "two"], { from: 1, to: 1 }, ["new"]), ["one", "", "new", "", "two"]);
    assert.deepEqual(replaced([a, "two"], { from: 0, to: 1 }, []), ["two"]);
    assert.deepEqual(replaced([], { from: 0, to: 0 }, ["new"]), ["new"]);
  });
});
