import assert from "node:assert/strict";
import { posix } from "node:path";
import { describe, test } from "@jest/globals";
import fc from "fast-check";
import { fromBytes, objectPath, readName, toBytes } from "../../../local/object-store/key-paths.ts";

/** Keys as S3 takes them, with much of what is dangerous in paths. */
const awkward = fc.constantFrom(
  "..",
  ".",
  "/",
  "//",
  "\\",
  "%2e%2e",
  "\0",
  "=",
  "+",
  "%",
  "A",
  "a",
  "é",
  "😀",
  "~",
  "\n",
);
const key = fc
  .array(fc.oneof(awkward, fc.string({ unit: "grapheme", maxLength: 8 }), fc.constant("x".repeat(300))), {
    minLength: 1,
    maxLength: 12,
  })
  .map((parts) => parts.join(""))
  .filter((text) => text !== "" && Buffer.byteLength(text) <= 1024);

describe("a key as a path", () => {
  test("has only names that every file system takes and that mean nothing to it", () => {
    fc.assert(
      fc.property(key, (text) => {
        for (const name of objectPath(text)) {
          assert.match(name, /^[a-z0-9_%-][a-z0-9._%-]*[=+]?$/);
          assert.ok(name.length <= 255);
        }
      }),
    );
  });

  test("stays inside its folder", () => {
    fc.assert(
      fc.property(key, (text) => {
        const path = posix.join("/store", ...objectPath(text));
        assert.ok(path.startsWith("/store/"));
        assert.equal(path.split("/").length, objectPath(text).length + 2);
      }),
    );
  });

  test("can be read back, so no two keys share a file, whatever a file system makes of upper and lower case", () => {
    fc.assert(
      fc.property(key, (text) => {
        const read = objectPath(text)
          .map((name) => readName(name.toLowerCase()))
          .map(({ kind, bytes }) => bytes + (kind === "folder" ? "/" : ""))
          .join("");
        assert.equal(fromBytes(read), text);
      }),
    );
  });

  test("lets an object and objects below it exist side by side", () => {
    fc.assert(
      fc.property(key, key, (text, below) => {
        const file = objectPath(text).join("/");
        assert.ok(!`${objectPath(`${text}/${below}`).join("/")}/`.startsWith(`${file}/`));
      }),
    );
  });

  test("is compared by its bytes, which is S3's order", () => {
    assert.ok(toBytes("\uffff") < toBytes("😀"), "U+FFFF comes before U+1F600, although not in UTF-16");
  });
});
