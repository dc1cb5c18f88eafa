/** Quotas: what is refused, and how sizes are written. */
import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import { quotaProblem, readableSize } from "../../../lambdas/competitions/rules/storage.ts";
import { attemptOfKey } from "../../../lambdas/competitions/db/stored-keys.ts";
import { keptBytes } from "../../../lambdas/jobs/rules/kept-files.ts";

describe("a quota", () => {
  const quota = 15e9;

  it("allows exactly what fits, and names what is used, allowed and needed otherwise (A-246)", () => {
    assert.equal(quotaProblem({ used: 10e9, quota, more: 5e9 }), undefined);
    const problem = quotaProblem({ used: 10e9, quota, more: 5e9 + 1 });
    assert.match(problem!, /^You use 10 GB of the 15 GB that you may store, and this needs 5 GB more\. Delete what/);
  });

  it("refuses a file of unknown size only when nothing more fits (A-246)", () => {
    assert.equal(quotaProblem({ used: quota - 1, quota, more: null }), undefined);
    assert.match(quotaProblem({ used: quota, quota, more: null })!, /and this needs more\. Delete/);
  });

  it("never refuses whoever stores nothing more, whatever the quota has become (A-246)", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(), (used, allowed, less) => {
        assert.equal(quotaProblem({ used, quota: allowed, more: -less }), undefined);
      }),
    );
  });
});

it("sizes are decimal, as Codabench counts them", () => {
  const sizes: [number, string][] = [
    [0, "0 bytes"],
    [1, "1 byte"],
    [999, "999 bytes"],
    [1000, "1 KB"],
    [1_234_567, "1.23 MB"],
    [15e9, "15 GB"],
    [5e12, "5 TB"],
    [5e15, "5000 TB"],
  ];
  for (const [bytes, text] of sizes) assert.equal(readableSize(bytes), text);
});

it("what an attempt leaves is counted as outputs and logs", () =>
  assert.deepEqual(
    keptBytes([
      { name: "scoring/output.zip", size: 5 },
      { name: "scoring/scores.json", size: 2 },
      { name: "scoring/program.stdout.log", size: 3 },
    ]),
    { outputs: 7, logs: 3 },
  ));

it("keys of the jobs bucket name their attempt", () => {
  const id = "0b7c1c0e-8a1f-4c63-9f0a-1d2e3f405162";
  assert.equal(attemptOfKey(`jobs/${id}/scoring/output.zip`), id);
  assert.equal(attemptOfKey(`kept/${id}/${id}/scoring/output.zip`), id);
  for (const key of ["answers/x", `jobs/${id}`, `other/${id}/x`, "jobs/x/y"]) assert.equal(attemptOfKey(key), null);
});
