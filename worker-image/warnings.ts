/** Warnings of a step: what people have to know about its files although it did not fail. */
import type { CollectedFile, StepName, Warning } from "../contract/job.ts";
import { readableSize } from "./failure.ts";
import type { Packed } from "./pack.ts";
import { shortText } from "./plain-text.ts";

/** More names would hide what happened. */
const maxNamed = 5;
const maxNameLength = 60;

/** All files of an archive that became output are in one folder. */
export const singleFolder = (folder: string, hasMetadata: boolean): Warning => ({
  code: "SINGLE_FOLDER",
  message: hasMetadata
    ? `The metadata file of the program is in the folder ${quoted(folder)}, not at the top of the archive, so the program did not run. Zip the content of the folder, not the folder.`
    : `All files of the archive are in the folder ${quoted(folder)}. If a program looks for them at the top, it does not find them: then zip the content of the folder, not the folder.`,
});

export const fileTooLarge = (step: StepName, { as, maxBytes }: CollectedFile): Warning => ({
  code: "FILE_TOO_LARGE",
  message: `The ${step} step wrote a ${as} that is too large to be read or shown. At most ${readableSize(maxBytes)} are allowed.`,
});

export const outputEmpty = (step: StepName): Warning => ({
  code: "OUTPUT_EMPTY",
  message: `The program of the ${step} step left no files in its output folder, so the next step gets none.`,
});

/** What the output archive does not contain, or contains under another name. */
export function outputWarnings(step: StepName, leftOut: Packed["leftOut"], renamed: Packed["renamed"]): Warning[] {
  const warnings: Warning[] = [];
  if (leftOut.length > 0)
    warnings.push({
      code: "OUTPUT_LEFT_OUT",
      message: `The output of the ${step} step lacks ${list(leftOut.map(({ path, why }) => `${quoted(path)}, which ${why}`))}.`,
    });
  if (renamed.length > 0)
    warnings.push({
      code: "OUTPUT_RENAMED",
      message: `Not every zip program supports all names in the output of the ${step} step, so they are percent-encoded in its archive: ${list(renamed.map(({ path, name }) => `${quoted(path)} is ${quoted(name)}`))}.`,
    });
  return warnings;
}

function list(parts: string[]): string {
  const more = parts.length - maxNamed;
  return [...parts.slice(0, maxNamed), ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}

const quoted = (name: string): string => `"${shortText(name, maxNameLength)}"`;
