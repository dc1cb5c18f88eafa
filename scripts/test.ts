/**
 * The project's tests in one command:
 *
 *     npm test                          types, lint and every test
 *     npm test -- --only unit           one kind of test: unit, integration or e2e; may be repeated
 *     npm test -- bundles               test files with this in their path
 *
 * With a selection, types and lint are left out. Starts what tests need (a PostgreSQL server, the image programs run
 * in) and stops it again. The last line is `N passed, N failed`; types and lint count as one each.
 */
import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { requireDocker } from "../test/support/docker.ts";
import { repository } from "../test/support/files.ts";
import { startPostgres } from "../test/support/postgres.ts";
import { report, reportTotals } from "../test/support/report.ts";
import { runTestFile } from "../test/support/run-file.ts";
import type { Result } from "../test/support/run-file.ts";

/** Those with the longest files first, so that no long one is left for the end, when it would run alone. */
const kinds = ["e2e", "integration", "unit"] as const;
type Kind = (typeof kinds)[number];
/** How many files run at a time. They wait for engines, databases and programs as often as they compute. */
const lanes = Math.ceil(availableParallelism() * 1.5);

/** How long a file may take, in minutes. */
const timeLimits: Record<Kind, number> = { unit: 5, integration: 10, e2e: 20 };

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => stop.abort(new Error("The run was interrupted.")));
}

const { values, positionals } = parseArgs({
  options: { only: { type: "string", multiple: true } },
  allowPositionals: true,
});
const unknown = values.only?.find((kind) => !kinds.includes(kind as Kind));
if (unknown !== undefined) {
  console.error(`--only takes ${kinds.join(", ")}; there is no "${unknown}".`);
  process.exit(2);
}
const files = kinds
  .filter((kind) => values.only?.includes(kind) ?? true)
  .flatMap((kind) =>
    globSync(`test/${kind}/**/*.test.ts`, { cwd: repository })
      .sort()
      .map((path) => ({ kind, path })),
  )
  .filter(({ path }) => positionals.length === 0 || positionals.some((part) => path.includes(part)));
const isSelection = values.only !== undefined || positionals.length > 0;

// Platforms and workers are processes too: what one of them compiled, the next does not compile again.
process.env.NODE_COMPILE_CACHE ??= join(repository, "node_modules/.cache/node-compile");

const results: Result[] = [];
const keep = (result: Result) => {
  report(result);
  results.push(result);
};

const release = files.some(({ kind }) => kind !== "unit") ? await prepare() : async () => {};
try {
  const checks = isSelection ? [] : [() => check("tsc", ["-p", "."]), () => check("eslint", ["--max-warnings=0", "."])];
  const runs = files.map(
    ({ kind, path }) =>
      () =>
        runTestFile(path, timeLimits[kind] * 60_000, stop.signal),
  );
  const left = [...checks, ...runs];
  await Promise.all(Array.from({ length: lanes }, () => work(left)));
} finally {
  await release();
}
if (files.length === 0) keep(failure("tests", "No test file matches.", 0));
process.exitCode = reportTotals(results).failed > 0 ? 1 : 0;

/** Does what is left on a list that others take from as well. */
async function work(left: (() => Promise<Result>)[]): Promise<void> {
  for (let run = left.shift(); run && !stop.signal.aborted; run = left.shift()) keep(await run());
}

/** Runs a program of the project's own dependencies over the whole source; it passes with exit code 0. */
function check(program: string, args: string[]): Promise<Result> {
  const started = performance.now();
  return new Promise((resolve) => {
    const command = `node_modules/.bin/${program}`;
    execFile(command, args, { cwd: repository, maxBuffer: 2 ** 26, signal: stop.signal }, (error, stdout, stderr) => {
      const milliseconds = performance.now() - started;
      const output = stdout + stderr || String(error);
      if (error) resolve({ ...failure(program, "", milliseconds), failures: [], output });
      else resolve({ name: program, passed: 1, failed: 0, skipped: 0, milliseconds, failures: [], output });
    });
  });
}

function failure(name: string, message: string, milliseconds: number): Result {
  const error = new Error(message);
  error.stack = message;
  return { name, passed: 0, failed: 1, skipped: 0, milliseconds, failures: [{ name: [], error }], output: "" };
}

/** Starts what more than unit tests need. What cannot be had fails the suites that ask for it, so it is only told here. */
async function prepare(): Promise<() => Promise<void>> {
  const tell = (error: unknown) => console.log(`note  ${error instanceof Error ? error.message : String(error)}`);
  const [server] = await Promise.all([
    process.env.TEST_DATABASE_URL ? null : startPostgres().catch(tell),
    requireDocker().then(() => (process.env.TEST_DOCKER = "1"), tell),
  ]);
  if (server) process.env.TEST_DATABASE_URL = server.url;
  return async () => server?.stop();
}
