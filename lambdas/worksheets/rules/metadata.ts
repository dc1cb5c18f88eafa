/** What is written down of a bundle: the keys of each type, what each holds, and who writes it. */
import type { BundleState, BundleType } from "./bundle.ts";
import { LanguageProblem } from "./problem.ts";
import { parseDuration, parseSize } from "./quantities.ts";

export type MetadataValue = string | number | boolean | readonly string[] | null;
export type Metadata = Record<string, MetadataValue>;

type Kind = "str" | "int" | "float" | "bool" | "list";
type Meaning = "duration" | "size" | "date";

/** A key of the metadata. */
export interface MetadataKey {
  kind: Kind;
  description: string;
  /** How the number, or the text, is to be read. */
  meaning?: Meaning;
  /** Written by the platform, not by people. */
  generated?: true;
  /** May be missing when a bundle is created. */
  optional?: true;
  /** Stays as it is as soon as the run has been started, because it says what the command ran with. */
  locked?: true;
  /** Tells of who ran it, so that readers of an anonymous bundle do not see it. */
  tellsWho?: true;
}

const key = (kind: Kind, description: string, more: Omit<MetadataKey, "kind" | "description"> = {}): MetadataKey => ({
  kind,
  description,
  ...more,
});
const generated = (kind: Kind, description: string, meaning?: Meaning): MetadataKey =>
  key(kind, description, { generated: true, ...(meaning && { meaning }) });

const ofAll = {
  name: key("str", "Short name. Several bundles may have the same one."),
  description: key("str", "Full description of the bundle."),
  tags: key("list", "Tags, by which the bundle is found."),
  created: generated("int", "When the bundle was created.", "date"),
  data_size: generated("int", "Size of the contents in bytes.", "size"),
  failure_message: generated("str", "Why the bundle failed."),
  error_traceback: generated("str", "Where the platform failed with the bundle."),
};
const store = key("str", "Name of the store for the contents.", { optional: true });
const allowFailed = key("bool", "Whether the bundle is also made if something that it depends on has failed.", {
  optional: true,
});
const stagedStatus = generated("str", "Why the bundle waits.");

const ofUploads = {
  ...ofAll,
  license: key("str", "License under which the contents may be used."),
  source_url: key("str", "Address from which the contents came."),
  link_url: key("str", "Address of contents that stay where they are.", { optional: true }),
  link_format: key("str", "Format of linked contents: raw.", { optional: true }),
  store,
};

const keys: Record<BundleType, Record<string, MetadataKey>> = {
  dataset: ofUploads,
  program: ofUploads,
  make: { ...ofAll, allow_failed_dependencies: allowFailed, staged_status: stagedStatus, store },
  run: {
    ...ofAll,
    allow_failed_dependencies: allowFailed,
    request_docker_image: key("str", "Image in which the command runs.", { tellsWho: true, locked: true }),
    request_time: key("str", "Longest time that the run may take.", { meaning: "duration" }),
    request_memory: key("str", "Most memory that the run may use.", { meaning: "size" }),
    request_disk: key("str", "Most disk space that the run may use.", { meaning: "size" }),
    request_cpus: key("int", "Number of processors."),
    request_gpus: key("int", "Number of GPUs."),
    request_queue: key("str", "Queue of the workers that are to run it.", { tellsWho: true }),
    request_priority: key("int", "Priority among the own runs. The greatest goes first, negative ones go last."),
    request_network: key("bool", "Whether the run may use the network.", { locked: true }),
    exclude_patterns: key("list", "Patterns of files that are not kept.", { locked: true }),
    store: { ...store, locked: true },
    actions: generated("list", "What people did with the run."),
    time: generated("float", "How long the command ran.", "duration"),
    time_user: generated("float", "Processor time in user mode.", "duration"),
    time_system: generated("float", "Processor time in the kernel.", "duration"),
    memory: generated("float", "Memory that the run uses.", "size"),
    memory_max: generated("float", "Most memory that the run has used.", "size"),
    cpu_usage: generated("float", "Share of the processors that the run uses."),
    memory_usage: generated("float", "Share of the memory limit that the run uses."),
    started: generated("int", "When the run began.", "date"),
    last_updated: generated("int", "When something was last heard of the run.", "date"),
    run_status: generated("str", "What the run does."),
    staged_status: stagedStatus,
    time_preparing: generated("float", "How long the preparation took.", "duration"),
    time_running: generated("float", "How long the run took.", "duration"),
    time_cleaning_up: generated("float", "How long the clean-up took.", "duration"),
    time_uploading_results: generated("float", "How long the upload of the results took.", "duration"),
    docker_image: { ...generated("str", "Image in which the command ran, with its digest."), tellsWho: true },
    exitcode: generated("int", "Exit code of the command."),
    job_handle: { ...generated("str", "Id of the job."), tellsWho: true },
    remote: { ...generated("str", "Machine on which it runs."), tellsWho: true },
    remote_history: { ...generated("list", "Machines on which it ran."), tellsWho: true },
    on_preemptible_worker: { ...generated("bool", "Whether the machine may be taken away."), tellsWho: true },
  },
};

