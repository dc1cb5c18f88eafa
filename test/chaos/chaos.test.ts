/** `npm run chaos`, small: parts of a platform are killed at random while it takes 200 submissions. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { describe, it } from "@jest/globals";
import { repository } from "../support/files.ts";
import { blows, kinds, type Blow } from "./run/plan.ts";

/** With it, every kind of blow comes in the first minute. */
const seed = "14";

describe("a platform whose parts are killed at random", () => {
  it("loses no submission, and scores each once and right (R-218)", async () => {
    const words = ["test/chaos/run/main.ts", "--submissions", "200", "--minutes", "1", "--seed", seed];
    const child = spawn(process.execPath, words, { cwd: repository, stdio: ["ignore", "pipe", "inherit"] });
    const [printed, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
    assert.equal(code, 0, printed);
    assert.match(printed, /^lost 0, doubled 0, wrong 0$/m);
    assert.match(printed, /^accepted 200, /m);
    assert.match(printed, /^time to recover +p50 [\d.]+ s, p95 [\d.]+ s$/m);
  }, 1_100_000);

  it("can be repeated: the same seed gives the same blows, and each round has all kinds", () => {
    const first = (from: number) => {
      const all = blows(from);
      return Array.from({ length: kinds.length + 2 }, () => all.next().value as Blow);
    };
    assert.deepEqual(first(1), first(1));
    assert.notDeepEqual(first(1), first(2));
    assert.deepEqual([...new Set(first(3).map(({ kind }) => kind))].sort(), [...kinds].sort());
  });
});
