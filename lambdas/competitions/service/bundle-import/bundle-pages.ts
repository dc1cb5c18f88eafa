import { imageFormat, isCutOff, signatureBytes } from "../../../kernel/objects/image-format.ts";
import { bundleError, bundleProblem } from "../../rules/bundle-format/problems.ts";
import type { BundleProblem, CompetitionDescription } from "../../rules/competition.ts";
import { maxLogoBytes } from "../../../accounts/service/images.ts";
import type { BundleArchive } from "./bundle-archive.ts";
import { BadText } from "./bundle-entry.ts";

/** Texts of a competition that are stored in the database: terms and pages. */
export interface Pages {
  terms: string;
  pages: { title: string; content: string }[];
}

/** Maximum number of characters of all pages together. */
const maxCharacters = 20 * 1024 ** 2;

/** Reads terms and pages, and checks that the logo is an image. Adds what is wrong to `problems`. */
export async function readPages(
  archive: BundleArchive,
  competition: CompetitionDescription,
  problems: BundleProblem[],
): Promise<Pages> {
  const known = new Map<string, string>();
  let characters = 0;
  async function read(file: string, path: string): Promise<string> {
    try {
      const text = known.get(file) ?? (await archive.text(file));
      known.set(file, text);
      characters += text.length;
      if (characters > maxCharacters)
        throw new BadText(`The pages have more than ${maxCharacters} characters in total. Link to long texts instead.`);
      // A dump contains a line break for an empty page, because a bundle must not contain empty pages.
      return text.trim() === "" ? "" : text;
    } catch (error) {
      if (!(error instanceof BadText)) throw error;
      problems.push(bundleProblem("BND-99", path, error.message));
      return "";
    }
  }

  problems.push(...(await problemsOfLogo(archive, competition.image)));
  const terms = await read(competition.terms, "terms");
  const pages: Pages["pages"] = [];
  for (const [index, { title, file }] of competition.pages.entries()) {
    // The limit is reported once, at the first page that exceeds it.
    if (characters > maxCharacters) break;
    pages.push({ title, content: await read(file, `pages[${index}].file`) });
  }
  return { terms, pages };
}

async function problemsOfLogo(archive: BundleArchive, path: string): Promise<BundleProblem[]> {
  const { entry } = archive.filesUnder(path)[0]!;
  const isSmall = entry.size <= maxLogoBytes;
  const image = await archive.head(entry, isSmall ? entry.size : signatureBytes);
  if (imageFormat(image) === null) return [bundleError("BND-23", "image", path)];
  return isSmall && isCutOff(image) ? [bundleError("BND-23:cut", "image", path)] : [];
}
