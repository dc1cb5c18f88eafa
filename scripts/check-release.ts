/**
 * `npm run check:release`: checks that package.json, package-lock.json, CHANGELOG.md and the tag of the commit agree, and
 * prints what does not. The exit code is then 1.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fromRoot } from "../lib/root.ts";
import { problemsOfRelease } from "./release/problems.ts";

const { version } = JSON.parse(readFileSync(fromRoot("package.json"), "utf8")) as { version: string };
const locked = JSON.parse(readFileSync(fromRoot("package-lock.json"), "utf8")) as { version: string };
const problems = problemsOfRelease({
  version,
  lockedVersion: locked.version,
  changelog: readFileSync(fromRoot("CHANGELOG.md"), "utf8"),
  tags: execFileSync("git", ["tag", "--points-at", "HEAD"], { cwd: fromRoot("."), encoding: "utf8" }).split("\n"),
});
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else
  console.log(`Version ${version}: package.json, package-lock.json, CHANGELOG.md and the tags of this commit agree.`);
