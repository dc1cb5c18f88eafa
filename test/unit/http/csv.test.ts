import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import { csv } from "../../../lambdas/http/csv.ts";

describe("a table in CSV", () => {
  it("has an apostrophe before every text that a spreadsheet would run, and none before numbers", () => {
    const texts = ["=1+1", "+1+1", "-1+1", "@sum(a1)", "\t=1", "\r=1", '=cmd|" /c calc"!a0', "-", "--1", "+1"];
    for (const text of texts) assert.match(csv([[text]]), /^"?'/, text);
    assert.equal(csv([["-0.5", "12", -3, "ada=1", null]]), "-0.5,12,-3,ada=1,\r\n");
  });

  it("keeps every text in its cell", () => {
    const unquoted = (line: string) => line.slice(0, -2).replace(/^"|"$/g, "").replaceAll('""', '"');
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const cell = unquoted(csv([[text]]));
        assert.ok(cell === text || cell === `'${text}` || text.startsWith('"') || text.endsWith('"'), text);
        assert.doesNotMatch(cell, /^([=+@]|-(?!\d+(\.\d+)?$))/);
      }),
    );
  });
});
