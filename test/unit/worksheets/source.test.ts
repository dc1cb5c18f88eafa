import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import { checkDependencyKeys, readBundleSpec, readWorksheetSpec } from "../../../lambdas/worksheets/rules/specs.ts";
import {
  bundleSource,
  directiveSource,
  readSource,
  worksheetSource,
} from "../../../lambdas/worksheets/rules/source.ts";
import type { SourceItem } from "../../../lambdas/worksheets/rules/source.ts";
import { joinWords, splitWords } from "../../../lambdas/worksheets/rules/words.ts";
import { lines } from "./worksheet-sources.ts";

const uuid = `0x${"ab".repeat(16)}`;

/** The source of items, as a worksheet gives it. */
const write = (items: SourceItem[]): string[] =>
  items.map((item) => {
    if (item.type === "markup") return item.value;
    if (item.type === "directive") return directiveSource(item.value);
    return item.type === "bundle" ? bundleSource("run x", item.spec) : worksheetSource("home", item.spec);
  });

describe("the source of a worksheet", () => {
  it("has a comment, bundle, worksheet, directive or text in each line (W-80)", () => {
    assert.deepEqual(
      readSource(`// a note\n[run x -- a]{${uuid}}\n{a.txt}\n  {{ other }}\n%  display table x\nhello\n\nend`),
      [
        { type: "directive", value: "% ' a note'" },
        { type: "bundle", spec: uuid },
        { type: "bundle", spec: "a.txt" },
        { type: "worksheet", spec: "other" },
        { type: "directive", value: "display table x" },
        { type: "markup", value: "hello" },
        { type: "markup", value: "" },
        { type: "markup", value: "end" },
      ],
    );
    assert.deepEqual(readSource(""), []);
    assert.deepEqual(readSource("a\r\nb\0\n"), [
      { type: "markup", value: "a" },
      { type: "markup", value: "b" },
      { type: "markup", value: "" },
    ]);
  });

  it("keeps its items, words and quotes when it is written and read again (W-81)", () => {
    fc.assert(
      fc.property(fc.array(lines, { minLength: 2, maxLength: 30 }), (source) => {
        const items = readSource(source.join("\n"));
        const written = write(items);
        assert.deepEqual(write(readSource(written.join("\n"))), written);
        assert.deepEqual(
          readSource(written.join("\n")).map(({ type }) => type),
          items.map(({ type }) => type),
        );
      }),
      { seed: 81, numRuns: 2000 },
    );
    for (const line of ["% add 'CREATE D' created \"date | [0:5]\"", "//  as it was  ", "$$x_{i}$$", "text {x"])
      assert.deepEqual(write(readSource(line)), [line]);
  });

  it("keeps a directive whose quotes are not closed as text, so that `cl` can print the worksheet (W-82)", () => {
    assert.deepEqual(readSource('% display "table'), [{ type: "markup", value: '% display "table' }]);
  });

  it("quotes words so that they are read back (W-82)", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" })), (words) => {
        const plain = words.map((word) => word.replaceAll("\0", ""));
        assert.deepEqual(splitWords(joinWords(plain)), plain);
      }),
      { seed: 82 },
    );
    assert.equal(joinWords(["a b", "it's", "", "x"]), `'a b' 'it'"'"'s' '' x`);
  });
});

describe("specs", () => {
  it("name worksheets by uuid, the beginning of one, name or slash (W-99)", () => {
    assert.deepEqual(readWorksheetSpec(uuid), { kind: "uuid", uuid });
    assert.deepEqual(readWorksheetSpec(" 0xab "), { kind: "prefix", prefix: "0xab" });
    assert.deepEqual(readWorksheetSpec("home-x.1"), { kind: "name", name: "home-x.1" });
    assert.deepEqual([readWorksheetSpec("/"), readWorksheetSpec("")], [{ kind: "home" }, { kind: "home" }]);
    assert.throws(() => readWorksheetSpec("1st"), /Name must start with a letter/);
  });

  it("name bundles by uuid, name, pattern or position, here or on another worksheet (W-99)", () => {
    const here = { worksheet: null };
    assert.deepEqual(readBundleSpec(uuid), { ...here, kind: "uuid", uuid });
    assert.deepEqual(readBundleSpec("0x1"), { ...here, kind: "prefix", prefix: "0x1" });
    const position = (text: string | null, place: number, isPattern = false) =>
      ({ kind: "position", name: text === null ? null : { text, isPattern }, position: place }) as const;
    assert.deepEqual(readBundleSpec("a.txt"), { ...here, ...position("a.txt", 1) });
    assert.deepEqual(readBundleSpec("^"), { ...here, ...position(null, 1) });
    assert.deepEqual(readBundleSpec("^3"), { ...here, ...position(null, 3) });
    assert.deepEqual(readBundleSpec("run.*^2"), { ...here, ...position("run%", 2, true) });
    const there = { worksheet: { kind: "name", name: "ws" } } as const;
    assert.deepEqual(readBundleSpec("ws/b"), { ...there, ...position("b", 1) });
    assert.deepEqual(readBundleSpec("ws//b"), { ...there, ...position("b", 1) });
    for (const wrong of ["", "a^b", "a b", "^^"]) assert.throws(() => readBundleSpec(wrong), /bundle_spec/, wrong);
  });

  it("cannot be two keys of which one is within the other (W-100)", () => {
    for (const keys of [["a", "b"], ["a", "a-x/b"], [""], [".", "a"], ["/x", "x"], []]) checkDependencyKeys(keys);
    for (const keys of [
      ["a", "a/b"],
      ["b/a/c", "b"],
      ["a", "./a"],
      ["", "a"],
      ["a", "x", "a/b/c"],
    ])
      assert.throws(() => checkDependencyKeys(keys), /key/, keys.join());
  });
});
