/** Joining what two people wrote on a worksheet. */
import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import { chosenLines, hasConflicts, mergeLines, type Piece } from "../../../web/worksheets/page/merge.ts";

const lines = (text: string) => (text === "" ? [] : text.split(" "));
const merged = (base: string, mine: string, theirs: string): (string | Piece)[] =>
  mergeLines(lines(base), lines(mine), lines(theirs)).map((piece) =>
    piece.kind === "joined" ? piece.lines.join(" ") : piece,
  );
const bundle = (label: string, digit: string) => `[${label}]{0x${digit.repeat(32)}}`;

/** A source with few different lines, so that the same one often stands in several places. */
const source = fc.array(fc.constantFrom("a", "b", "c", "", "% display table", bundle("run", "1")), { maxLength: 12 });
/** A source, and what somebody made of it by deleting and adding lines. */
const changedFrom = (base: readonly string[]) =>
  fc
    .array(fc.record({ at: fc.nat(base.length), remove: fc.nat(2), add: source.map((all) => all.slice(0, 2)) }), {
      maxLength: 3,
    })
    .map((changes) =>
      changes.reduce<string[]>((all, { at, remove, add }) => all.toSpliced(at, remove, ...add), [...base]),
    );
const three = source.chain((base) => fc.tuple(fc.constant(base), changedFrom(base), changedFrom(base)));

const count = (all: readonly string[], line: string) => all.filter((one) => one === line).length;

describe("two people's changes of a worksheet (W-133)", () => {
  it("are joined where they are in different places", () => {
    assert.deepEqual(merged("a b c d", "a B c d", "a b c D"), ["a B c D"]);
    assert.deepEqual(merged("a b c", "b c", "a b c d"), ["b c d"]);
    assert.deepEqual(merged("a b c", "a x b c", "a b"), ["a x b"]);
  });

  it("keep what both have added at one place, theirs last", () => {
    assert.deepEqual(merged("a", "a mine", "a theirs"), ["a mine theirs"]);
    assert.deepEqual(merged("", "mine", "theirs"), ["mine theirs"]);
  });

  it("are a conflict where both wrote something else", () => {
    assert.deepEqual(merged("a b c", "a mine c", "a theirs c"), [
      "a",
      { kind: "conflict", base: ["b"], mine: ["mine"], theirs: ["theirs"] },
      "c",
    ]);
    assert.deepEqual(merged("a b c", "a c", "a theirs c")[1], {
      kind: "conflict",
      base: ["b"],
      mine: [],
      theirs: ["theirs"],
    });
  });

  it("take a bundle for the same whatever its label says", () => {
    const [old, renamed] = [bundle("run old", "2"), bundle("run new", "2")];
    assert.deepEqual(mergeLines([old, "text"], [old, "my text"], [renamed, "text"]), [
      { kind: "joined", lines: [renamed, "my text"] },
    ]);
  });

  it("are chosen by whoever saves, and kept from both as long as they have not chosen", () => {
    const pieces = mergeLines(["a", "b"], ["a", "mine"], ["a", "theirs"]);
    assert.deepEqual(chosenLines(pieces), ["a", "mine", "theirs"]);
    assert.deepEqual(chosenLines(pieces, [undefined, "mine"]), ["a", "mine"]);
    assert.deepEqual(chosenLines(pieces, [undefined, "theirs"]), ["a", "theirs"]);
  });

  it("are those of one person if the other changed nothing, whatever they are", () => {
    fc.assert(
      fc.property(source, source, (base, other) => {
        assert.deepEqual(chosenLines(mergeLines(base, base, other)), other);
        assert.deepEqual(chosenLines(mergeLines(base, other, base)), other);
        assert.deepEqual(chosenLines(mergeLines(base, other, other)), other);
        assert(![mergeLines(base, base, other), mergeLines(base, other, other)].some(hasConflicts));
      }),
    );
  });

  it("lose no line that somebody wrote, whatever they are", () => {
    fc.assert(
      fc.property(three, ([base, mine, theirs]) => {
        const kept = mergeLines(base, mine, theirs).flatMap((piece) =>
          piece.kind === "joined" ? piece.lines : [...piece.mine, ...piece.theirs],
        );
        for (const line of new Set([...mine, ...theirs])) {
          const added = Math.max(count(mine, line), count(theirs, line)) - count(base, line);
          if (added > 0) assert(count(kept, line) >= added, `${line} is lost`);
        }
        // What neither deleted is there.
        for (const line of base)
          if (count(mine, line) >= count(base, line) && count(theirs, line) >= count(base, line))
            assert(kept.includes(line), `${line} was deleted by nobody`);
      }),
    );
  });

  it("can be told apart: choosing one side of every conflict takes all of that side's changes there", () => {
    fc.assert(
      fc.property(three, ([base, mine, theirs]) => {
        const pieces = mergeLines(base, mine, theirs);
        const taken = chosenLines(
          pieces,
          pieces.map(() => "mine"),
        );
        for (const line of new Set(mine)) {
          const added = count(mine, line) - count(base, line);
          if (added > 0) assert(count(taken, line) >= added, `${line} is lost`);
        }
      }),
    );
  });

  it("are joined in sources of thousands of lines", () => {
    const base = Array.from({ length: 20_000 }, (_, at) => `line ${at}`);
    const joined = mergeLines(base, base.with(10, "mine"), base.with(19_990, "theirs").toSpliced(500, 100));
    assert.deepEqual(joined, [
      { kind: "joined", lines: base.with(10, "mine").with(19_990, "theirs").toSpliced(500, 100) },
    ]);
  });
});
