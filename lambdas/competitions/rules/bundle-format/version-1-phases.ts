/** `phases` of versions 1.5 and 1.8, in which each phase contains the files of its only task. */
import type { BundleListing, PhaseDescription, TaskDescription } from "../competition.ts";
import { textInstant } from "./dates.ts";
import { Fields, dateOf } from "./fields.ts";
import { optionalSource } from "./files.ts";
import { checkOrder, endOf, readLimits, readSharing } from "./phases.ts";
import type { PlacedPhase } from "./phases.ts";
import { scalarText } from "../../../jobs/rules/yaml/scalars.ts";
import type { Node } from "../../../jobs/rules/yaml/yaml.ts";

/** What the file says about a phase: its settings, and one or more mappings with the files of a task. */
interface PhaseSource {
  settings: Fields;
  tasks: Fields[];
}

/** Phases with their tasks. `sources` are the mappings that they were read from. */
export function readPhases(
  fields: Fields,
  listing: BundleListing,
): { phases: PhaseDescription[]; tasks: TaskDescription[]; sources: Fields[] } {
  const found = readSources(fields);
  const placed = found.map((source, index) => ({ phase: readPhase(source, index, listing), fields: source.settings }));
  setEnds(fields, placed);
  checkOrder(fields.draft, placed, "start_date");
  const tasks: TaskDescription[] = [];
  for (const [index, { settings, tasks: ofPhase }] of found.entries()) {
    const { phase } = placed[index]!;
    fields.draft.place(`phases[${index}]`, settings.path);
    for (const task of ofPhase) {
      fields.draft.place(`tasks[${tasks.length}]`, task.path);
      phase.tasks.push(tasks.length);
      const label = task === settings ? phase.name : labelOf(task);
      tasks.push(readTask(task, { index: tasks.length, label }, listing));
    }
  }
  return {
    phases: placed.map(({ phase }) => phase),
    tasks,
    sources: found.flatMap(({ settings, tasks: ofPhase }) => [...new Set([settings, ...ofPhase])]),
  };
}

interface NumberedPhase {
  fields: Fields;
  number: number;
}

/**
 * The phases in the order of their numbers. In version 1.8, parallel phases are merged into their parent, and a parent
 * of phases that follow each other is dropped.
 */
function readSources(fields: Fields): PhaseSource[] {
  const { draft } = fields;
  const given = fields.get("phases");
  if (!given) draft.error("BND-40", fields.at("phases"));
  const entries = (given && Fields.of(draft, given)?.entries()) ?? [];
  const sorted = entries
    .flatMap((entry) => Fields.of(draft, entry) ?? [])
    .map((phase): NumberedPhase => {
      if (!phase.get("phasenumber")) draft.error("BND-20:required", phase.at("phasenumber"), "phasenumber");
      return { fields: phase, number: phase.integer("phasenumber", 0) };
    })
    .sort((one, other) => one.number - other.number);

  const children = childrenOf(sorted);
  const parents = sorted.filter(
    ({ fields: phase, number }) => phase.boolean("is_parallel_parent", false) || children.has(number),
  );
  // If no parent of these children is in the file, the first phase is their parent.
  if (parents.length === 0 && children.size > 0) parents.push(...sorted.slice(0, 1));

  const sources = sorted.flatMap((one): PhaseSource[] => {
    if (parents.includes(one)) return mergeParallel(one, children.get(one.number) ?? []);
    const parent = parents.find(({ number }) => children.get(number)?.includes(one));
    if (parent && areParallel(children.get(parent.number)!)) return [];
    return [{ settings: one.fields, tasks: [one.fields] }];
  });
  if (given && given.node.kind === "mapping" && sources.length === 0) draft.error("BND-41", given.path);
  return sources;
}

/** The phases by the number of the parent that they name. */
function childrenOf(phases: readonly NumberedPhase[]): ReadonlyMap<number, NumberedPhase[]> {
  // In a file that writes a 0 in every phase, or has no phase 0 that can be a parent, 0 means no parent.
  const zeroIsParent = phases.some(
    ({ fields, number }) =>
      number === 0 && fields.boolean("is_parallel_parent", fields.get("parent_phasenumber") === undefined),
  );
  const named = phases.flatMap((child) => {
    if (!child.fields.get("parent_phasenumber")) return [];
    const parent = child.fields.integer("parent_phasenumber", 0);
    return parent === child.number || (parent === 0 && !zeroIsParent) ? [] : [{ parent, child }];
  });
  const grouped = Map.groupBy(named, ({ parent }) => parent);
  return new Map([...grouped].map(([parent, group]) => [parent, group.map(({ child }) => child)]));
}

/** Whether phases start at the same moment, so that they cannot follow each other. */
function areParallel(phases: readonly NumberedPhase[]): boolean {
  const starts = phases.map(({ fields }) => {
    const node = fields.get("start_date")?.node;
    if (node?.kind === "timestamp") return node.value.getTime();
    return node?.kind === "text" ? textInstant(node.value)?.date.getTime() : undefined;
  });
  return phases.length > 1 && starts[0] !== undefined && new Set(starts).size === 1;
}

