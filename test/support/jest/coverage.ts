import { readdir, readFile } from "node:fs/promises";
import type { Profiler } from "node:inspector";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { V8CoverageResult } from "@jest/test-result";
import { repository } from "../files.ts";

const covered = ["lambdas/", "worker-image/"].map((folder) => pathToFileURL(join(repository, folder)).href);

/** Reads the coverage that a test's process and its child processes wrote to a folder (NODE_V8_COVERAGE). */
export async function coverageIn(folder: string): Promise<V8CoverageResult> {
  const files = await readdir(folder);
  const reports = await Promise.all(
    files.map(async (file) => JSON.parse(await readFile(join(folder, file), "utf8")) as { result: ScriptCoverage[] }),
  );
  return reports
    .flatMap(({ result }) => result)
    .filter(({ url }) => covered.some((folder) => url.startsWith(folder)))
    .map((script) => ({ codeTransformResult: undefined, result: { ...script, url: fileURLToPath(script.url) } }));
}

type ScriptCoverage = Profiler.ScriptCoverage;
