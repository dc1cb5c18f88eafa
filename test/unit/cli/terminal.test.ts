import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { LogLines } from "../../../cli/log-lines.ts";
import { fitted } from "../../../cli/screen.ts";
import { table } from "../../../cli/table.ts";
import { harmless, harmlessJson, harmlessLine } from "../../../cli/terminal.ts";

describe("what the command line shows of other people's text", () => {
  it("keeps colours and line ends, and shows every other control character", () => {
    const text = "\u001b[31mred\u001b]0;title\u0007\nrest\u009b2J\u202e\tend\r\n";
    assert.equal(harmless(text, true), "\u001b[31mred␛]0;title␇\u001b[0m\nrest\\u009b2J\\u202e\tend\n");
    assert.equal(harmless(text, false), "red␛]0;title␇\nrest\\u009b2J\\u202e\tend\n");
  });

  it("keeps a cell of a table in its line, without colours", () => {
    assert.equal(harmlessLine("a\nb\u001b[1mc\u001b[2Jd"), "a␊bc␛[2Jd");
  });

  it("escapes in JSON what a terminal would obey", () => {
    const json = JSON.stringify({ title: "\u009b2J\u007f\u001b[2J\n" }, null, 2);
    const shown = harmlessJson(json);
    assert.equal(shown.includes("\u009b") || shown.includes("\u007f"), false);
    assert.deepEqual(JSON.parse(shown), JSON.parse(json));
  });
});

describe("a log that is followed", () => {
  const bar = ["load", "ing\n", "  0%\r 50", "%\r", "100%\r", "\nno end"];

  it("appears line by line; a line that is written over is one line", () => {
    const log = new LogLines({ updates: false });
    assert.deepEqual(
      bar.flatMap((piece) => log.add(piece)),
      ["loading", "100%"],
    );
    assert.deepEqual([log.unfinished, log.end(), log.unfinished], ["no end", "no end", ""]);
  });

  it("appears without a terminal as well: each new state of a progress bar once", () => {
    const log = new LogLines({ updates: true });
    assert.deepEqual(
      bar.flatMap((piece) => log.add(piece)),
      ["loading", " 50%", "100%"].flatMap((line) => (line === " 50%" ? [" 50", " 50%"] : [line])),
    );
    assert.equal(log.end(), "no end");
  });

  it("keeps empty lines and line ends of Windows", () => {
    const log = new LogLines({ updates: true });
    assert.deepEqual([...log.add("a\r"), ...log.add("\n\r\n"), ...log.add("b\n")], ["a", "", "b"]);
  });
});

describe("tables", () => {
  it("count the columns that characters take, not the characters", () => {
    const lines = table(
      [["Name", "N"]],
      [
        ["数据集", "1"],
        ["ab", "20"],
      ],
    ).split("\n");
    assert.deepEqual(lines.slice(2), ["  数据集   1", "  ab      20"]);
  });

  it("fit the terminal: the widest text is shortened, numbers are not", () => {
    const long = "a very long title of a competition";
    const lines = table([["ID", "Title", "Organizer"]], [["123456789", long, "somebody"]], 40).split("\n");
    assert.equal(lines[2], "  123456789  a very long tit…  somebody");
    assert.ok(lines.every((line) => line.length <= 40));
  });

  it("fit a terminal of 40 columns", () => {
    const lines = table(
      [["ID", "Owner", "Phase", "Submitted (UTC)", "Status", "Submissions"]],
      [["17", "somebody", "Development", "2026-01-31 13:30", "Finished", "12345"]],
      40,
    ).split("\n");
    assert.ok(
      lines.every((line) => line.length <= 40),
      lines.join("\n"),
    );
    assert.match(lines[2]!, /^ {2}17 .* 12345$/);
  });

  it("cut text at whole characters", () => {
    assert.equal(fitted("👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", 5), "👩‍👩‍👧👩‍👩‍👧…");
    assert.equal(fitted("short", 5), "short");
  });
});
