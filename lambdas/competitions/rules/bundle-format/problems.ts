/**
 * Every problem a bundle can have: its code, whether it stops the import, and its sentence. The codes are listed for
 * organizers in docs/compatibility.md. A name here is a code, or a code and what is wrong exactly.
 */
import type { BundleProblem } from "../competition.ts";
import { oneLine } from "../../../jobs/rules/yaml/one-line.ts";
import { plainQuote } from "./wording.ts";

/** Writes the sentence; `detail` is what the problem is about, `limit` what would be right, both as the file has them. */
type Sentence = (detail: string, limit: string) => string;

const q = plainQuote;
const dateExample = "Write it as 2026-01-31 14:30:00 (UTC).";

const errors = {
  "BND-01": (name) =>
    `The zip has no ${name || "competition.yaml"} at its root. Put it at the root of the zip, not in a folder.`,
  "BND-01:folder": (found, name) =>
    `${name} must be at the root of the zip, but it is ${q(found)}. Zip the content of that folder, not the folder itself.`,
  "BND-01:name": (found, name) => `The zip has no ${name} at its root, but it has ${q(found)}. Rename it to ${name}.`,
  "BND-02": (reason) =>
    `The file is not a zip that can be read: ${oneLine(reason, 200).replace(/\.$/, "")}. Make the zip again and upload it again.`,
  "BND-03": (version) =>
    `There is no version ${q(version)} of competition.yaml. Write version: 2 for Codabench, or version: 1.5 for CodaLab.`,

  "BND-10": (path, hint) =>
    `The bundle has no file or folder ${q(path)}, and this is not the key of a dataset either.${hint ? ` ${hint}` : " Check the spelling; upper and lower case count."}`,
  "BND-10:all": (path) => `${q(path)} stands for the whole bundle. Name one file or folder of it.`,
  "BND-11": (key) => `There is no dataset with the key ${q(key)} that is yours or public.`,
  "BND-12": (path) =>
    `${q(path)} does not stay inside the bundle. Write a path relative to competition.yaml, without .. and with / between folders.`,

  "BND-20:required": (key) => `${key} is missing. Add it.`,
  "BND-20:text": (found) => `This must be a text, but it is ${found}. Put it in quotes.`,
  "BND-20:blank": (key) => `${key} is empty. Give it a text.`,
  "BND-20:length": (length, limit) => `This text has ${length} characters; at most ${limit} are possible. Shorten it.`,
  "BND-20:characters": () =>
    "This text holds a character that no text may hold (NUL, or half of a surrogate pair). Remove it.",
  "BND-20:boolean": (found) => `This must be true or false, but it is ${found}.`,
  "BND-20:integer": (found) => `This must be a whole number, but it is ${found}.`,
  "BND-20:range": (number, limit) => `${number} is out of range. Write a number ${limit}.`,
  "BND-20:choice": (found, limit) => `This must be ${limit}, but it is ${found}.`,
  "BND-20:list": (found) => `This must be a list (one item a line, each after a dash), but it is ${found}.`,
  "BND-20:mapping": (found) => `This must hold keys and values (key: value), but it is ${found}.`,
  "BND-20:path": (found) => `This must be the path of a file in the bundle, but it is ${found}. Put it in quotes.`,
  "BND-20:mail": (text) => `${q(text)} is not a mail address.`,
  "BND-20:json": (found) => `Answers are kept as JSON, which has no way to write ${found}. Put it in quotes.`,
  "BND-20:zip": (name) => `${q(name)} must be a zip file, with a name that ends in .zip.`,

  "BND-21": () => "image is missing. Add image: with the path of the competition's logo.",
  "BND-22": (path) =>
    `The logo ${q(path)} is not a file of the bundle. Check the spelling; upper and lower case count.`,
  "BND-23": (path) => `The logo ${q(path)} is no JPEG, PNG, GIF or WebP image. Convert it.`,
  "BND-24": () => "terms is missing. Add terms: with the path of a Markdown or HTML file.",
  "BND-25": (path) =>
    `The page ${q(path)} is not a file of the bundle. Check the spelling; upper and lower case count.`,
  "BND-26": (path) => `The page ${q(path)} is empty. Write something into it.`,
  "BND-28": (queue) =>
    `The queue ${q(queue)} is not public and you are not one of its organizers. Ask its owner to add you, or leave queue out.`,

  "BND-30": () => "tasks is missing. List at least one task.",
  "BND-31": () => "This task has no index. Give it a number that phases name it by.",
  "BND-32": (index) => `Another task has the index ${index} too. Give each task its own.`,
  "BND-33": (key) => `There is no task with the key ${q(key)} that you may use.`,
  "BND-34": () => "This task has no scoring_program. Give the path of a folder or zip, or the key of a dataset.",
  "BND-35": () => "This solution has no index. Give it a number.",
  "BND-36": () => "This solution has no tasks. List the indexes of the tasks it solves.",
  "BND-37": (found, known) => `No task has the index ${found}. The tasks are ${known}.`,
  "BND-38": () => "This solution has no path. Give the path of a folder or zip.",
  "BND-39": (key) => `There is no solution with the key ${q(key)} that you may use. Give its path instead.`,

  "BND-40": () => "phases is missing. List at least one phase.",
  "BND-41": () => "There are no phases. List at least one phase.",
  "BND-42": (name) =>
    `The phase ${q(name)} has no end, but another phase follows it. Give it an end; only the last phase may go on for ever.`,
  "BND-43": () => "This phase has no tasks. List the index of at least one task.",
  "BND-44": () =>
    "Submissions cannot migrate to this phase: it is the first one, so there is no phase to take them from. Remove auto_migrate_to_this_phase.",
  "BND-45": (name, previous) =>
    `The phase ${q(name)} starts before the phase ${q(previous)} has ended. Let one end before the next starts.`,
  "BND-46": (name, previous) =>
    `The phase ${q(name)} starts at the very moment the phase ${q(previous)} ends. Let it start later, if only by a second.`,

  "BND-50": (missing, extra) =>
    `A question has exactly the keys key, type, title, selection, is_required and is_on_leaderboard.${missing ? ` Missing: ${missing}.` : ""}${extra ? ` Too many: ${extra}.` : ""}`,
  "BND-51": (key, name) =>
    `The key of this question is ${q(key)}, but it stands under ${q(name)}. Write the same in both places.`,
  "BND-52": (found) => `The type of a question is checkbox, text or select, not ${found}.`,
  "BND-53": (found) => `This must hold keys and values (key: value), but it is ${found}.`,

  "BND-60": () => "leaderboards is missing. List one leaderboard with its columns.",
  "BND-60:singular": () => "leaderboards is missing. Write leaderboards (a list) instead of leaderboard.",
  "BND-61": (found, limit) => `There is no submission_rule ${found}. Write ${limit}.`,
  "BND-62": () => "This leaderboard has no columns. List at least one.",
  "BND-63": (key) => `Another column has the key ${q(key)} too. Give each column its own.`,
  "BND-64": (index) => `Another column has the index ${index} too. Give each column its own.`,
  "BND-65": () => "A computation needs computation_indexes: list the indexes of the columns to compute from.",
  "BND-66": (found, known) => `${found} is not the index of a column. The columns are ${known}.`,
  "BND-67": () => "A column cannot be computed from itself. Remove its own index from computation_indexes.",
  "BND-68": () => "computation_indexes needs a computation: write avg, sum, min or max.",
  "BND-69": (index, known) => `primary_index is ${index}, but no column has that index. The columns are ${known}.`,

  "BND-70": () => "html is missing, which a bundle for CodaLab (version 1.5) must have.",
  "BND-70:version": () =>
    "Add the line version: 2 at the top. Without it the file is read as one for CodaLab (version 1.5), which must have html; but it looks like one for Codabench.",
  "BND-71": () => "html has no terms. Add terms: with the path of a Markdown or HTML file.",
  "BND-72": () => "leaderboard has no leaderboards. Give at least one, with a label.",
  "BND-73": () => "leaderboard has no columns. Give at least one, with its leaderboard.",

  "BND-99": (reason) => oneLine(reason, 400),
  "BND-99:yaml": (reason) => `This is not YAML that can be read: ${reason}.`,
  "BND-99:root": (found) => `The file must hold keys and values (title: My competition), but it is ${found}.`,
  "BND-99:pages": () => "pages is missing. List the pages, or write pages: [].",
  "BND-99:start": () => `This phase has no start. ${dateExample}`,
  "BND-99:date": (found) => `${found} is not a date that can be read. ${dateExample}`,
  "BND-99:task": (found, known) => `No task has the index ${found}. The tasks are ${known}.`,
  "BND-99:more": (count) => `There are ${count} problems more. Mend these first.`,
} satisfies Record<string, Sentence>;

