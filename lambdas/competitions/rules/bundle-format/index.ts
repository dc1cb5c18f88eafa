/** Reads bundles: zips with a competition.yaml (or task.yaml) that describes a competition (or a task). */
import type { BundleListing, BundleResult } from "../competition.ts";
import { readDocument } from "./document.ts";
import { Draft } from "./draft.ts";
import type { Fields } from "./fields.ts";
import { scalarText } from "../../../jobs/rules/yaml/scalars.ts";
import { readVersion1 } from "./version-1.ts";
import { readVersion2 } from "./version-2.ts";
import { describe } from "./wording.ts";

export { bundleProblem, hasErrors, missingYaml } from "./problems.ts";
export type { UnpackerCode } from "./problems.ts";
export { parseTaskYaml } from "./task-yaml.ts";
export type { TaskYamlResult, UploadedTask } from "./task-yaml.ts";

/**
 * Reads competition.yaml of version 2 (Codabench), or 1.5 and 1.8 (CodaLab). Returns the competition and its warnings,
 * or all problems if there are errors. Never throws.
 *
 * The caller must still check that the datasets, tasks, solutions and queues exist and may be used, that the logo is an
 * image, and that pages are text. Paths in the result are relative to the root, normalized and present
 * in the listing.
 */
export function parseBundle(yamlText: string, listing: BundleListing): BundleResult {
  const draft = new Draft();
  const fields = readDocument(draft, yamlText);
  const competition = fields && readCompetition(fields, listing);
  return competition && !draft.failed
    ? { ok: true, competition, problems: draft.problems(), places: draft.places }
    : { ok: false, problems: draft.problems() };
}

/** Translates a path in the description to the path in the file. */
export function placeInFile(places: ReadonlyMap<string, string>, path: string): string {
  const part = [...places.keys()].find((described) => path === described || path.startsWith(`${described}.`));
  return part === undefined ? path : places.get(part)! + path.slice(part.length);
}

/** Keys that exist only in version 2. They show that a file without a version was meant as version 2. */
const version2Keys = ["leaderboards", "tasks", "pages", "terms"];

function readCompetition(fields: Fields, listing: BundleListing) {
  const node = fields.raw("version");
  const version = node ? (scalarText(node)?.trim() ?? describe(node)) : "1";
  switch (version) {
    case "2":
      return readVersion2(fields, listing);
    case "1":
    case "1.5":
      if (!node && !fields.get("html") && version2Keys.some((key) => fields.get(key))) {
        fields.draft.error("BND-70:version", "version");
        return null;
      }
      return readVersion1(fields, listing);
    default:
      fields.draft.error("BND-03", "version", version);
      return null;
  }
}
