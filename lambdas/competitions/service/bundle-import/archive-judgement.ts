/** Judges the archives of a task as workers will, so that nobody finds out only when every submission fails. */
import { maxMetadataBytes, metadataNames, type MetadataFile } from "../../../jobs/rules/command.ts";
import { entryFault, isLink, linkFault } from "../../../jobs/rules/archive-entry.ts";
import { bundleError, bundleWarning } from "../../rules/bundle-format/problems.ts";
import type { BundleProblem, TaskFiles } from "../../rules/competition.ts";
import { programFault } from "../../rules/program-archive.ts";
import { substitutionsFor } from "../../rules/substitutions.ts";
import type { BundleArchive, NamedEntry } from "./bundle-archive.ts";

/** What an archive is for. */
export interface ArchiveUse {
  role: keyof TaskFiles;
  ingestionOnlyDuringScoring: boolean;
  /** Where the description names it. */
  path: string;
}

/** No file system takes a longer path, so no link is longer. */
const maxLinkBytes = 4096;

/**
 * What is wrong with a folder of a zip that becomes the archive of a task, or with a whole zip if `folder` is empty. A
 * scoring program that cannot run is an error. Without its ingestion program a task may still work, so that is a
 * warning.
 */
export async function problemsOfArchive(
  archive: BundleArchive,
  folder: string,
  use: ArchiveUse,
): Promise<BundleProblem[]> {
  const files = archive.filesUnder(folder);
  const unpackable = await firstFault(archive, files);
  if (unpackable !== null) return [bundleError("BND-14", use.path, unpackable)];
  if (use.role !== "scoring_program" && use.role !== "ingestion_program") return [];
  const isScoring = use.role === "scoring_program";
  const step = isScoring || use.ingestionOnlyDuringScoring ? "scoring" : "prediction";
  const metadata = await metadataOf(archive, files);
  if (metadata === "link") return [];
  const fault = programFault(
    files.map(({ name }) => name),
    metadata,
    substitutionsFor(isScoring ? "program" : "ingestion", step, use.ingestionOnlyDuringScoring),
  );
  if (!fault) return [];
  // In a bundle, the description can name the inner folder.
  const inner = folder === "" ? "" : `${folder}/${fault.detail}`;
  const describe = isScoring ? bundleError : bundleWarning;
  return [describe(fault.name, use.path, fault.detail, inner)];
}

/** Why workers cannot unpack the files. Null if they can. */
async function firstFault(archive: BundleArchive, files: NamedEntry[]): Promise<string | null> {
  for (const { name, entry } of files) {
    const named = { ...entry, path: name };
    const fault =
      entryFault(named) ??
      (isLink(entry.mode) ? linkFault(name, (await archive.head(entry, maxLinkBytes)).toString()) : null);
    if (fault !== null) return fault;
  }
  return null;
}

/** The metadata file that workers read. "link" if it is a link, which is not followed here. */
async function metadataOf(archive: BundleArchive, files: NamedEntry[]): Promise<MetadataFile | "link" | null> {
  for (const name of metadataNames) {
    const file = files.find((one) => one.name === name);
    if (!file) continue;
    if (isLink(file.entry.mode)) return "link";
    return { name, text: new TextDecoder().decode(await archive.head(file.entry, maxMetadataBytes)) };
  }
  return null;
}
