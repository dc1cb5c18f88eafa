import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import { leftOut } from "../../../lambdas/jobs/rules/left-out.ts";

describe("leaving files out of an output", () => {
  const cases: [pattern: string, leaves: string[], keeps: string[]][] = [
    ["*.log", ["a.log", "deep/er/a.log", "a.log/inside"], ["a.logs", "log"]],
    ["data", ["data", "data/x", "a/data", "a/data/b"], ["data2", "a/mydata"]],
    ["/data", ["data", "data/x"], ["a/data"]],
    ["a/*/c", ["a/b/c", "x/a/b/c/d", "a/b/b/c"], ["a/c", "a/b/d"]],
    ["run-?", ["run-1", "run-é"], ["run-", "run-12"]],
    ["[a-c]x", ["ax", "d/bx"], ["dx", "-x"]],
    ["[!a]x", ["bx"], ["ax"]],
    ["[z-a]x", [], ["zx", "ax", "-x"]],
    ["[", ["["], ["]"]],
    ["a+(b)", ["a+(b)"], ["aab"]],
    ["", [], ["", "a"]],
    ["/", [], ["a"]],
    ["folder/", ["folder", "folder/a"], ["folders"]],
  ];
  for (const [pattern, leaves, keeps] of cases)
    it(`matches "${pattern}"`, () => {
      const isLeftOut = leftOut([pattern]);
      for (const path of leaves) assert.equal(isLeftOut(path), true, path);
      for (const path of keeps) assert.equal(isLeftOut(path), false, path);
    });

  it("takes any pattern, and a path for itself", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string(), (pattern, path) => {
        leftOut([pattern])(path);
        const plain = path.replace(/[*?[\]]|^\/+|\/+$/g, "");
        if (plain !== "" && !plain.startsWith("/") && !plain.endsWith("/")) assert.ok(leftOut([plain])(plain));
      }),
    );
  });
});
