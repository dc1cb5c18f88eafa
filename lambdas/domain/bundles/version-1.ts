/**
 * competition.yaml of versions 1.5 and 1.8, CodaLab's, as a competition of version 2. What cannot be the same is told in
 * warnings, which together are the report of the conversion: BND-74 mapped, BND-75 dropped, BND-76 to be checked.
 */
import type { BundleListing, CompetitionDescription, PhaseDescription, TaskDescription } from "../competition.ts";
import { Fields, dateOf } from "./fields.ts";
import type { Placed } from "./fields.ts";
import { bundleFile, optionalSource } from "./files.ts";
import { readLogo } from "./logo.ts";
import { checkOrder, endOf, readLimits, readSharing } from "./phases.ts";
import type { PlacedPhase } from "./phases.ts";
import { readLeaderboard } from "./version-1-leaderboard.ts";
import { defaultImage, readSettings } from "./version-2.ts";

/** Reads a competition. What it gives back holds placeholders when the draft has failed. */
export function readVersion1(fields: Fields, listing: BundleListing): CompetitionDescription {
  const title = fields.requiredText("title", 256);
  const { terms, pages } = readPages(fields, listing);
  const phases = readPhases(fields);
  const placed = phases.map((phase, index) => ({ phase: readPhase(phase, index, listing), fields: phase }));
  for (const [index, { fields: phase }] of placed.entries())
    for (const part of ["phases", "tasks"]) fields.draft.place(`${part}[${index}]`, phase.path);
  setEnds(fields, placed);
  checkOrder(fields.draft, placed, "start_date");
  const competition: CompetitionDescription = {
    title,
    image: readLogo(fields, listing),
    terms,
    pages,
    ...readSettings(fields),
    registrationAutoApprove: !readRegistration(fields),
    dockerImage: fields.text("competition_docker_image", 128) ?? defaultImage,
    enableNetwork: false,
    canParticipantsMakeSubmissionsPublic: true,
    competitionType: "competition",
    reward: null,
    contactEmail: null,
    forumEnabled: true,
    factSheet: null,
    dumpedSettings: null,
    tasks: placed.map((phase) => readTask(phase, listing)),
    solutions: [],
    phases: placed.map(({ phase }) => phase),
    leaderboard: readLeaderboard(fields, phases),
  };
  reportDropped(fields, phases);
  fields.warnOfUnknownKeys({ docker_image: "competition_docker_image", pages: "html" });
  return competition;
}

