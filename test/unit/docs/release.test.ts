import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "@jest/globals";
import { problemsOfRelease, type Release } from "../../../scripts/release/problems.ts";
import { repository } from "../../support/files.ts";

const read = (path: string) => readFileSync(join(repository, path), "utf8");
const released: Release = {
  version: "1.2.0",
  lockedVersion: "1.2.0",
  changelog: "# Changelog\n\n## 1.2.0\n\n### Upgrade\n\nDo nothing.\n\n## 1.1.0\n",
  tags: ["1.2.0"],
};
const between = "# Changelog\n\n## Unreleased\n\n### Upgrade\n\nDo nothing.\n\n## 1.2.0\n";

describe("a release", () => {
  it("agrees with itself here", () => {
    const { version } = JSON.parse(read("package.json")) as { version: string };
    const { version: lockedVersion } = JSON.parse(read("package-lock.json")) as { version: string };
    assert.deepEqual(problemsOfRelease({ version, lockedVersion, changelog: read("CHANGELOG.md"), tags: [] }), []);
  });

  it.each<[string, Partial<Release>, RegExp | null]>([
    ["is right", {}, null],
    ["is right between releases", { changelog: between, tags: [""] }, null],
    ["has the version of its lock", { lockedVersion: "1.1.0" }, /Run npm install/],
    ["has its changes", { changelog: "## 1.1.0\n### Upgrade\n" }, /latest release in CHANGELOG.md is 1\.1\.0/],
    ["has its version as tag", { tags: ["v1.2.0"] }, /Name it 1\.2\.0/],
    ["has no changes that are not released", { changelog: between }, /still has "Unreleased"/],
    ["says how to upgrade", { changelog: "## 1.2.0\n" }, /no "### Upgrade" under 1\.2\.0/],
  ])("%s", (_, change, problem) => {
    const problems = problemsOfRelease({ ...released, ...change });
    if (problem === null) assert.deepEqual(problems, []);
    else
      assert.ok(
        problems.some((one) => problem.test(one)),
        problems.join("\n"),
      );
  });
});
