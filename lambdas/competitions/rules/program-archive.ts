/** Whether workers can run the program in an archive. */
import { folderWithMetadata } from "../../jobs/rules/archives/top-folder.ts";
import { readCommand, type MetadataFile } from "../../jobs/rules/command.ts";

/** Why a program cannot run: the name of the problem, and the details of its message. */
export interface ProgramFault {
  name: "BND-80" | "BND-80:folder" | "BND-80:name" | "BND-81";
  detail: string;
}

/**
 * Judges a program by the names of its files and the metadata file that workers would read, null if there is none.
 * Returns null if it can run.
 */
export function programFault(
  names: readonly string[],
  metadata: MetadataFile | null,
  substitutions: readonly [string, string][],
): ProgramFault | null {
  const command = readCommand(metadata, substitutions);
  if (command.kind === "run") return null;
  if (command.kind !== "no-metadata") return { name: "BND-81", detail: command.reason };
  const folder = folderWithMetadata(names);
  if (folder !== undefined) return { name: "BND-80:folder", detail: folder };
  const misnamed = names.find((name) => /^metadata\.\w+$|^metadata$/i.test(name));
  return misnamed === undefined ? { name: "BND-80", detail: "" } : { name: "BND-80:name", detail: misnamed };
}
