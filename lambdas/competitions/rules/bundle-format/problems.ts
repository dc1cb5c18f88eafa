/**
 * Every problem that a bundle can have: its code, severity and message. docs/compatibility.md lists the codes for
 * organizers. A problem's name is its code, or its code with a suffix that selects one of several messages.
 */
import type { BundleProblem } from "../competition.ts";
import { oneLine } from "../../../jobs/rules/yaml/one-line.ts";
import { plainQuote } from "./wording.ts";

/**
 * Writes a message. `detail` is the value that is wrong; `limit` is what is allowed, or the value it conflicts with.
 */
type Sentence = (detail: string, limit: string) => string;

const q = plainQuote;
const dateExample = "Write it as 2026-01-31 14:30:00 (UTC).";

const liftCure = (path: string): string =>
  path === "" ? "Zip the content of that folder, not the folder itself." : `Write ${q(path)} instead.`;

const errors = {
  "BND-01": (name) =>
    `The zip has no ${name || "competition.yaml"} at its root. Put it at the root of the zip, not in a folder.`,
  "BND-01:folder": (found, name) =>
    `${name} must be at the root of the zip, but it is ${q(found)}. Zip the content of that folder, not the folder itself.`,
  "BND-01:name": (found, name) => `The zip has no ${name} at its root, but it has ${q(found)}. Rename it to ${name}.`,
  "BND-02": (reason) =>
    `The file is not a readable zip: ${oneLine(reason, 200).replace(/\.$/, "")}. Create the zip again and upload it again.`,
  "BND-03": (version) =>
    `competition.yaml has no version ${q(version)}. Write version: 2 for Codabench, or version: 1.5 for CodaLab.`,

  "BND-10": (path, hint) =>
    `The bundle has no file or folder ${q(path)}, and it is not the key of a dataset.${hint ? ` ${hint}` : " Check the spelling, including upper and lower case."}`,
  "BND-10:all": (path) => `${q(path)} is the whole bundle. Name one file or folder in it.`,
  "BND-11": (key) => `You have no dataset with the key ${q(key)}, and no public dataset has it.`,
  "BND-12": (path) =>
    `${q(path)} is outside the bundle. Write a path relative to competition.yaml, without "..", and with "/" between folders.`,

  "BND-13": (path, kind) =>
    kind === "archive"
      ? `${q(path)} is an archive that is not a zip, so it cannot be unpacked and every submission would fail. Make it a zip.`
      : `${q(path)} is not a zip, so every submission would fail. Name a folder with the program and its metadata.yaml, or a zip of them.`,
  "BND-14": (reason) =>
    `This cannot be unpacked, so every submission would fail: ${oneLine(reason, 300).replace(/\.$/, "")}.`,

  "BND-20:required": (key) => `${key} is missing. Add it.`,
  "BND-20:ranking": () =>
    "By chosen_task, ranking_tasks must list at least one task of a phase, because it ranks the rows. List it, or choose another multi_task_ranking.",
  "BND-20:text": (found) => `This must be text, but it is ${found}. Put it in quotes.`,
  "BND-20:blank": (key) => `${key} is empty. Enter a text.`,
  "BND-20:length": (length, limit) =>
    `This text has ${length} characters, but at most ${limit} are allowed. Shorten it.`,
  "BND-20:characters": () =>
    "This text contains a character that cannot be stored (NUL, or half of a surrogate pair). Remove it.",
  "BND-20:boolean": (found) => `This must be true or false, but it is ${found}.`,
  "BND-20:integer": (found) => `This must be a whole number, but it is ${found}.`,
  "BND-20:range": (number, limit) => `${number} is out of range. Write a number ${limit}.`,
  "BND-20:choice": (found, limit) => `This must be ${limit}, but it is ${found}.`,
  "BND-20:list": (found) => `This must be a list (one item per line, each after a dash), but it is ${found}.`,
  "BND-20:mapping": (found) => `This must contain keys and values (key: value), but it is ${found}.`,
  "BND-20:path": (found) => `This must be the path of a file in the bundle, but it is ${found}. Put it in quotes.`,
  "BND-20:mail": (text) => `${q(text)} is not a mail address.`,
  "BND-20:json": (found) => `Answers are stored as JSON, which cannot represent ${found}. Put it in quotes.`,
  "BND-20:zip": (name) => `${q(name)} must be a zip file whose name ends in .zip.`,

  "BND-21": () => "image is missing. Add image: with the path of the competition's logo.",
  "BND-22": (path) =>
    `The bundle has no file ${q(path)}, which image names as the logo. Check the spelling, including upper and lower case.`,
  "BND-23": (path) => `The logo ${q(path)} is not a JPEG, PNG, GIF or WebP image. Convert it.`,
  "BND-23:cut": (path) => `The end of the logo ${q(path)} is missing. Copy or export it again.`,
  "BND-24": () => "terms is missing. Add terms: with the path of a Markdown or HTML file.",
  "BND-25": (path) =>
    `The bundle has no file ${q(path)} for this page. Check the spelling, including upper and lower case.`,
  "BND-26": (path) => `The page ${q(path)} is empty. Add some text.`,
  "BND-28": (queue) =>
    `The queue ${q(queue)} is not public, and you are not one of its organizers. Ask its owner to add you, or remove queue.`,

  "BND-30": () => "tasks is missing. List at least one task.",
  "BND-31": () => "This task has no index. Give it a number that phases can refer to.",
  "BND-32": (index) => `Another task also has the index ${index}. Give each task its own index.`,
  "BND-33": (key) => `There is no task with the key ${q(key)} that you may use.`,
  "BND-34": () => "This task has no scoring_program. Write the path of a folder or zip, or the key of a dataset.",
  "BND-35": () => "This solution has no index. Give it a number or a text.",
  "BND-36": () => "This solution has no tasks. List the indexes of the tasks it solves.",
  "BND-37": (found, known) => `No task has the index ${found}. The indexes of the tasks are ${known}.`,
  "BND-38": () => "This solution has no path. Write the path of a folder or zip.",
  "BND-39": (key) => `There is no solution with the key ${q(key)} that you may use. Write its path instead.`,

  "BND-40": () => "phases is missing. List at least one phase.",
  "BND-41": () => "There are no phases. List at least one phase.",
  "BND-42": (name) =>
    `The phase ${q(name)} has no end, but another phase follows it. Add an end; only the last phase may be without one.`,
  "BND-43": () => "This phase has no tasks. List the index of at least one task.",
  "BND-44": () =>
    "Submissions cannot migrate to this phase, because it is the first one. Remove auto_migrate_to_this_phase.",
  "BND-45": (name, previous) =>
    `The phase ${q(name)} starts before the phase ${q(previous)} ends. Each phase must end before the next one starts.`,
  "BND-46": (name, previous) =>
    `The phase ${q(name)} starts at the same moment as the phase ${q(previous)} ends. Let it start at least one second later.`,

  "BND-50": (missing, extra) =>
    `A question must have exactly the keys key, type, title, selection, is_required and is_on_leaderboard.${missing ? ` Missing: ${missing}.` : ""}${extra ? ` Not allowed: ${extra}.` : ""}`,
  "BND-51": (key, name) =>
    `The key of this question is ${q(key)}, but its entry in fact_sheet is named ${q(name)}. Write the same in both places.`,
  "BND-52": (found) => `The type of a question must be checkbox, text or select, but it is ${found}.`,
  "BND-53": (found) => `This must contain keys and values (key: value), but it is ${found}.`,

  "BND-60": () => "leaderboards is missing. List one leaderboard with its columns.",
  "BND-60:singular": () => "leaderboards is missing. Write leaderboards (a list) instead of leaderboard.",
  "BND-61": (found, limit) => `${found} is not a submission_rule. Write ${limit}.`,
  "BND-62": () => "This leaderboard has no columns. List at least one.",
  "BND-63": (key) => `Another column also has the key ${q(key)}. Give each column its own key.`,
  "BND-63:board": (key) => `Another leaderboard also has the key ${q(key)}. Give each leaderboard its own key.`,
  "BND-64": (index) => `Another column also has the index ${index}. Give each column its own index.`,
  "BND-65": () => "A computation needs computation_indexes. List the indexes of the columns to compute from.",
  "BND-66": (found, known) => `No column has the index ${found}. The indexes of the columns are ${known}.`,
  "BND-67": () => "A column cannot be computed from itself. Remove its own index from computation_indexes.",
  "BND-67:circle": (key, way) =>
    `The column ${q(key)} can never be computed: it is computed from ${way}. Compute one of them from other columns.`,
  "BND-68": () => "computation_indexes needs a computation. Write avg, sum, min or max.",
  "BND-69": (index, known) =>
    `primary_index is ${index}, but no column has that index. The indexes of the columns are ${known}.`,

  "BND-70": () => "html is missing. A bundle for CodaLab (version 1.5) must have it.",
  "BND-70:version": () =>
    "Add the line version: 2 at the top. Without it the file is read as a bundle for CodaLab (version 1.5), which must have html, but it looks like a bundle for Codabench.",
  "BND-71": () => "html has no terms. Add terms: with the path of a Markdown or HTML file.",
  "BND-72": () => "leaderboard has no leaderboards. Add at least one, with a label.",
  "BND-73": () => "leaderboard has no columns. Add at least one that names its leaderboard.",

  "BND-99": (reason) => oneLine(reason, 400),
  "BND-99:yaml": (reason) => `This is not valid YAML: ${reason}.`,
  "BND-99:root": (found) => `The file must contain keys and values (title: My competition), but it is ${found}.`,
  "BND-99:pages": () => "pages is missing. List the pages, or write pages: [] if there are none.",
  "BND-80": () =>
    "This program has no metadata.yaml at its top level, so every submission would fail. Add that file, with a line such as command: python3 score.py.",
  "BND-80:folder": (folder, path) =>
    `The top level of this program has only the folder ${q(folder)}, so its metadata is not found and every submission would fail. ${liftCure(path)}`,
  "BND-80:name": (found) =>
    `Workers read the command of a program from metadata.yaml. This one has ${q(found)} instead, so every submission would fail. Rename it.`,
  "BND-81": (reason) => `Every submission would fail. ${reason} Write a line such as command: python3 score.py.`,
  "BND-82": (image, fault) => `No program can run, because the Docker image ${q(image)} ${fault}.`,

  "BND-99:start": () => `This phase has no start. ${dateExample}`,
  "BND-99:date": (found) => `${found} is not a valid date. ${dateExample}`,
  "BND-99:task": (found, known) => `No task has the index ${found}. The indexes of the tasks are ${known}.`,
  "BND-99:ranking-task": (found) => `No phase has the task ${found}. List tasks of the phases in ranking_tasks.`,
  "BND-99:ranking-phase": (phase) =>
    `The phase ${q(phase)} has several tasks, but none of them is in ranking_tasks. Add the one that ranks its rows.`,
  "BND-99:more": (count) => `There are ${count} more problems. Fix these first.`,
} satisfies Record<string, Sentence>;

