/** Reads bundles in memory as an upload and `benchstack validate` do. */
import assert from "node:assert/strict";
import type { BundleResult } from "../../../lambdas/competitions/rules/competition.ts";
import { openBundle, type BundleArchive } from "../../../lambdas/competitions/service/bundle-import/bundle-archive.ts";
import type { ByteSource } from "../../../lambdas/competitions/service/bundle-import/byte-source.ts";
import { describeBundle } from "../../../lambdas/competitions/service/bundle-import/bundle-description.ts";

export const inMemory = (content: Buffer): ByteSource => ({
  size: content.length,
  bytes: (start, end) => Promise.resolve(content.subarray(start, end)),
  async *pieces(start, end) {
    yield content.subarray(start, end);
  },
});

/** The result of reading a zip, with its archive. */
export async function readBundle(zip: Buffer): Promise<{ result: BundleResult; archive: BundleArchive }> {
  const archive = await openBundle(inMemory(zip));
  const described = await describeBundle(archive, (competition) => Promise.resolve({ competition, problems: [] }));
  return {
    archive,
    result: described.ok ? { ...described, competition: described.found.competition } : described,
  };
}

/** The problems of a bundle as `severity code path`. Checks that it is refused exactly if one of them is an error. */
export async function problemsOf(zip: Buffer): Promise<string[]> {
  const { result } = await readBundle(zip);
  const problems = result.problems.map(({ severity, code, path }) => `${severity} ${code} ${path}`.trim());
  assert.equal(
    result.ok,
    problems.every((problem) => problem.startsWith("warning")),
  );
  return problems;
}