/** Whether an organizer has to approve participants. */
function readRegistration(fields: Fields): boolean {
  if (fields.raw("has_registration") === undefined) {
    fields.draft.warn(
      "BND-76",
      "has_registration",
      "has_registration is missing, so you have to approve each participant, which CodaLab did not ask for.",
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

/** The phases in the order of their numbers, without those that only held parallel ones together. */
function readPhases(fields: Fields): Fields[] {
  const { draft } = fields;
  const given = fields.get("phases");
  if (!given) draft.error("BND-40", fields.at("phases"));
  const entries = (given && Fields.of(draft, given)?.entries()) ?? [];
  const sorted = entries
    .flatMap((entry) => Fields.of(draft, entry) ?? [])
    .map((phase) => {
      if (!phase.get("phasenumber")) draft.error("BND-20:required", phase.at("phasenumber"), "phasenumber");
      return { phase, number: phase.integer("phasenumber", 0) };
    })
    .sort((one, other) => one.number - other.number);

  const parentNumbers = new Set(sorted.map(({ phase }) => phase.integer("parent_phasenumber", 0) || 0));
  parentNumbers.delete(0);
  const isParent = ({ phase, number }: { phase: Fields; number: number }) =>
    phase.boolean("is_parallel_parent", false) || parentNumbers.has(number);
  const parents = new Set(sorted.filter(isParent));
  const [first] = sorted;
  if (parents.size === 0 && first && parentNumbers.size > 0) parents.add(first);
  for (const { phase } of parents) {
    draft.warn("BND-75", phase.path, "this phase only held parallel phases together; those become phases of their own, one after the other.");
  }
  const phases = sorted.filter((entry) => !parents.has(entry)).map(({ phase }) => phase);
  if (given && given.node.kind === "mapping" && phases.length === 0) draft.error("BND-41", given.path);
  return phases;
}

/** A phase but for its end, which the next one's start decides. */
function readPhase(fields: Fields, index: number, listing: BundleListing): PhaseDescription {
  const { draft } = fields;
  const start = fields.get("start_date");
  if (!start) draft.error("BND-99:start", fields.at("start_date"));
  const migrate = fields.boolean("auto_migration", false);
  if (migrate && index === 0) {
    draft.warn("BND-74", fields.at("auto_migration"), "auto_migration of the first phase is taken for false, as CodaLab did.");
  }
  if (!fields.raw("max_submissions_per_day")) {
    draft.warn("BND-76", fields.path, "max_submissions_per_day is missing, so participants may submit 5 times a day; CodaLab allowed 999.");
  }
  return {
    index,
    // The task is named after it and may have 256 characters too.
    name: fields.requiredText("label", 256 - taskNameEnd.length),
    description: fields.text("description"),
    start: start ? dateOf(draft, start) : new Date(NaN),
    end: null,
    tasks: [index],
    ...readLimits(fields),
    autoMigrateToThisPhase: migrate && index > 0,
    ...readSharing(fields, listing),
  };
}

const taskNameEnd = " Task";

/** CodaLab's phases have no end: each lasts until the next starts, the last until the competition's end_date. */
function setEnds(fields: Fields, phases: readonly PlacedPhase[]): void {
  phases.forEach(({ phase }, i) => {
    const next = phases[i + 1]?.phase;
    if (next) phase.end = new Date(next.start.getTime() - 1000);
  });
  if (phases.length > 1) {
    fields.draft.warn("BND-74", "phases", "each phase ends one second before the next one starts.");
  }
  const last = phases.at(-1);
  const end = fields.get("end_date");
  if (last && end && !(end.node.kind === "text" && end.node.value === "null")) {
    last.phase.end = endOf(fields, "end_date");
    if (last.fields.boolean("phase_never_ends", false)) {
      fields.draft.warn("BND-76", last.fields.at("phase_never_ends"), "the last phase ends at end_date all the same.");
    }
  }
}

/** The one task of a phase. A phase without a scoring program is taken, as Codabench does, but nothing in it can run. */
function readTask({ phase, fields }: PlacedPhase, listing: BundleListing): TaskDescription {
  if (!fields.get("scoring_program")) {
    fields.draft.warn("BND-76", fields.path, "this phase has no scoring_program, so every submission to it will fail.");
  }
  return {
    index: phase.index,
    name: `${phase.name}${taskNameEnd}`,
    description: phase.description,
    files: {
      scoring_program: optionalSource(fields, listing, "scoring_program"),
      ingestion_program: optionalSource(fields, listing, "ingestion_program"),
      input_data: optionalSource(fields, listing, "input_data"),
      reference_data: optionalSource(fields, listing, "reference_data"),
    },
    ingestionOnlyDuringScoring: fields.boolean("ingestion_program_only_during_scoring", false),
  };
}

/** Settings of a competition that have no counterpart, with what organizers should know. */
const droppedSettings: Record<string, string> = {
  allow_teams: "teams. Use organizations instead.",
  anonymous_leaderboard: "anonymous_leaderboard. The leaderboard shows names.",
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
  if (fields.raw("enable_forum") && !isSet(fields, "enable_forum")) {
    draft.warn("BND-75", fields.at("enable_forum"), "enable_forum. There is a forum; turn it off in the editor.");
  }
  if (fields.raw("allow_public_submissions") && !isSet(fields, "allow_public_submissions")) {
    draft.warn("BND-76", fields.at("allow_public_submissions"), "participants can make submissions public here.");
  }
  for (const phase of phases) {
    if (isSet(phase, "datasets")) {
      draft.warn("BND-75", phase.at("datasets"), "datasets (links to data elsewhere). Put the links on a page.");
    }
    phase.ignore("color", "is_scoring_only");
    phase.warnOfUnknownKeys({ name: "label", start: "start_date", max_submissions_per_person: "max_submissions" });
  }
  fields.ignore("start_date", "show_datasets_from_yaml");
}

/** Whether a key has a value that stands for something: not false, 0 or empty. */
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
