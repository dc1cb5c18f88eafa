import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import {
  cursorOf,
  cursorText,
  startOfLogs,
  textsOf,
  type StreamPosition,
} from "../../../lambdas/competitions/rules/log-cursor.ts";

const start: StreamPosition = { offset: 0, held: Buffer.alloc(0), ended: false };
const piece = (bytes: Buffer) => ({ time: new Date(0), bytes });

describe("a cursor of logs (A-208)", () => {
  it("says in a text how far a reader is", () => {
    const cursor = { attempt: 3, streams: [start, { offset: 17, held: Buffer.from("e282", "hex"), ended: true }] };
    assert.equal(cursorText(cursor), "3-0-17.e282e");
    assert.deepEqual(cursorOf("3-0-17.e282e", 2), cursor);
    assert.equal(cursorText(startOfLogs(0, 2)), "0-0-0");
  });

  it("is nothing else", () => {
    for (const text of [
      "",
      "1",
      "1-0",
      "1-0-0-0",
      "1-0-x",
      "1-0-.aa",
      "1-0-1.a",
      "1-0-1.aabbccdd",
      "-1-0-0",
      "1-0-1ee",
    ])
      assert.equal(cursorOf(text, 2), undefined, text);
  });
});

describe("texts of a log that grows", () => {
  it("have whole characters, wherever the pieces were cut and requests ended", () => {
    const cuts = fc.array(fc.nat(40), { maxLength: 12 });
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 20 }), cuts, (text, at) => {
        const bytes = Buffer.from(text);
        const places = [0, ...new Set(at.map((cut) => Math.min(cut, bytes.length))), bytes.length].sort(
          (a, b) => a - b,
        );
        let position = start;
        let shown = "";
        for (const [i, from] of places.slice(0, -1).entries()) {
          const isLast = i === places.length - 2;
          // A request for each piece, with its position in a text in between.
          const read = textsOf(position, [piece(bytes.subarray(from, places[i + 1]))], isLast);
          shown += read.texts.map((one) => one.text).join("");
          [position] = cursorOf(cursorText({ attempt: 1, streams: [read.position] }), 1)!.streams as [StreamPosition];
        }
        assert.equal(shown, text.toWellFormed());
        assert.equal(position.offset, bytes.length);
      }),
    );
  });

  it("show at its end what is no character", () => {
    const { texts, position } = textsOf(start, [piece(Buffer.from([0x61, 0xe2, 0x82]))], true);
    assert.deepEqual([texts.map(({ text }) => text), position.held.length], [["a\ufffd"], 0]);
  });
});
