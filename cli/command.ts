import type { ParseArgsConfig } from "node:util";

/** The command was not understood; the message says why. */
export class UsageError extends Error {}

/** What a script can tell from the exit code. */
export const exitCodes = {
  done: 0,
  /** It was understood and done, and the result is not good: a bundle with errors, a submission that failed. */
  failed: 1,
  usage: 2,
  /** The platform said no: not logged in, not allowed, not there. */
  refused: 3,
  /** The platform was not reached or has a fault of its own: worth trying again. */
  unavailable: 4,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What a command was given: words, options, and whether to print JSON. */
export interface Arguments {
  /** As many as the command's `takes` names. */
  words: string[];
  text: (option: string) => string | undefined;
  flag: (option: string) => boolean;
  json: boolean;
}

export interface Command {
  /** Names of its words, in order. Those in brackets may be left out. */
  takes: string[];
  /** Its options beside `--json`: a flag, or what its value is called. */
  options?: Record<string, "flag" | Uppercase<string>>;
  /** One or more sentences. */
  about: string;
  /** Returns the exit code. */
  run: (given: Arguments) => Promise<ExitCode>;
}

/** The option of commands whose changes are on an audit trail. */
export const reasonOption = { reason: "TEXT" } as const;

const maxLineLength = 110;

/** `benchstack submit PHASE SUBMISSION [--no-follow] [--json]`, in as many lines as it takes. */
export function usageOf(name: string, { takes, options = {} }: Command): string {
  const shown = Object.entries(options).map(([option, value]) => `[--${option}${value === "flag" ? "" : ` ${value}`}]`);
  const lines = [["benchstack", name, ...takes].join(" ")];
  for (const word of [...shown, "[--json]"]) {
    const longer = `${lines.at(-1)} ${word}`;
    if (longer.length <= maxLineLength) lines[lines.length - 1] = longer;
    else lines.push(`    ${word}`);
  }
  return lines.join("\n");
}

/** What `parseArgs` has to know of a command. */
export const parsedOptions = ({ options = {} }: Command): NonNullable<ParseArgsConfig["options"]> => ({
  help: { type: "boolean", short: "h" },
  json: { type: "boolean" },
  ...Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name,
      { type: value === "flag" ? ("boolean" as const) : ("string" as const) },
    ]),
  ),
});

/** Throws `Usage` unless there are as many words as the command takes. */
export function checkWords(name: string, { takes }: Command, words: string[]): void {
  const minWords = takes.filter((word) => !word.startsWith("[")).length;
  if (words.length < minWords) throw new UsageError(`${name} needs ${takes[words.length]}.`);
  if (words.length > takes.length) throw new UsageError(`${name} does not take "${words[takes.length]}".`);
}

/** Words between commas. */
export const wordsIn = (text: string): string[] =>
  text
    .split(",")
    .map((word) => word.trim())
    .filter(Boolean);

/** The numbers of some things, with commas. Throws `Usage`. */
export const idsOf = (what: string, text: string): number[] => wordsIn(text).map((word) => idOf(what, word));

/** Of two flags that say the opposite, which was given. Throws `Usage` when both were. */
export function either({ flag }: Arguments, yes: string, no: string): boolean | undefined {
  if (flag(yes) && flag(no)) throw new UsageError(`Give --${yes} or --${no}, not both.`);
  return flag(yes) ? true : flag(no) ? false : undefined;
}

/** A word that has to be the number of something. Throws `Usage`. */
export function idOf(what: string, word: string): number {
  if (!/^\d{1,10}$/.test(word)) throw new UsageError(`${what} is a number, not "${word}".`);
  return Number(word);
}
