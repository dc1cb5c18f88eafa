/** task.yaml: one task in a zip of its own. */
import type { BundleListing, BundleProblem, FileSource, TaskFiles } from "../competition.ts";
import { readDocument } from "./document.ts";
import { Draft } from "./draft.ts";
import { Fields } from "./fields.ts";
import { bundleFile, uuidOf } from "./files.ts";
import { scalarText } from "../../../jobs/rules/yaml/scalars.ts";
import { describe } from "./wording.ts";

export interface UploadedTask {
  name: string;
  description: string | null;
  isPublic: boolean;
  ingestionOnlyDuringScoring: boolean;
  /** Datasets must belong to the uploader and have the type of their key here. */
  files: TaskFiles;
}

export type TaskYamlResult =
  { ok: true; task: UploadedTask; problems: BundleProblem[] } | { ok: false; problems: BundleProblem[] };

/** Reads the text of task.yaml. `listing` is that of its zip. Never throws. */
export function parseTaskYaml(yamlText: string, listing: BundleListing): TaskYamlResult {
  const draft = new Draft();
  const fields = readDocument(draft, yamlText);
  const task = fields && readTask(fields, listing);
  return task && !draft.failed
    ? { ok: true, task, problems: draft.problems() }
    : { ok: false, problems: draft.problems() };
}

function readTask(fields: Fields, listing: BundleListing): UploadedTask {
  const name = fields.requiredText("name", 256);
  if (!fields.raw("description")) fields.draft.error("BND-20:required", fields.at("description"), "description");
  const scoringProgram = readSource(fields, listing, "scoring_program");
  if (scoringProgram === undefined) fields.draft.error("BND-34", fields.at("scoring_program"));
  const task = {
    name,
    description: fields.text("description"),
    isPublic: fields.boolean("is_public", false),
    ingestionOnlyDuringScoring: fields.boolean("ingestion_only_during_scoring", false),
    files: {
      scoring_program: scoringProgram ?? null,
      ingestion_program: readSource(fields, listing, "ingestion_program") ?? null,
      input_data: readSource(fields, listing, "input_data") ?? null,
      reference_data: readSource(fields, listing, "reference_data") ?? null,
    },
  };
  fields.warnOfUnknownKeys({ title: "name", label: "name" }, "task.yaml");
  return task;
}

/**
 * Reads a file of the task: the `key` of a dataset, or a `zip` in the upload; `key` has precedence. Returns undefined
 * if neither is given. Reports an error and returns null if the file is not found.
 */
function readSource(fields: Fields, listing: BundleListing, role: keyof TaskFiles): FileSource | null | undefined {
  const { draft } = fields;
  const value = fields.get(role);
  if (!value) return undefined;
  const source = Fields.of(draft, value);
  if (!source) return null;
  const key = source.get("key");
  const zip = source.get("zip");
  source.warnOfUnknownKeys({ path: "zip", file: "zip" }, "task.yaml");
  if (key) {
    const uuid = key.node.kind === "text" ? uuidOf(key.node.value) : null;
    if (uuid) return { from: "dataset", key: uuid };
    draft.error("BND-11", key.path, scalarText(key.node) ?? describe(key.node));
    return null;
  }
  if (!zip) return undefined;
  const path = bundleFile(draft, listing, zip, "BND-10");
  if (path !== "" && !path.endsWith(".zip")) draft.error("BND-20:zip", zip.path, path);
  return { from: "bundle", path };
}
