import { table } from "./table.ts";

/** Prints a result: as JSON for programs, or as text for people. */
export function show(json: boolean, result: unknown, text: () => string): void {
  process.stdout.write(json ? `${JSON.stringify(result, null, 2)}\n` : text());
}

/** Formats rows as a table with column heads. Without rows, it is the sentence `none`. */
export const listing = (heads: string[], rows: (string | number | null)[][], none: string): string =>
  rows.length === 0
    ? `${none}\n`
    : `${table(
        [heads],
        rows.map((row) => row.map((cell) => String(cell ?? "-"))),
      )}\n`;

/** Formats a time in UTC, for example `2026-01-31 13:30`. */
export const minute = (time: string | null): string | null =>
  time && `${new Date(time).toISOString().slice(0, 16).replace("T", " ")}`;
