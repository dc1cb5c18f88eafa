/**
 * Converts competition.yaml of versions 1.5 and 1.8 (CodaLab) to a competition of version 2. Warnings report the
 * differences: BND-74 converted, BND-75 not converted, BND-76 to be checked.
 */
import type { BundleListing, CompetitionDescription } from "../competition.ts";
import { Fields } from "./fields.ts";
import type { Placed } from "./fields.ts";
import { bundleFile } from "./files.ts";
import { readLogo } from "./logo.ts";
import { readLeaderboards } from "./version-1-leaderboard.ts";
import { readPhases } from "./version-1-phases.ts";
import { readImage, readSettings } from "./version-2.ts";

/** Reads a competition. If the draft has failed, the result contains placeholders. */
export function readVersion1(fields: Fields, listing: BundleListing): CompetitionDescription {
  const title = fields.requiredText("title", 256);
  const { terms, pages } = readPages(fields, listing);
  const { phases, tasks, sources } = readPhases(fields, listing);
  const competition: CompetitionDescription = {
    title,
    image: readLogo(fields, listing),
    terms,
    pages,
    ...readSettings(fields),
    registrationAutoApprove: !readRegistration(fields),
    dockerImage: readImage(fields, "competition_docker_image"),
    enableNetwork: false,
    liftTopFolders: true,
    canParticipantsMakeSubmissionsPublic: true,
    competitionType: "competition",
    reward: null,
    contactEmail: null,
    forumEnabled: !fields.raw("enable_forum") || isSet(fields, "enable_forum"),
    factSheet: null,
    dumpedSettings: null,
    tasks,
    solutions: [],
    phases,
    ...readLeaderboards(fields, sources),
  };
  reportDropped(fields, sources);
  fields.warnOfUnknownKeys({ docker_image: "competition_docker_image", pages: "html" });
  return competition;
}

/** Whether an organizer has to approve participants. */
function readRegistration(fields: Fields): boolean {
  if (fields.raw("has_registration") === undefined) {
    fields.draft.warn(
      "BND-76",
      "has_registration",
      "has_registration is missing, so you have to approve each participant. CodaLab did not require that.",
    );
  }
  return fields.boolean("has_registration", fields.raw("has_registration") === undefined);
}

function readPages(fields: Fields, listing: BundleListing): Pick<CompetitionDescription, "terms" | "pages"> {
  const { draft } = fields;
  const html = fields.get("html");
  const entries = (html && Fields.of(draft, html)?.entries()) ?? [];
  const isTerms = (entry: { key: string } & Placed) => entry.key === "terms" && entry.node.kind !== "null";
  const terms = entries.find(isTerms);
  if (!html) draft.error("BND-70", fields.at("html"));
  else if (terms) draft.place("terms", terms.path);
  else if (html.node.kind === "mapping") draft.error("BND-71", html.path);
  const pages = entries
    .filter((entry) => entry.key !== "terms")
    .map((entry, index) => {
      draft.place(`pages[${index}].file`, entry.path);
      const title = Array.from(entry.key.trim());
      if (title.length === 0) draft.error("BND-20:blank", entry.path, "The name of this page");
      if (title.length > 255) draft.error("BND-20:length", entry.path, String(title.length), "255");
      return { title: entry.key.trim(), file: bundleFile(draft, listing, entry, "BND-25") };
    });
  return { terms: terms ? bundleFile(draft, listing, terms, "BND-25") : "", pages };
}

/** Settings without a counterpart here, with what organizers should know or do. */
const droppedSettings: Record<string, string> = {
  allow_teams: "teams. Use organizations instead.",
  enable_per_submission_metadata: "enable_per_submission_metadata. Use a fact sheet instead.",
  enable_medical_image_viewer: "enable_medical_image_viewer.",
  url_redirect: "url_redirect.",
  reward: "reward. Set it in the editor.",
  admin_names: "admin_names. Add the other organizers in the editor.",
};

function reportDropped(fields: Fields, phases: readonly Fields[]): void {
  const { draft } = fields;
  for (const [key, what] of Object.entries(droppedSettings)) {
    if (isSet(fields, key)) draft.warn("BND-75", fields.at(key), what);
  }
  if (fields.raw("allow_public_submissions") && !isSet(fields, "allow_public_submissions")) {
    draft.warn("BND-76", fields.at("allow_public_submissions"), "participants can make their submissions public here.");
  }
  for (const phase of phases) {
    if (isSet(phase, "datasets")) {
      draft.warn("BND-75", phase.at("datasets"), "datasets (links to external data). Put the links on a page.");
    }
    if (isSet(phase, "participant_max_storage_use")) {
      draft.warn(
        "BND-75",
        phase.at("participant_max_storage_use"),
        "participant_max_storage_use. Use max_submission_size, which limits the size of each submission.",
      );
    }
    phase.ignore("color", "is_scoring_only");
    phase.warnOfUnknownKeys({ name: "label", start: "start_date", max_submissions_per_person: "max_submissions" });
  }
  fields.ignore("start_date", "show_datasets_from_yaml");
}

/** Whether a key has a value other than false, 0 or empty. */
function isSet(fields: Fields, key: string): boolean {
  const node = fields.get(key)?.node;
  switch (node?.kind) {
    case undefined:
      return false;
    case "boolean":
    case "text":
      return Boolean(node.value);
    case "integer":
      return node.value !== 0n;
    default:
      return true;
  }
}
