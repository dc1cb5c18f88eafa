import { createReadStream } from "node:fs";
import { basename, dirname } from "node:path";
import { buffer } from "node:stream/consumers";
import type { BundleResult } from "../lambdas/competitions/rules/competition.ts";
import { openBundle, type BundleArchive } from "../lambdas/competitions/service/bundle-import/bundle-archive.ts";
import type { ByteSource } from "../lambdas/competitions/service/bundle-import/byte-source.ts";
import { describeBundle } from "../lambdas/competitions/service/bundle-import/bundle-description.ts";
import { BadArchive } from "../lambdas/competitions/service/bundle-import/bundle-entry.ts";
import { zipAt } from "./zip.ts";

function fileSource(path: string, size: number): ByteSource {
  const pieces = (start: number, end: number) => createReadStream(path, { start, end: end - 1 });
  return { size, pieces, bytes: (start, end) => buffer(pieces(start, end)) };
}

/**
 * Reads and checks a bundle in the same way as an upload does, except for keys of datasets, tasks, solutions and
 * queues, which only a platform can check. `path` is a zip, a folder, or the competition.yaml in a folder. `use`
 * receives the result; its archive is null when the zip cannot be read.
 */
export async function readBundle<Result>(
  path: string,
  use: (result: BundleResult, archive: BundleArchive | null) => Promise<Result>,
): Promise<Result> {
  const zip = await zipAt(basename(path) === "competition.yaml" ? dirname(path) : path);
  try {
    const archive = await openBundle(fileSource(zip.path, zip.size));
    return await use(await read(archive), archive);
  } catch (error) {
    if (!(error instanceof BadArchive)) throw error;
    return await use({ ok: false, problems: [error.problem] }, null);
  } finally {
    await zip.release();
  }
}

async function read(archive: BundleArchive): Promise<BundleResult> {
  const described = await describeBundle(archive, (competition) => Promise.resolve({ competition, problems: [] }));
  if (!described.ok) return described;
  return { ...described, competition: described.found.competition };
}