/**
 * Merges parallel phases into one phase with several tasks: in both, a submission runs on each of them. Children that
 * start one after the other stay separate phases.
 */
function mergeParallel({ fields: parent }: NumberedPhase, children: readonly NumberedPhase[]): PhaseSource[] {
  const { draft } = parent;
  if (!areParallel(children)) {
    draft.warn("BND-75", parent.path, "this phase only grouped others. They become separate phases.");
    return [];
  }
  draft.warn(
    "BND-74",
    parent.path,
    `its ${children.length} parallel phases become its tasks, and a submission runs on each.`,
  );
  if (parent.get("scoring_program"))
    draft.warn(
      "BND-75",
      parent.at("scoring_program"),
      "the combined score of the parallel phases. The leaderboard shows the scores of each task.",
    );
  parent.ignore("input_data", "reference_data", "ingestion_program", "is_parallel_parent", "start_date");
  return [{ settings: parent, tasks: children.map(({ fields }) => fields) }];
}

/** Reads a phase except its tasks and its end, which depends on the start of the next phase. */
function readPhase({ settings, tasks }: PhaseSource, index: number, listing: BundleListing): PhaseDescription {
  const { draft } = settings;
  const [first] = tasks;
  const start = first!.get("start_date");
  if (!start) draft.error("BND-99:start", first!.at("start_date"));
  // In CodaLab, too, there is nothing to migrate to the first phase.
  const migrate = settings.boolean("auto_migration", false) && index > 0;
  if (!settings.raw("max_submissions_per_day")) {
    draft.warn(
      "BND-76",
      settings.path,
      "max_submissions_per_day is missing, so participants may submit 5 times a day. CodaLab allowed 999.",
    );
  }
  return {
    index,
    name: labelOf(settings),
    description: settings.text("description"),
    start: start ? dateOf(draft, start) : new Date(NaN),
    end: null,
    tasks: [],
    ...readLimits(settings),
    // Each task had its own limit in CodaLab; a phase has one limit, so the longest applies.
    executionTimeLimit: Math.max(...tasks.map((task) => readLimits(task).executionTimeLimit)),
    autoMigrateToThisPhase: migrate,
    ...readSharing(settings, listing),
    blind: readBlind([settings, ...tasks]),
    acceptsSubmissions: !isClosed(settings),
  };
}

/** Whether CodaLab denied every submission to the phase: it took a limit of 0 literally. */
function isClosed(settings: Fields): boolean {
  const key = ["max_submissions", "max_submissions_per_day"].find((limit) => isZero(settings.get(limit)?.node));
  if (key === undefined) return false;
  settings.draft.warn("BND-74", settings.at(key), "with a limit of 0, the phase accepts no submissions.");
  return true;
}

const isZero = (node: Node | undefined): boolean => node !== undefined && /^0+(?:\.0*)?$/.test(scalarText(node) ?? "");

/** Whether the phase or one of its parallel phases hides its results. */
function readBlind(places: readonly Fields[]): boolean {
  const [hiding] = places.filter((place) => place.text("leaderboard_management_mode") === "hide_results");
  hiding?.draft.warn(
    "BND-74",
    hiding.at("leaderboard_management_mode"),
    "the phase is blind: only organizers see its results, until you show them.",
  );
  return hiding !== undefined;
}

const taskNameEnd = " Task";

/** The task's name is the phase's label with a suffix, and may have at most 256 characters. */
const labelOf = (phase: Fields) => phase.requiredText("label", 256 - taskNameEnd.length);

/**
 * Sets the ends of phases. In CodaLab each phase lasts until the next one starts, and the last one until the
 * competition's end_date; a phase that never ends stays open beside the next ones.
 */
function setEnds(fields: Fields, phases: readonly PlacedPhase[]): void {
  const end = fields.get("end_date");
  const lastEnd = end && !(end.node.kind === "text" && end.node.value === "null") ? endOf(fields, "end_date") : null;
  phases.forEach(({ phase, fields: settings }, i) => {
    const next = phases[i + 1]?.phase;
    if (settings.boolean("phase_never_ends", false)) return;
    phase.end = next ? new Date(next.start.getTime() - 1000) : lastEnd;
  });
}

/**
 * Reads the task of a phase. As in Codabench, a phase without a scoring program is accepted, but its submissions fail.
 */
function readTask(
  fields: Fields,
  { index, label }: { index: number; label: string },
  listing: BundleListing,
): TaskDescription {
  if (!fields.get("scoring_program")) {
    fields.draft.warn("BND-76", fields.path, "this phase has no scoring_program, so every submission to it will fail.");
  }
  return {
    index,
    name: `${label}${taskNameEnd}`,
    description: fields.text("description"),
    files: {
      scoring_program: optionalSource(fields, listing, "scoring_program"),
      ingestion_program: optionalSource(fields, listing, "ingestion_program"),
      input_data: optionalSource(fields, listing, "input_data"),
      reference_data: optionalSource(fields, listing, "reference_data"),
    },
    ingestionOnlyDuringScoring: fields.boolean("ingestion_program_only_during_scoring", false),
  };
}