/** What bundles of the type would have if nobody wrote anything. */
const empty: Record<Kind, MetadataValue> = { str: "", int: 0, float: 0, bool: false, list: [] };

/** What a reader sees: all that was written down, empty values for what people can write, and what the platform knows. */
export function shownMetadata(
  type: BundleType,
  stored: Metadata,
  known: { created: number; data_size: number },
  hidesWho: boolean,
): Metadata {
  const shown: Metadata = {};
  for (const [name, { kind, generated: byPlatform, tellsWho }] of Object.entries(keys[type])) {
    if (hidesWho && tellsWho) continue;
    const value = name in known ? known[name as keyof typeof known] : stored[name];
    if (value !== undefined && value !== null) shown[name] = value;
    else if (!byPlatform || kind === "list") shown[name] = empty[kind];
  }
  return shown;
}

/** The keys that people may change of a bundle in a state. */
export const editableKeys = (type: BundleType, state: BundleState): string[] =>
  Object.entries(keys[type])
    .filter(([, { generated: byPlatform, locked }]) => !byPlatform && (!locked || isNotStarted(state)))
    .map(([name]) => name);

const isNotStarted = (state: BundleState) => state === "created" || state === "staged";

/** How clients are to show the values of each key. */
export const metadataTypes = (type: BundleType): Record<string, string> =>
  Object.fromEntries(
    Object.entries(keys[type]).map(([name, { kind, meaning }]) => [name, kind === "str" ? kind : (meaning ?? kind)]),
  );

export const metadataDescriptions = (type: BundleType): Record<string, string> =>
  Object.fromEntries(Object.entries(keys[type]).map(([name, { description }]) => [name, `${description} (${name})`]));

/** Keys of which the platform knows better than any client. */
const known = ["created", "data_size"];

/**
 * The metadata of a new bundle. Refused if something is missing, unknown or of the wrong type. Generated values are accepted,
 * because copies of bundles have them.
 */
export function newMetadata(type: BundleType, given: Readonly<Record<string, unknown>>, asciiOnly: boolean): Metadata {
  const checked = checkedMetadata(type, given, asciiOnly);
  for (const [name, { generated: byPlatform, optional }] of Object.entries(keys[type]))
    if (!byPlatform && !optional && !(name in given)) throw new LanguageProblem(`Missing metadata key: ${name}`);
  return Object.fromEntries(Object.entries(checked).filter(([name]) => !known.includes(name)));
}

/** Changes of metadata. Refused for what people cannot change now. */
export function changedMetadata(
  { type, state }: { type: BundleType; state: BundleState },
  given: Readonly<Record<string, unknown>>,
  asciiOnly: boolean,
): Metadata {
  const checked = checkedMetadata(type, given, asciiOnly);
  const editable = editableKeys(type, state);
  for (const name of Object.keys(given)) {
    if (editable.includes(name)) continue;
    throw new LanguageProblem(
      keys[type][name]!.generated
        ? `The platform writes the metadata key ${name}, so it cannot be edited.`
        : `The metadata key ${name} cannot be edited any more, because the run has been started.`,
    );
  }
  return checked;
}

const maxTextLength = 100_000;

function checkedMetadata(type: BundleType, given: Readonly<Record<string, unknown>>, asciiOnly: boolean): Metadata {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const known = Object.hasOwn(keys[type], name) ? keys[type][name] : undefined;
      if (!known) throw new LanguageProblem(`Unexpected metadata key: ${name}`);
      return [name, checkedValue(name, known, value, asciiOnly)];
    }),
  );
}

function checkedValue(name: string, { kind, meaning }: MetadataKey, value: unknown, asciiOnly: boolean): MetadataValue {
  if (value === null || value === undefined) return null;
  if (!isOf(kind, value))
    throw new LanguageProblem(`Metadata value for ${name} should be of type ${kind}, was ${JSON.stringify(value)}`);
  const texts = typeof value === "string" ? [value] : Array.isArray(value) ? value : [];
  for (const text of texts) {
    if (asciiOnly) requireAscii(text);
    if (text.length > maxTextLength)
      throw new LanguageProblem(`The metadata value of ${name} may have at most ${maxTextLength} characters.`);
  }
  if (typeof value === "string" && value !== "" && meaning === "size") parseSize(value);
  if (typeof value === "string" && value !== "" && meaning === "duration") parseDuration(value);
  return value;
}

function isOf(kind: Kind, value: unknown): value is Exclude<MetadataValue, null> {
  switch (kind) {
    case "str":
      return typeof value === "string";
    case "bool":
      return typeof value === "boolean";
    case "int":
      return Number.isSafeInteger(value);
    case "float":
      return typeof value === "number" && Number.isFinite(value);
    case "list":
      return Array.isArray(value) && value.every((item) => typeof item === "string");
  }
}

/** Refuses what the reference refuses, where the platform is set up to do so. */
export function requireAscii(text: string): void {
  if (!/^[\0-\x7f]*$/.test(text)) throw new LanguageProblem("Unsupported character detected, use ascii characters");
}