const warnings = {
  "BND-27": (queue) => `There is no queue ${q(queue)} here. The competition will use the default queue.`,
  "BND-29": () =>
    "Programs will run without a network, because the administrator of this platform does not allow it. Ask the administrator, or remove enable_network.",
  "BND-29:queue": (profiles) =>
    `On the queue's capacity profile ${profiles}, steps run without a network. Choose another queue, or remove enable_network.`,
  "BND-47": (name) => `The phase ${q(name)} ends before it starts, so it is never open. Check its dates.`,
  "BND-48": (found, date) => `${q(found)} is read with the month first, as ${date}. Write that to avoid confusion.`,
  "BND-49": (found, zone) =>
    `${q(found)} is read as UTC, because ${zone} can mean several time zones. Write an offset: 2026-01-31 14:30:00 -05:00.`,
  "BND-54": (key) => `${key} is true only if it is the text "true" in quotes. Without quotes it is false.`,
  "BND-55": () =>
    "A question of type select needs a list of choices in selection. Without it, participants have nothing to choose from.",
  "BND-68": () => "computation_indexes is ignored, because there is no computation.",
  "BND-69": (index) => `No column has the index 0. The column with the index ${index} ranks first.`,
  "BND-74": (what) => `Converted from version 1.5: ${what}`,
  "BND-75": (what) => `Not converted from version 1.5: ${what}`,
  "BND-76": (what) => `Check this after the conversion from version 1.5: ${what}`,
  "BND-80": () =>
    "This program has no metadata.yaml at its top level, so it does not run. Add that file, with a line such as command: python3 ingest.py.",
  "BND-80:folder": (folder, path) =>
    `The top level of this program has only the folder ${q(folder)}, so its metadata is not found and it does not run. ${liftCure(path)}`,
  "BND-80:name": (found) =>
    `Workers read the command of a program from metadata.yaml. This one has ${q(found)} instead, so it does not run. Rename it.`,
  "BND-81": (reason) => `This program does not run. ${reason} Write a line such as command: python3 ingest.py.`,
  "BND-83": (phases, cap) =>
    `Here, programs are stopped after ${cap} seconds in each step, although the phase ${phases} allows more. Ask the administrator of the platform or of the queue for more time, or use a queue of your own.`,
  "BND-84": (file, need) =>
    `The program seems to need a network (${file}: ${oneLine(need, 60)}), but programs run without one. Use a Docker image that contains what is needed. Or write enable_network: true, if the administrator of the platform allows a network.`,
  "BND-85": (path) =>
    `The command starts ${q(path)}, but the program has no such file. Check the command and the name.`,
  "BND-86": (word) =>
    `No shell runs the command, so ${q(word)} has no special meaning in it. Write one plain command, or put the commands in a script and write bash script.sh.`,
  "BND-87": (token, tokens) => `${q(token)} in the command is not replaced as a whole. The tokens are ${tokens}.`,
  "BND-88": (path) =>
    `The command starts ${q(path)}, which is not executable. Set its executable bit (chmod +x) before you zip it, or name its interpreter, as in bash script.sh.`,
  "BND-88:lines": (path) =>
    `The lines of ${q(path)} end as on Windows (CRLF), so it does not run on Linux. Save it with the line ends of Unix (LF).`,
  "BND-89": (folder) =>
    `Programs do not find the files directly, but in the folder ${q(folder)}. If they do not expect that, zip the content of the folder instead of the folder.`,
  "BND-90": (key, place) =>
    `The key ${q(key)} occurs twice in the same mapping (${place}, and possibly elsewhere). The last value is used.`,
  "BND-91": (key, known) => `${q(key)} is not a known key, so it is ignored. Did you mean ${known}?`,
  "BND-91:unknown": (key) => `${q(key)} is not a known key, so it is ignored. Check the spelling, or remove it.`,
  "BND-91:place": (key, place) => `${q(key)} has no effect here. Write it ${place}.`,
  "BND-92": (text, source) =>
    `${q(source)} is read as a number, which becomes ${q(text)}. Put it in quotes to keep it as it is written.`,
  "BND-94": (count) => `There are ${count} more warnings.`,
  "BND-93": (what) => `This is ignored: ${what}`,
} satisfies Record<string, Sentence>;

