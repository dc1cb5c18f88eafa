import { splitCommand } from "./split-command.ts";
import { readYaml } from "./yaml/yaml.ts";

/** Names of the file at the root of a program that names its command. The first that exists is used. */
export const metadataNames = ["metadata.yaml", "metadata"] as const;

/** The metadata file of a program. */
export interface MetadataFile {
  name: (typeof metadataNames)[number];
  text: string;
}

/** A longer metadata file is read up to here, in bytes. That is more than the YAML reader accepts. */
export const maxMetadataBytes = 4 * 256 * 1024 + 4;

/**
 * The result of reading a program's metadata. `reason` is a sentence for the program's author.
 * - `run`: start this argument vector, after the entry point of the image.
 * - `no-metadata`: there is no metadata file; `ContainerSpec.withoutMetadata` says what happens then.
 * - `no-command`: the file names no command, or is not a YAML mapping; nothing runs.
 * - `bad-command`: the command cannot be turned into an argument vector.
 */
export type Command =
  | { kind: "run"; argv: string[] }
  | { kind: "no-metadata" }
  | { kind: "no-command"; reason: string }
  | { kind: "bad-command"; reason: string };

/**
 * Reads the command of a program, replaces the tokens in the given order, and splits it like Python's `shlex.split`, because
 * authors tested their programs with that function. No shell runs.
 */
export function readCommand(metadata: MetadataFile | null, substitutions: readonly [string, string][]): Command {
  if (metadata === null) return { kind: "no-metadata" };
  const found = commandOf(metadata);
  if (found.kind !== "text") return found;
  const command = substitutions.reduce((text, [token, to]) => text.split(token).join(to), found.text);
  const argv = splitCommand(command);
  if (typeof argv === "string") {
    return { kind: "bad-command", reason: `The command in ${metadata.name} cannot be split into arguments: ${argv}.` };
  }
  if (argv.length === 0) return { kind: "no-command", reason: `The command in ${metadata.name} is blank.` };
  return { kind: "run", argv };
}

function commandOf({ name, text }: MetadataFile): { kind: "text"; text: string } | Exclude<Command, { kind: "run" }> {
  const content = readYaml(text);
  if (!content.ok) return { kind: "no-command", reason: `${name} is not valid YAML: ${content.reason}.` };
  if (content.root.kind !== "mapping") {
    return {
      kind: "no-command",
      reason: `${name} is not a mapping; it needs a line such as "command: python3 run.py".`,
    };
  }
  const command = content.root.entries.find(({ key }) => key.kind === "text" && key.value === "command")?.value;
  if (!command || command.kind === "null") return { kind: "no-command", reason: `${name} has no command.` };
  if (command.kind !== "text") {
    return { kind: "bad-command", reason: `The command in ${name} must be one line of text, not a list or a number.` };
  }
  return { kind: "text", text: command.value };
}
