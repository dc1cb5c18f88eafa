/** `phases`: their fields, their order and the checks of their dates. */
import type { BundleListing, PhaseDescription } from "../competition.ts";
import type { Draft } from "./draft.ts";
import { Fields, dateOf, integerOf } from "./fields.ts";
import { optionalSource } from "./files.ts";
import { readTaskIndexes } from "./tasks.ts";
import type { TaskIndex } from "./tasks.ts";

/** Default time limit of a step, in seconds. */
export const defaultTimeLimitSeconds = 600;

/** A phase with its path in the YAML, where phases may be in another order. */
export interface PlacedPhase {
  phase: PhaseDescription;
  fields: Fields;
}

/** Reads `phases` of version 2, in the order of their `index`. */
export function readPhases(
  fields: Fields,
  listing: BundleListing,
  indexes: ReadonlySet<TaskIndex>,
): PhaseDescription[] {
  const { draft } = fields;
  const given = fields.get("phases");
  const items = fields.list("phases");
  if (!given) draft.error("BND-40", fields.at("phases"));
  else if (given.node.kind === "sequence" && items.length === 0) draft.error("BND-41", given.path);

  const phases = items
    .flatMap((item) => Fields.of(draft, item) ?? [])
    .map((phase) => ({ phase, order: phase.integer("index", 0, -maxPhaseIndex, maxPhaseIndex) }))
    .sort((one, other) => one.order - other.order)
    .map(({ phase }, index) => ({ phase: readPhase(phase, index, listing, indexes), fields: phase }));
  for (const [index, { fields: phase }] of phases.entries()) draft.place(`phases[${index}]`, phase.path);
  checkOrder(draft, phases, "start");
  return phases.map(({ phase }) => phase);
}

const maxPhaseIndex = Number.MAX_SAFE_INTEGER;

function readPhase(
  fields: Fields,
  index: number,
  listing: BundleListing,
  indexes: ReadonlySet<TaskIndex>,
): PhaseDescription {
  const { draft } = fields;
  const tasks = fields.get("tasks");
  if (!tasks || (tasks.node.kind === "sequence" && tasks.node.items.length === 0)) draft.error("BND-43", fields.path);
  const start = fields.get("start");
  if (!start) draft.error("BND-99:start", fields.at("start"));
  const migrate = fields.boolean("auto_migrate_to_this_phase", false);
  if (migrate && index === 0) draft.error("BND-44", fields.at("auto_migrate_to_this_phase"));

  const phase: PhaseDescription = {
    index,
    name: fields.requiredText("name", 256),
    description: fields.text("description"),
    start: start ? dateOf(draft, start) : new Date(NaN),
    end: endOf(fields, "end"),
    tasks: readTaskIndexes(fields, indexes, "BND-99:task"),
    ...readLimits(fields),
    autoMigrateToThisPhase: migrate,
    ...readSharing(fields, listing),
    blind: fields.boolean("blind", false),
    acceptsSubmissions: fields.boolean("accepts_submissions", true),
  };
  fields.ignore("solutions", "accepts_only_result_submissions", "phase_never_ends");
  fields.warnOfUnknownKeys(
    {
      max_submissions_per_person: "max_submissions",
      label: "name",
      title: "name",
      start_date: "start",
      end_date: "end",
      auto_migration: "auto_migrate_to_this_phase",
      timeout: "execution_time_limit",
    },
    "phase",
  );
  return phase;
}

/** The end of a phase. Null if it is missing or an empty text. */
export function endOf(fields: Fields, key: string): Date | null {
  const end = fields.get(key);
  return end && !(end.node.kind === "text" && end.node.value.trim() === "") ? dateOf(fields.draft, end) : null;
}

/** Reads the submission and storage limits, which have the same keys in versions 1.5 and 2. */
export function readLimits(
  fields: Fields,
): Pick<
  PhaseDescription,
  | "maxSubmissionsPerDay"
  | "maxSubmissionsPerPerson"
  | "executionTimeLimit"
  | "maxSubmissionSize"
  | "deleteSubmissionsExceptBestAndLast"
> {
  return {
    maxSubmissionsPerDay: submissionLimit(fields, "max_submissions_per_day", 5),
    maxSubmissionsPerPerson: submissionLimit(fields, "max_submissions", 100),
    executionTimeLimit: fields.integer("execution_time_limit", 0) || defaultTimeLimitSeconds,
    maxSubmissionSize: submissionLimit(fields, "max_submission_size", null),
    deleteSubmissionsExceptBestAndLast: fields.boolean("delete_submissions_except_best_and_last", false),
  };
}

/** If the key is absent, the default limit applies; null and 0 mean no limit. */
function submissionLimit(fields: Fields, key: string, defaultLimit: number | null): number | null {
  const node = fields.raw(key);
  if (node === undefined) return defaultLimit;
  if (node.kind === "null") return null;
  return integerOf(fields.draft, { node, path: fields.at(key) }) || null;
}

/** Reads what participants may see of a phase. The keys are the same in versions 1.5 and 2. */
export function readSharing(
  fields: Fields,
  listing: BundleListing,
): Pick<PhaseDescription, "hideOutput" | "hidePredictionOutput" | "hideScoreOutput" | "publicData" | "startingKit"> {
  return {
    hideOutput: fields.boolean("hide_output", false),
    hidePredictionOutput: fields.boolean("hide_prediction_output", false),
    hideScoreOutput: fields.boolean("hide_score_output", false),
    publicData: optionalSource(fields, listing, "public_data"),
    startingKit: optionalSource(fields, listing, "starting_kit"),
  };
}

/**
 * Checks that each phase except the last has an end, and ends before the next one starts, unless it never ends
 * (`phase_never_ends`). `start` is the key that problems point at. Dates that could not be read are invalid, so comparisons with them are false and report nothing.
 */
export function checkOrder(draft: Draft, phases: readonly PlacedPhase[], start: string): void {
  phases.forEach(({ phase, fields }, i) => {
    if (phase.end && phase.end < phase.start) draft.warn("BND-47", fields.path, phase.name);
    const next = phases[i + 1];
    if (!next) return;
    const begins = next.phase.start;
    if (!phase.end) {
      if (!fields.boolean("phase_never_ends", false)) draft.error("BND-42", fields.path, phase.name);
    } else if (begins < phase.end) draft.error("BND-45", next.fields.at(start), next.phase.name, phase.name);
    else if (begins.getTime() === phase.end.getTime()) {
      draft.error("BND-46", next.fields.at(start), next.phase.name, phase.name);
    }
  });
}
