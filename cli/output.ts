import { table } from "../scripts/demo-screen.ts";

/** Prints a result: as JSON, or as the text that people get. */
export function show(json: boolean, result: unknown, text: () => string): void {
  process.stdout.write(json ? `${JSON.stringify(result, null, 2)}\n` : text());
}

/** Rows below their heads, or a sentence when there are none. */
export const listing = (heads: string[], rows: (string | number | null)[][], none: string): string =>
  rows.length === 0
    ? `${none}\n`
    : `${table(
        [heads],
        rows.map((row) => row.map((cell) => String(cell ?? "-"))),
      )}\n`;

/** `2026-01-31 13:30` in UTC. */
export const minute = (time: string | null): string | null =>
  time && `${new Date(time).toISOString().slice(0, 16).replace("T", " ")}`;
