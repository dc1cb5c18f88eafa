/** Every package that is installed has a licence under which we may use it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "@jest/globals";
import { repository } from "../../support/files.ts";

interface Package {
  license?: string;
  licenses?: { type: string }[];
  dev?: boolean;
}

/** They ask for a notice at most, so what contains them can be passed on. */
const permissive = [
  ...["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BlueOak-1.0.0", "CC0-1.0", "ISC", "MIT", "MIT-0"],
  ...["Python-2.0", "Unlicense"],
];
/** Of tools that nothing of ours contains, of fonts, and of tables that are only read. */
const ofTools = ["MPL-2.0", "OFL-1.1", "CC-BY-4.0"];

const read = (path: string) => JSON.parse(readFileSync(join(repository, path), "utf8")) as unknown;

/** One of the licences of an expression is enough: `(MIT OR GPL-3.0-or-later)`. */
const allows = (licences: string[], expression: string) =>
  expression
    .replace(/[()]/g, "")
    .split(" OR ")
    .some((licence) => licences.includes(licence));

/** A few old packages say it in a list, which the lock file leaves out. */
function licenceOf(path: string, locked: Package): string {
  if (locked.license !== undefined) return locked.license;
  const { license, licenses = [] } = read(`${path}/package.json`) as Package;
  return license ?? licenses.map(({ type }) => type).join(" OR ");
}

describe("the licence of every package in package-lock.json", () => {
  const { packages } = read("package-lock.json") as { packages: Record<string, Package> };
  const installed = Object.entries(packages).filter(([path]) => path !== "");

  it("is one that we may use, and of what is passed on one that asks for no more than a notice", () => {
    const others = installed
      .map(([path, locked]) => ({ path, licence: licenceOf(path, locked), dev: locked.dev === true }))
      .filter(({ licence, dev }) => !allows(dev ? [...permissive, ...ofTools] : permissive, licence))
      .map(({ path, licence }) => `${path}: ${licence || "none"}`);
    assert.deepEqual(others, []);
  });
});
