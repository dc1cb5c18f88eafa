import { readdir, readFile, rm } from "node:fs/promises";
import type { Profiler } from "node:inspector";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { V8CoverageResult } from "@jest/test-result";
import { repository } from "../files.ts";

const covered = ["lambdas/", "worker-image/"].map((folder) => pathToFileURL(join(repository, folder)).href);

/** Takes the coverage out of a folder to which a test's process and its child processes write it (NODE_V8_COVERAGE). */
export async function takeCoverageOf(folder: string): Promise<V8CoverageResult> {
  const reports = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const file = join(folder, name);
      const scripts = await scriptsIn(file);
      await rm(file);
      return scripts;
    }),
  );
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
