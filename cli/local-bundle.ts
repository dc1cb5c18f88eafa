import { createReadStream } from "node:fs";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { buffer } from "node:stream/consumers";
import { parseBundle } from "../lambdas/domain/bundles/index.ts";
import { missingYaml } from "../lambdas/domain/bundles/problems.ts";
import type { BundleResult } from "../lambdas/domain/competition.ts";
import { openBundle, type BundleArchive, type ByteSource } from "../lambdas/services/bundle-archive.ts";
import { BadArchive } from "../lambdas/services/bundle-entry.ts";
import { packFolder } from "../scripts/pack.ts";

function fileSource(path: string, size: number): ByteSource {
  const pieces = (start: number, end: number) => createReadStream(path, { start, end: end - 1 });
  return { size, pieces, bytes: (start, end) => buffer(pieces(start, end)) };
}

/** The zip at a path, or one made of the folder at it; `release` removes what was made. */
export async function zipAt(path: string): Promise<{ path: string; size: number; release: () => Promise<void> }> {
  const found = await stat(path).catch(() => {
    throw new Error(`There is no file or folder ${path}.`);
  });
  if (!found.isDirectory()) return { path, size: found.size, release: () => Promise.resolve() };
  const folder = await mkdtemp(join(tmpdir(), "benchstack-"));
  const zip = join(folder, `${basename(resolve(path))}.zip`);
  const content = await packFolder(path);
  await writeFile(zip, content);
  return { path: zip, size: content.length, release: () => rm(folder, { recursive: true, force: true }) };
}

/** Reads a bundle as its upload would, but for keys of datasets, tasks and queues, which only a platform knows. */
export async function readBundle<Result>(
  path: string,
  use: (result: BundleResult, archive: BundleArchive | null) => Promise<Result>,
): Promise<Result> {
  const zip = await zipAt(path);
  try {
    const archive = await openBundle(fileSource(zip.path, zip.size));
    return await use(await parse(archive), archive);
  } catch (error) {
    if (!(error instanceof BadArchive)) throw error;
    return await use({ ok: false, problems: [error.problem] }, null);
  } finally {
    await zip.release();
  }
}

async function parse(archive: BundleArchive): Promise<BundleResult> {
  if (archive.listing.kind("competition.yaml") !== "file")
    return { ok: false, problems: [missingYaml(archive.filesUnder("").map((file) => file.name))] };
  return parseBundle(await archive.text("competition.yaml"), archive.listing);
}
