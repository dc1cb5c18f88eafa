/** The log of a submission: what programs print, as lines with classes. */
import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import { textOf, Terminal, type Line } from "../../../web/submissions/log/terminal.ts";

function linesOf(...pieces: string[]): Line[] {
  const lines: Line[] = [];
  const terminal = new Terminal(() => {
    const line = { spans: [], isError: false };
    lines.push(line);
    return line;
  });
  for (const piece of pieces) terminal.write(piece);
  return lines;
}
const textsOf = (...pieces: string[]) => linesOf(...pieces).map(textOf);
const spansOf = (text: string) => linesOf(text).map(({ spans }) => spans.map(({ text, classes }) => [text, classes]));

describe("lines of a log", () => {
  it("keeps empty lines, and a last line without an end", () => {
    assert.deepEqual(textsOf("one\n\ntwo\r\nthree"), ["one", "", "two", "three"]);
    assert.deepEqual(textsOf(""), []);
    assert.deepEqual(textsOf("one\n"), ["one"]);
  });

  it("writes a progress bar over its line", () => {
    assert.deepEqual(textsOf("10 %\r50 %\r100 %\ndone\n"), ["100 %", "done"]);
    assert.deepEqual(textsOf("a long line\rshort\n"), ["shortg line"]);
    assert.deepEqual(textsOf("a long line\r\u001b[Kshort\n"), ["short"]);
    assert.deepEqual(textsOf("a long line\u001b[2K\rshort\n"), ["short"]);
    assert.deepEqual(textsOf("5 %\b\b\b\b6 %"), ["6 %"]);
  });

  it("gives colours, bold and dim text classes", () => {
    assert.deepEqual(spansOf("\u001b[1;36m==>\u001b[0m kNN \u001b[92mok\u001b[39m \u001b[2mlater"), [
      [
        ["==>", "log-cyan log-bold"],
        [" kNN ", ""],
        ["ok", "log-green"],
        [" ", ""],
        ["later", "log-dim"],
      ],
    ]);
  });

  it("takes the nearest of sixteen colours for all others", () => {
    for (const sequence of ["38;5;196", "38;2;250;10;10", "38:5:196", "38:2::250:10:10", "38:2:250:10:10"])
      assert.deepEqual(spansOf(`\u001b[${sequence}mred`), [[["red", "log-red"]]], sequence);
    assert.deepEqual(spansOf("\u001b[38;5;9;1mred"), [[["red", "log-red log-bold"]]]);
  });

  it("writes dark text on grounds, also where both are exchanged", () => {
    assert.deepEqual(spansOf("\u001b[41mfailed"), [[["failed", "log-on log-on-red"]]]);
    assert.deepEqual(spansOf("\u001b[7mfailed\u001b[27m."), [
      [
        ["failed", "log-on log-on-white"],
        [".", ""],
      ],
    ]);
  });

  it("keeps the style over ends of lines, and of what is written over", () => {
    assert.deepEqual(spansOf("\u001b[31mone\ntwo"), [[["one", "log-red"]], [["two", "log-red"]]]);
    assert.deepEqual(spansOf("\u001b[31mabcdef\r\u001b[mxy\n"), [
      [
        ["xy", ""],
        ["cdef", "log-red"],
      ],
    ]);
  });

  it("drops sequences that it does not know", () => {
    const sequences = ["\u001b[2J", "\u001b[?25l", "\u001b]0;a title\u0007", "\u001b]8;;https://example.org\u001b\\"];
    for (const sequence of [...sequences, "\u001b(B", "\u001b7", "\u0007", "\u0000", "\u009b"])
      assert.deepEqual(textsOf(`be${sequence}fore\n`), ["before"], JSON.stringify(sequence));
  });

  it("goes on after a broken sequence", () => {
    assert.deepEqual(textsOf("a\u001b[31\nb"), ["a", "b"]);
    assert.deepEqual(textsOf("a\u001b]0;never ends\nb"), ["a", "b"]);
    assert.deepEqual(textsOf("a\u001b\u001b[1mb"), ["ab"]);
  });

  it("has the same lines however the text is cut", () => {
    const word = fc.constantFrom(
      ...[
        "epoch 1/5",
        "loss",
        " ",
        "é",
        "🙂",
        "\t",
        "\n",
        "\r",
        "\r\n",
        "\b",
        "\u001b",
        "\u001b[",
        "\u001b[K",
        "\u001b[2K",
      ],
      ...[
        "\u001b[31m",
        "\u001b[1;4m",
        "\u001b[0m",
        "\u001b[38;5;200m",
        "\u001b]0;title\u0007",
        "\u001b\\",
        "m",
        ";",
        "5",
      ],
    );
    fc.assert(
      fc.property(
        fc.array(fc.oneof(word, fc.string({ unit: "binary", maxLength: 5 })), { maxLength: 40 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        (words, places) => {
          const text = words.join("");
          const cuts = [0, ...places.map((place) => place % (text.length + 1)), text.length].sort((a, b) => a - b);
          const pieces = cuts.slice(1).map((end, at) => text.slice(cuts[at], end));
          assert.deepEqual(linesOf(...pieces), linesOf(text));
        },
      ),
    );
  });
});
