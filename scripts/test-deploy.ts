/**
 * `npm run test:deploy`: runs the tests that need tools from PyPI. They deploy the platform to an emulator of AWS
 * (MiniStack) and use it there, and check every template with cfn-lint. The tools are installed into
 * `node_modules/.cache`. The last line is `N passed, N failed`. If the tools cannot be installed, it is `0 passed, 0
 * failed`, and the line before it says why.
 */
import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { repository } from "../test/support/files.ts";
import { report, reportTotals } from "../test/support/report.ts";
import { runTestFile, type Result } from "../test/support/run-file.ts";

const execute = promisify(execFile);
const tools = ["ministack==1.5.33", "cfn-lint==1.58.0"];
const minute = 60_000;
const timeLimitMs = 10 * minute;

const { positionals } = parseArgs({ allowPositionals: true });
const files = globSync("test/deploy/**/*.test.ts", { cwd: repository })
  .sort()
  .filter((path) => positionals.length === 0 || positionals.some((part) => path.includes(part)));

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.once(signal, () => stop.abort(new Error("The run was interrupted.")));

const results: Result[] = [];
try {
  process.env.PATH = `${await install()}${delimiter}${process.env.PATH}`;
} catch (error) {
  const { stderr, message } = error as Error & { stderr?: string };
  console.log(
    `skipped  The tools ${tools.join(" and ")} could not be installed: ${(stderr || message).trim().split("\n").at(-1)}`,
  );
  files.length = 0;
}
// One after the other: each of them keeps the machine busy.
for (const file of files) {
  if (stop.signal.aborted) break;
  const result = await runTestFile(file, timeLimitMs, stop.signal);
  report(result);
  results.push(result);
}
process.exitCode = reportTotals(results).failed > 0 || stop.signal.aborted ? 1 : 0;

/** Installs the tools unless these very versions are there, and gives the folder of their programs. */
async function install(): Promise<string> {
  const folder = join(repository, "node_modules/.cache/benchstack-deploy", tools.join("-").replaceAll("==", "-"));
  const installed = join(folder, "installed");
  const present = await access(installed).then(
    () => true,
    () => false,
  );
  if (!present) {
    await execute("python3", ["-m", "venv", "--clear", folder]);
    const quietly = ["--quiet", "--disable-pip-version-check", "--no-input", "--retries", "1"];
    await execute(join(folder, "bin/pip"), ["install", ...quietly, ...tools], { timeout: 5 * minute });
    await execute("touch", [installed]);
  }
  return join(folder, "bin");
}
