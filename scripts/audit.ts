/**
 * `npm run audit`: asks the registry of packages whether one of ours has a known vulnerability. The exit code is 1 if one has, and 3 if the
 * registry does not answer such questions, which says nothing about the packages.
 */
import { spawnSync } from "node:child_process";

const { stdout } = spawnSync("npm", ["audit", "--json", "--audit-level=low"], {
  encoding: "utf8",
  maxBuffer: 100_000_000,
});
const report = read(stdout);
if (!report?.vulnerabilities) {
  console.error(
    "The registry does not answer npm audit, so nothing is known about vulnerabilities. Try another registry.",
  );
  process.exit(3);
}
const found = Object.entries(report.vulnerabilities);
for (const [name, { severity, range }] of found) console.error(`${name} ${range}: ${severity}`);
if (found.length > 0) process.exit(1);
console.log("No package has a known vulnerability.");

function read(text: string): { vulnerabilities?: Record<string, { severity: string; range: string }> } | undefined {
  try {
    return JSON.parse(text) as ReturnType<typeof read>;
  } catch {
    return undefined;
  }
}