export type ErrorName = keyof typeof errors;
export type WarningName = keyof typeof warnings;

const codeOf = (name: string): string => name.slice(0, 6);

/** An error, which stops the import. `path` is its place in the YAML; empty for the bundle as a whole. */
export function bundleError(name: ErrorName, path: string, detail = "", limit = ""): BundleProblem {
  return { code: codeOf(name), severity: "error", path, message: errors[name](detail, limit) };
}

/** A warning, which does not stop the import. */
export function bundleWarning(name: WarningName, path: string, detail = "", limit = ""): BundleProblem {
  return { code: codeOf(name), severity: "warning", path, message: warnings[name](detail, limit) };
}

/** Codes of problems that can only be found while unpacking, with the zip, the database and the user's permissions. */
export type UnpackerCode =
  "BND-02" | "BND-11" | "BND-23" | "BND-26" | "BND-27" | "BND-28" | "BND-33" | "BND-39" | "BND-99";

/**
 * A problem found while unpacking. `detail` is the key, path or queue in question; for BND-02 and BND-99 it is the
 * reason. BND-27 is a warning, all others are errors.
 */
export function bundleProblem(code: UnpackerCode, path: string, detail: string): BundleProblem {
  return code === "BND-27" ? bundleWarning(code, path, detail) : bundleError(code, path, detail);
}

/** BND-01 with its likely cause, which is guessed from the names of the zip's files. */
export function missingYaml(names: readonly string[], wanted = "competition.yaml"): BundleProblem {
  const inFolder = names.find((name) => name.endsWith(`/${wanted}`) && !name.startsWith("__MACOSX/"));
  const otherExtension = wanted.replace(/\.yaml$/, ".yml");
  const misnamed = names.find((name) => [wanted, otherExtension].includes(name.toLowerCase()));
  if (misnamed !== undefined) return bundleError("BND-01:name", "", misnamed, wanted);
  if (inFolder !== undefined) return bundleError("BND-01:folder", "", inFolder, wanted);
  return bundleError("BND-01", "", wanted);
}

/** Whether any of the problems stops the import. */
export const hasErrors = (problems: readonly BundleProblem[]): boolean =>
  problems.some((problem) => problem.severity === "error");

/** All codes, in ascending order. */
export const problemCodes: readonly string[] = [
  ...new Set([...Object.keys(errors), ...Object.keys(warnings)].map(codeOf)),
].sort();
