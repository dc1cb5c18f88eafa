import { table } from "./table.ts";
import { harmless, harmlessJson, harmlessLine, isRich } from "./terminal.ts";

/** Prints text on standard output. Control characters in it are shown and not obeyed. */
export function print(text: string): void {
  process.stdout.write(harmless(text, isRich(process.stdout)));
}

/** Prints CSV on standard output: unchanged into a file, and harmless on a terminal. */
export function printCsv(text: string): void {
  if (process.stdout.isTTY) print(text);
  else process.stdout.write(text);
}

/** Prints a sentence on standard error. Control characters in it are shown and not obeyed. */
export function complain(sentence: string): void {
  process.stderr.write(`${harmless(sentence, isRich(process.stderr))}\n`);
}

/** Prints JSON on standard output. */
export function printJson(value: unknown): void {
  process.stdout.write(`${harmlessJson(JSON.stringify(value, null, 2))}\n`);
}

/** Prints a result: as JSON for programs, or as text for people. */
export function show(json: boolean, result: unknown, text: () => string): void {
  if (json) printJson(result);
  else print(text());
}

/** Formats rows as a table with column heads, as wide as the terminal at most. Without rows, it is the sentence `none`. */
export const listing = (heads: string[], rows: (string | number | null)[][], none: string): string =>
  rows.length === 0
    ? `${none}\n`
    : `${table(
        [heads.map(harmlessLine)],
        rows.map((row) => row.map((cell) => harmlessLine(String(cell ?? "-")))),
        process.stdout.isTTY ? process.stdout.columns : Infinity,
      )}\n`;

/** A page of a list. */
export interface Page<Item> {
  count: number;
  results: Item[];
}

/** A line that says how many more there are than a page has; empty if it has all. */
export const unshown = ({ count, results }: Page<unknown>): string =>
  count > results.length ? `${count - results.length} more are not shown. Search for them.\n` : "";

/** Something that a request about many things left out, and why. */
export interface Skipped {
  id: number;
  detail: string;
}

/** Formats what was skipped, with the reasons. */
export const skippedLines = (skipped: Skipped[]): string =>
  skipped.map(({ id, detail }) => `Skipped ${id}: ${detail}\n`).join("");

/** Formats a time in UTC, for example `2026-01-31 13:30`. */
export const minute = (time: string | null): string | null =>
  time && `${new Date(time).toISOString().slice(0, 16).replace("T", " ")}`;
