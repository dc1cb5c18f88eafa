import { parseBundle, placeInFile } from "../../rules/bundle-format/index.ts";
import { hasErrors, missingYaml } from "../../rules/bundle-format/problems.ts";
import type { BundleProblem, CompetitionDescription } from "../../rules/competition.ts";
import type { BundleArchive } from "./bundle-archive.ts";
import { BadArchive } from "./bundle-entry.ts";
import { readPages, type Pages } from "./bundle-pages.ts";
import { judgeCompetitionFiles } from "./task-files.ts";
import { partsOf, problemsOfParts } from "./bundle-storing.ts";

/**
 * A competition whose keys of existing datasets, tasks and solutions were looked up, and the problems with these keys.
 */
interface Resolved {
  competition: CompetitionDescription;
  problems: BundleProblem[];
}

/** A bundle that can be imported, with its warnings, or all problems of one that cannot. */
export type Description<Found extends Resolved> =
  | { ok: true; found: Found; pages: Pages; problems: BundleProblem[]; places: ReadonlyMap<string, string> }
  | { ok: false; problems: BundleProblem[] };

/**
 * Reads a bundle's description and pages, and what decides whether its programs can run. Does not read its data. `resolve` looks up everything that
 * the bundle refers to by key. Only that needs the platform, so a local check reports the same problems as an upload.
 */
export async function describeBundle<Found extends Resolved>(
  archive: BundleArchive,
  resolve: (competition: CompetitionDescription) => Promise<Found>,
): Promise<Description<Found>> {
  try {
    if (archive.listing.kind("competition.yaml") !== "file")
      return { ok: false, problems: [missingYaml(archive.filesUnder("").map((file) => file.name))] };
    const parsed = parseBundle(await archive.text("competition.yaml"), archive.listing);
    if (!parsed.ok) return parsed;
    const judged = await judgeCompetitionFiles(archive, parsed.competition);
    const found = await resolve(judged.competition);
    const newProblems = [...judged.problems, ...found.problems];
    const pages = await readPages(archive, found.competition, newProblems);
    const { places } = parsed;
    const problems = [
      ...parsed.problems,
      ...newProblems.map((problem) => ({ ...problem, path: placeInFile(places, problem.path) })),
      ...problemsOfParts(archive, partsOf(found.competition)),
    ];
    return hasErrors(problems) ? { ok: false, problems } : { ok: true, found, pages, problems, places };
  } catch (error) {
    if (!(error instanceof BadArchive)) throw error;
    return { ok: false, problems: [error.problem] };
  }
}
