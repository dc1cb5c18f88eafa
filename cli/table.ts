import stringWidth from "string-width";
import { fitted } from "./screen.ts";

const gap = 2;
const minWidth = 8;

/**
 * A table as text; columns of numbers are aligned to the right. If it is wider than `maxWidth`, the widest columns of text
 * are shortened.
 */
export function table(heads: string[][], rows: string[][], maxWidth = Infinity): string {
  const columns = heads[0]!.map((_, column) => [...heads, ...rows].map((row) => row[column]!));
  const isNumber = columns.map((_, column) => rows.every((row) => /^[$\d.n/a -]+( s)?$/.test(row[column]!)));
  const widths = columns.map((cells) => Math.max(...cells.map((cell) => stringWidth(cell))));
  for (let excess = widths.reduce((sum, width) => sum + width + gap, 0) - maxWidth; excess > 0; excess -= 1) {
    const widest = widths.reduce(
      (best, width, column) => (isNumber[column] || width <= (widths[best] ?? minWidth) ? best : column),
      -1,
    );
    if (widest === -1) break;
    widths[widest]! -= 1;
  }
  const padded = (cell: string, column: number) => {
    const shown = isNumber[column] ? cell : fitted(cell, widths[column]!);
    const padding = " ".repeat(widths[column]! - stringWidth(shown));
    return isNumber[column] ? padding + shown : shown + padding;
  };
  const line = (row: string[]) => `  ${row.map(padded).join(" ".repeat(gap))}`.trimEnd();
  const rule = `  ${widths.map((width) => "─".repeat(width)).join("─".repeat(gap))}`;
  return [...heads.map(line), rule, ...rows.map(line)].join("\n");
}
