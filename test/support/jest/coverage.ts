import { readdir, readFile } from "node:fs/promises";
import type { Profiler } from "node:inspector";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { V8CoverageResult } from "@jest/test-result";
import { repository } from "../files.ts";

const covered = ["lambdas/", "worker-image/"].map((folder) => pathToFileURL(join(repository, folder)).href);

/** Reads the coverage that a test's process and its child processes wrote to a folder (NODE_V8_COVERAGE). */
export async function coverageIn(folder: string): Promise<V8CoverageResult> {
  const reports = await Promise.all((await readdir(folder)).map((file) => scriptsIn(join(folder, file))));
  return reports
    .flat()
    .filter(({ url }) => covered.some((folder) => url.startsWith(folder)))
    .map((script) => ({ codeTransformResult: undefined, result: { ...script, url: fileURLToPath(script.url) } }));
}

async function scriptsIn(file: string): Promise<Profiler.ScriptCoverage[]> {
  const report = await readFile(file, "utf8");
  try {
    return (JSON.parse(report) as { result: Profiler.ScriptCoverage[] }).result;
  } catch {
    // Its process was killed while it wrote.
    return [];
  }
}
