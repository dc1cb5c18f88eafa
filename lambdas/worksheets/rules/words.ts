/** The words of directives and searches, quoted as in a shell. */
import { splitCommand } from "../../jobs/rules/split-command.ts";
import { LanguageProblem } from "./problem.ts";

/** Splits like Python's `shlex.split`, with which `cl` reads directives. */
export function splitWords(text: string): string[] {
  const words = splitCommand(text);
  if (typeof words === "string") throw new LanguageProblem(`${text} cannot be split into words: ${words}`);
  return words;
}

/** Whether `splitWords` can split a text. */
export const splits = (text: string): boolean => typeof splitCommand(text) !== "string";

/** A text that `splitWords` turns into these words again. */
export const joinWords = (words: readonly string[]): string => words.map(quoteWord).join(" ");

const quoteWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
