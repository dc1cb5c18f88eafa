import { parseBundle, placeInFile } from "../../rules/bundle-format/index.ts";
import { hasErrors, missingYaml } from "../../rules/bundle-format/problems.ts";
import type { BundleProblem, CompetitionDescription } from "../../rules/competition.ts";
import type { BundleArchive } from "./bundle-archive.ts";
import { BadArchive } from "./bundle-entry.ts";
import { readPages, type Pages } from "./bundle-pages.ts";
import { partsOf, problemsOfParts } from "./bundle-storing.ts";

/** A competition once what it names by key was looked up, and what is wrong with those keys. */
interface Resolved {
  competition: CompetitionDescription;
  problems: BundleProblem[];
}

/** A bundle that can be imported, with what its organizer should know; or all that is wrong with it. */
export type Description<Found extends Resolved> =
  | { ok: true; found: Found; pages: Pages; problems: BundleProblem[]; places: ReadonlyMap<string, string> }
  | { ok: false; problems: BundleProblem[] };

/**
 * Reads all that a bundle says, but for the content of its files. `resolve` looks up what it names by key, which is all
 * that is not in the bundle; so a check without a platform reports what an upload would.
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
    const found = await resolve(parsed.competition);
    const unplaced = [...found.problems];
    const pages = await readPages(archive, found.competition, unplaced);
    const { places } = parsed;
    const problems = [
      ...parsed.problems,
      ...unplaced.map((problem) => ({ ...problem, path: placeInFile(places, problem.path) })),
      ...problemsOfParts(archive, partsOf(found.competition)),
    ];
    return hasErrors(problems) ? { ok: false, problems } : { ok: true, found, pages, problems, places };
  } catch (error) {
    if (!(error instanceof BadArchive)) throw error;
    return { ok: false, problems: [error.problem] };
  }
}
