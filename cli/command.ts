import type { ParseArgsConfig } from "node:util";

/** The command was not understood; the message says why. */
export class Usage extends Error {}

/** What a script can tell from the exit code. */
export const exitCodes = {
  done: 0,
  /** It was understood and done, and the result is not good: a bundle with errors, a submission that failed. */
  notGood: 1,
  misused: 2,
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

/** `submit PHASE SUBMISSION [--no-follow] [--json]` */
export function usageOf(name: string, { takes, options = {} }: Command): string {
  const shown = Object.entries(options).map(([option, value]) => `[--${option}${value === "flag" ? "" : ` ${value}`}]`);
  return ["benchstack", name, ...takes, ...shown, "[--json]"].join(" ");
}

/** What `parseArgs` has to know of a command. */
export const parsedOptions = ({ options = {} }: Command): NonNullable<ParseArgsConfig["options"]> => ({
  help: { type: "boolean", short: "h" },
  json: { type: "boolean" },
  ...Object.fromEntries(Object.entries(options).map(([name, value]) => [name, { type: value === "flag" ? ("boolean" as const) : ("string" as const) }])),
});

/** Throws `Usage` unless there are as many words as the command takes. */
export function checkWords(name: string, { takes }: Command, words: string[]): void {
  const least = takes.filter((word) => !word.startsWith("[")).length;
  if (words.length < least) throw new Usage(`${name} needs ${takes[words.length]}.`);
  if (words.length > takes.length) throw new Usage(`${name} does not take "${words[takes.length]}".`);
}

/** A word that has to be the number of something. Throws `Usage`. */
export function idOf(what: string, word: string): number {
  if (!/^\d{1,10}$/.test(word)) throw new Usage(`${what} is a number, not "${word}".`);
  return Number(word);
}
