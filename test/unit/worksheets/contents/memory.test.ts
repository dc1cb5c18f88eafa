import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "@jest/globals";

const mebibyte = 1_048_576;

describe("an upload of any size", () => {
  it("needs little memory (W-50)", () => {
    // More than 4 GiB also need 64-bit sizes in the zip. It is of zeros, so the zip itself is small.
    const size = 5 * 1024 * mebibyte + 1;
    const program = `${import.meta.dirname}/much-through.ts`;
    const output = execFileSync(process.execPath, ["--max-old-space-size=64", program, String(size)]).toString();
    const told = JSON.parse(output) as { sizes: number[]; points: number; maxRssKiB: number };
    assert.deepEqual([told.sizes, told.points], [[size, size], Math.ceil(size / mebibyte)]);
    // About 90 MiB where nothing else runs. A busy machine collects buffers later, but holds no large part of the whole.
    assert.ok(told.maxRssKiB < mebibyte, output);
  });
});
