/** Pages of worksheet bundles: what they work out by themselves. */
import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import { textOf } from "../../../web/submissions/log/terminal.ts";
import { askedAgain } from "../../../web/worksheets/bundle/dialogs/asked-again.ts";
import { rowsOf } from "../../../web/worksheets/bundle/files/table.ts";
import { boxHeight, fitting, layoutOf } from "../../../web/worksheets/bundle/parts/graph.ts";
import { Tail } from "../../../web/worksheets/bundle/streams/tail.ts";
import { keywordsOf } from "../../../web/worksheets/dashboard/keywords.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

describe("a stream of a run", () => {
  const linesOf = ({ lines }: Tail) => lines.map(textOf);

  it("asks only for what it has not read", () => {
    const tail = new Tail(false);
    assert.deepEqual(tail.wanted(10), [0, 10]);
    tail.add(0, bytes("first\nsec"));
    assert.equal(tail.wanted(9), null);
    assert.deepEqual(tail.wanted(15), [9, 15]);
    tail.add(9, bytes("ond\nth"));
    assert.deepEqual(linesOf(tail), ["first", "second", "th"]);
    assert.equal(tail.isCut, false);
  });

  it("puts together what was cut within a character", () => {
    const tail = new Tail(false);
    const all = bytes("é = 2\n");
    tail.add(0, all.slice(0, 1));
    tail.add(1, all.slice(1));
    assert.deepEqual(linesOf(tail), ["é = 2"]);
  });

  it("reads only the end of very much, from a whole line on", () => {
    const tail = new Tail(false);
    const [from, to] = tail.wanted(50_000_000)!;
    assert.deepEqual([to, to - from], [50_000_000, 1024 ** 2]);
    tail.add(from, bytes("half a line\nwhole\n"));
    assert.deepEqual([linesOf(tail), tail.isCut], [["whole"], true]);
  });
});

describe("a table of text", () => {
  it("has quotes, separators and line ends in its cells", () => {
    const text = 'a,b\r\n1,"two, ""three"""\n"line\nend",\n\n4\n';
    assert.deepEqual(rowsOf(text, ",", 100), [["a", "b"], ["1", 'two, "three"'], ["line\nend", ""], ["4"]]);
    assert.deepEqual(rowsOf('"a"\tb\n1\t\n', "\t", 100), [
      ['"a"', "b"],
      ["1", ""],
    ]);
    assert.deepEqual(rowsOf("a,b\n1,2\n3,4\n", ",", 2), [
      ["a", "b"],
      ["1", "2"],
    ]);
    assert.deepEqual(rowsOf('1,"cut of', ",", 100), [["1", "cut of"]]);
  });

  it("reads any cells that were written (fuzzed)", () => {
    const cell = fc.string({ unit: fc.constantFrom("a", ",", '"', "\n", "\r\n", " ") });
    const written = (text: string) => `"${text.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1 }), (rows) => {
        const text = rows.map((row) => row.map(written).join(",")).join("\n");
        assert.deepEqual(rowsOf(text, ",", 1000), rows);
      }),
    );
  });
});

describe("a drawing of dependencies", () => {
  it("has what a bundle was made from on the left, and what was made from it on the right", () => {
    const { parents, self, children, edges, width, height } = layoutOf(3, 1);
    assert.ok(parents.every(({ x }) => x < self.x));
    assert.ok(self.x < children[0]!.x);
    assert.equal(edges.length, 4);
    assert.ok(children[0]!.x < width);
    // Boxes of a side do not touch each other, and the bundle stands in the middle.
    assert.ok(parents[1]!.y - parents[0]!.y > boxHeight);
    assert.equal(self.y + boxHeight / 2, height / 2);
    assert.equal(layoutOf(0, 2).self.x, 0);
  });

  it("shortens names in their middle", () => {
    assert.equal(fitting("short"), "short");
    assert.equal(fitting("a-very-long-name-of-a-run-17").length, 24);
    assert.match(fitting("a-very-long-name-of-a-run-17"), /^a-very.*….*run-17$/);
  });
});

describe("the words of a search", () => {
  it("are split at spaces, except within quotes", () => {
    assert.deepEqual(keywordsOf(' .mine  name=a "title=two words" tag="x y" '), [
      ".mine",
      "name=a",
      "title=two words",
      "tag=x y",
    ]);
    assert.deepEqual(keywordsOf('a "'), ["a"]);
    assert.deepEqual(keywordsOf(""), []);
  });
});

describe("a run that is made again", () => {
  it("asks for the same, and takes nothing that the platform wrote", () => {
    const asked = askedAgain(
      { name: "old", request_memory: "4g", request_gpus: 2, exitcode: 1, failure_message: "Exit code 1" },
      { name: "new", request_gpus: 1 },
    );
    assert.deepEqual([asked["name"], asked["request_memory"], asked["request_gpus"]], ["new", "4g", 1]);
    assert.ok(!("exitcode" in asked || "failure_message" in asked));
    // What readers of an anonymous bundle are not told is asked for anew.
    assert.equal(asked["request_docker_image"], "");
  });
});