const warnings = {
  "BND-27": (queue) => `There is no queue ${q(queue)} here. The competition uses the default queue.`,
  "BND-29": () =>
    "Programs run without a network here: the platform's administrator does not allow it. Ask them, or leave enable_network out.",
  "BND-29:queue": (profiles) =>
    `Steps on the queue's capacity profile ${profiles} run without a network. Choose another queue, or leave enable_network out.`,
  "BND-47": (name) => `The phase ${q(name)} ends before it starts, so it is never open. Check its dates.`,
  "BND-48": (found, date) => `${q(found)} is read month first, as ${date}. Write it that way to be sure.`,
  "BND-49": (found, zone) =>
    `${q(found)} is read as UTC, since ${zone} can stand for more than one zone. Write an offset, as in 2026-01-31 14:30:00 -05:00.`,
  "BND-54": (key) => `${key} counts only as the text "true" in quotes; without quotes it counts as false.`,
  "BND-55": () =>
    "A question of the type select needs a list of choices as its selection; as it is, there is nothing to choose.",
  "BND-68": () => "There is no computation, so computation_indexes counts for nothing.",
  "BND-69": (index) => `No column has the index 0. The column ${index} ranks first.`,
  "BND-74": (what) => `Converted from version 1.5: ${what}`,
  "BND-75": (what) => `Not taken over from version 1.5: ${what}`,
  "BND-76": (what) => `Check this after converting from version 1.5: ${what}`,
  "BND-90": (place) =>
    `A key stands twice in the same place of the file (${place}, and maybe more). The last value counts.`,
  "BND-91": (key, known) =>
    `${q(key)} is not a key that is known here, so it counts for nothing. Did you mean ${known}?`,
  "BND-92": (text, source) =>
    `${q(source)} is read as a number, which gives ${q(text)}. Put it in quotes to keep it as it is.`,
  "BND-94": (count) => `There are ${count} warnings more.`,
  "BND-93": (what) => `This counts for nothing: ${what}`,
} satisfies Record<string, Sentence>;

