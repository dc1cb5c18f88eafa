import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { repairOf, type Version } from "../../../scripts/restore/history.ts";

const at = new Date("2026-01-31T13:30:00Z");
/** Versions by the seconds after the moment at which they were written, newest first. A marker has a minus before its name. */
const history = (...versions: [name: string, seconds: number][]): Version[] =>
  versions.map(([name, seconds]) => ({
    key: "file",
    id: name.replace("-", ""),
    modified: new Date(at.getTime() + seconds * 1000),
    isDeletion: name.startsWith("-"),
    size: 1,
  }));
const repair = (...versions: [name: string, seconds: number][]) => repairOf(history(...versions), at);

describe("an object that is restored to a moment", () => {
  it("stays if it has not changed since, or did not exist then", () => {
    assert.equal(repair(["a", 0]), null);
    assert.equal(repair(["b", -1], ["a", -9]), null);
    assert.equal(repair(["a", 1]), null);
    assert.equal(repair(["-gone", -1], ["a", -9]), null);
    assert.equal(repair(["b", 5], ["-gone", -1], ["a", -9]), null);
  });

  it("is undeleted if nothing was written since, however often it was deleted", () => {
    assert.deepEqual(repair(["-two", 2], ["-one", 1], ["a", -9]), {
      do: "undelete",
      key: "file",
      markers: ["two", "one"],
    });
  });

  it("is copied if it was replaced since, even if it is deleted now", () => {
    const copy = { do: "copy", key: "file", version: "a", size: 1 };
    assert.deepEqual(repair(["b", 1], ["a", 0]), copy);
    assert.deepEqual(repair(["-gone", 2], ["b", 1], ["a", 0]), copy);
    assert.deepEqual(repair(["b", 2], ["-gone", 1], ["a", 0]), copy);
  });
});
