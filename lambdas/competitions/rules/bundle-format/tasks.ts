/** `tasks` and `solutions`. */
import type { BundleListing, FileSource, SolutionDescription, TaskDescription, TaskFiles } from "../competition.ts";
import type { Draft } from "./draft.ts";
import { Fields } from "./fields.ts";
import type { Placed } from "./fields.ts";
import { findSource, optionalSource, uuidOf } from "./files.ts";
import { scalarText } from "../../../jobs/rules/yaml/scalars.ts";
import { describe, listInWords, quoteValue } from "./wording.ts";
import type { Node } from "../../../jobs/rules/yaml/yaml.ts";

export type TaskIndex = string | number;

/** The index that identifies a task: a number or a text, and 1 is not "1". Null for anything else. */
export function taskIndex(node: Node | undefined): TaskIndex | null {
  switch (node?.kind) {
    case "integer":
    case "boolean":
      return Number(node.value);
    case "float":
      return Number.isFinite(node.value) ? node.value : null;
    case "text":
      return node.value;
    default:
      return null;
  }
}

/** Reads `tasks`. `indexes` includes tasks with errors, so that references to them cause no further errors. */
export function readTasks(
  fields: Fields,
  listing: BundleListing,
): { tasks: TaskDescription[]; indexes: Set<TaskIndex> } {
  const indexes = new Set<TaskIndex>();
  if (!fields.get("tasks")) fields.draft.error("BND-30", fields.at("tasks"));
  const tasks = fields.list("tasks").flatMap((item) => {
    const task = Fields.of(fields.draft, item);
    if (!task) return [];
    const index = taskIndex(task.raw("index"));
    if (index === null) task.draft.error("BND-31", task.path);
    else if (indexes.has(index)) task.draft.error("BND-32", task.at("index"), listInWords(new Set([index])));
    else indexes.add(index);
    return [readTask(task, index ?? 0, listing)];
  });
  return { tasks, indexes };
}

function readTask(task: Fields, index: TaskIndex, listing: BundleListing): TaskDescription {
  const key = task.get("key");
  if (key) return { index, key: existingKey(task.draft, key, "BND-33") ?? "" };
  if (!task.get("scoring_program")) task.draft.error("BND-34", task.path);
  const files: TaskFiles = {
    scoring_program: optionalSource(task, listing, "scoring_program"),
    ingestion_program: optionalSource(task, listing, "ingestion_program"),
    input_data: optionalSource(task, listing, "input_data"),
    reference_data: optionalSource(task, listing, "reference_data"),
  };
  const described = {
    index,
    name: task.requiredText("name", 256),
    description: task.text("description"),
    files,
    ingestionOnlyDuringScoring: task.boolean("ingestion_only_during_scoring", false),
  };
  task.ignore("is_public", "index");
  task.warnOfUnknownKeys(
    {
      ingestion_program_only_during_scoring: "ingestion_only_during_scoring",
      title: "name",
      label: "name",
    },
    "task",
  );
  return described;
}

/** The key of an existing task or solution as a UUID. Reports an error and returns null if it is not a UUID. */
function existingKey(draft: Draft, { node, path }: Placed, unknown: "BND-33" | "BND-39"): string | null {
  const key = node.kind === "text" ? uuidOf(node.value) : null;
  if (!key) draft.error(unknown, path, scalarText(node) ?? describe(node));
  return key;
}

/** Reads `solutions`. `indexes` are the indexes of the tasks. */
export function readSolutions(
  fields: Fields,
  listing: BundleListing,
  indexes: ReadonlySet<TaskIndex>,
): SolutionDescription[] {
  return fields.list("solutions").flatMap((item) => {
    const solution = Fields.of(fields.draft, item);
    if (!solution) return [];
    const { draft } = solution;
    const index = taskIndex(solution.raw("index"));
    if (index === null) draft.error("BND-35", solution.path);
    if (!solution.get("tasks")) draft.error("BND-36", solution.path);
    const key = solution.get("key");
    const read = {
      // It becomes part of the solution's name.
      index: typeof index === "string" ? (solution.text("index", 200) ?? "") : (index ?? 0),
      tasks: readTaskIndexes(solution, indexes, "BND-37"),
      name: solution.text("name", 256),
      description: solution.text("description"),
      key: key ? existingKey(draft, key, "BND-39") : null,
      file: key ? readFallbackFile(solution, listing) : optionalSource(solution, listing, "path"),
    };
    if (!key && !solution.get("path")) draft.error("BND-38", solution.path);
    solution.warnOfUnknownKeys({ data: "path", file: "path" }, "solution");
    return [read];
  });
}

/** The file of a solution that also has a key. The key has precedence, so a missing file is not an error. */
function readFallbackFile(solution: Fields, listing: BundleListing): FileSource | null {
  const path = solution.get("path")?.node;
  return path?.kind === "text" ? findSource(listing, path.value) : null;
}

/**
 * Reads the list `tasks` of a phase or solution. Each item must be the index of a task; repeated ones are kept once.
 */
export function readTaskIndexes(
  fields: Fields,
  indexes: ReadonlySet<TaskIndex>,
  unknown: "BND-37" | "BND-99:task",
): TaskIndex[] {
  const named = fields.list("tasks").flatMap(({ node, path }) => {
    const index = taskIndex(node);
    if (index !== null && indexes.has(index)) return [index];
    fields.draft.error(unknown, path, quoteValue(node), listInWords(indexes));
    return [];
  });
  return [...new Set(named)];
}