export type ErrorName = keyof typeof errors;
export type WarningName = keyof typeof warnings;

const codeOf = (name: string): string => name.slice(0, 6);

/** An error: the bundle cannot be imported as it is. `path` is where in the YAML, empty for the bundle itself. */
export function bundleError(name: ErrorName, path: string, detail = "", limit = ""): BundleProblem {
  return { code: codeOf(name), severity: "error", path, message: errors[name](detail, limit) };
}

/** A warning: the bundle is imported, and the organizer is told. */
export function bundleWarning(name: WarningName, path: string, detail = "", limit = ""): BundleProblem {
  return { code: codeOf(name), severity: "warning", path, message: warnings[name](detail, limit) };
}

/** Codes of what only the unpacker can see: it has the zip, the database and the permissions. */
export type UnpackerCode =
  "BND-02" | "BND-11" | "BND-23" | "BND-26" | "BND-27" | "BND-28" | "BND-33" | "BND-39" | "BND-99";

/**
 * A problem found while unpacking. `detail` is what it is about: the key, the path, the queue, or for BND-02 and BND-99
 * the reason. BND-27 is a warning, all others are errors.
 */
export function bundleProblem(code: UnpackerCode, path: string, detail: string): BundleProblem {
  return code === "BND-27" ? bundleWarning(code, path, detail) : bundleError(code, path, detail);
}

/** BND-01 with the likely reason, given the names of the zip's files. */
export function missingYaml(names: readonly string[], wanted = "competition.yaml"): BundleProblem {
  const inFolder = names.find((name) => name.endsWith(`/${wanted}`) && !name.startsWith("__MACOSX/"));
  const alike = wanted.replace(/\.yaml$/, ".yml");
  const misnamed = names.find((name) => [wanted, alike].includes(name.toLowerCase()));
  if (misnamed !== undefined) return bundleError("BND-01:name", "", misnamed, wanted);
  if (inFolder !== undefined) return bundleError("BND-01:folder", "", inFolder, wanted);
  return bundleError("BND-01", "", wanted);
}

/** Whether a list of problems stops the import. */
export const hasErrors = (problems: readonly BundleProblem[]): boolean =>
  problems.some((problem) => problem.severity === "error");

/** All codes there are, in order. */
export const problemCodes: readonly string[] = [
  ...new Set([...Object.keys(errors), ...Object.keys(warnings)].map(codeOf)),
].sort();
