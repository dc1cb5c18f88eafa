import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "@jest/globals";
import { repository } from "../../support/files.ts";

const rows = [
  ...readFileSync(join(repository, "docs/features.md"), "utf8").matchAll(
    /^\| (\d+) \| (.*) \| (.*) \| (.*) \| (.*) \|$/gm,
  ),
].map(([, number, , , state, where]) => ({ number: Number(number), state: state!, where: where! }));
const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

describe("docs/features.md", () => {
  it("has every feature of running a benchmark once", () => {
    assert.deepEqual(
      rows.map(({ number }) => number),
      [...from(1, 52), ...from(58, 120)],
    );
  });

  it("says of each what became of it, and names tests that are there for what is here", () => {
    for (const { number, state, where } of rows) {
      assert.ok(["kept", "better", "later", "not taken"].includes(state), `${number}: ${state}`);
      const tests = [...where.matchAll(/`(test\/[^`]+)`/g)].map(([, path]) => path!);
      if (state === "kept" || state === "better") assert.ok(tests.length > 0, `${number} names no test`);
      for (const path of tests) assert.ok(existsSync(join(repository, path)), `${number}: there is no ${path}`);
    }
  });
});
