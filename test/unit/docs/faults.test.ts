import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "@jest/globals";
import { repository } from "../../support/files.ts";

const read = (path: string) => readFileSync(join(repository, path), "utf8");
/** The rows of the tables, without their heads. */
const rows = read("docs/faults.md")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| what") && !line.startsWith("| ---"));
const named = /`(test\/[^`]+)`: ((?:"[^"]+"(?:, )?)+)/g;

describe("docs/faults.md", () => {
  it("has a table of faults", () => assert.ok(rows.length > 30));

  for (const row of rows)
    it(`names tests that exist for: ${row.split("|")[1]!.trim()}`, () => {
      const tests = [...row.split("|")[4]!.matchAll(named)];
      assert.notEqual(tests.length, 0, row);
      for (const [, path, titles] of tests) {
        assert.ok(existsSync(join(repository, path!)), path);
        for (const [, title] of titles!.matchAll(/"([^"]+)"/g))
          assert.ok(
            read(path!)
              .split("\n")
              .some((line) => /\bit(\.concurrent)?\(|^\s*["`]/.test(line) && line.includes(title!)),
            `${path} has no test "${title}"`,
          );
      }
    });
});
