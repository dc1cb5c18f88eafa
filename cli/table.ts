import stringWidth from "string-width";
import { fitted } from "./screen.ts";

const gap = 2;
/** How narrow a column of text may become: first, and if that is not enough. */
const minWidths = [8, 3];

/**
 * A table as text; columns of numbers are aligned to the right. If it is wider than `maxWidth`, the widest columns of text
 * are shortened, and then heads. Numbers are not.
 */
export function table(heads: string[][], rows: string[][], maxWidth = Infinity): string {
  const columns = heads[0]!.map((_, column) => [...heads, ...rows].map((row) => row[column]!));
  const isNumber = columns.map((_, column) => rows.every((row) => /^[$\d.n/a -]+( s)?$/.test(row[column]!)));
  const widths = columns.map((cells) => Math.max(...cells.map((cell) => stringWidth(cell))));
  let excess = widths.reduce((sum, width) => sum + width + gap, 0) - maxWidth;
  for (const minWidth of minWidths) {
    // The heads of numbers are shortened only when that is needed too.
    const floors = columns.map((cells, column) =>
      !isNumber[column]
        ? minWidth
        : minWidth === minWidths[0]
          ? widths[column]!
          : Math.max(minWidth, ...cells.slice(heads.length).map((cell) => stringWidth(cell))),
    );
    for (; excess > 0; excess -= 1) {
      const spare = widths.map((width, column) => (width > floors[column]! ? width : 0));
      const widest = Math.max(...spare);
      if (widest === 0) break;
      widths[spare.indexOf(widest)]! -= 1;
    }
  }
  const padded = (cell: string, column: number) => {
    const shown = fitted(cell, widths[column]!);
    const padding = " ".repeat(widths[column]! - stringWidth(shown));
    return isNumber[column] ? padding + shown : shown + padding;
  };
  const line = (row: string[]) => `  ${row.map(padded).join(" ".repeat(gap))}`.trimEnd();
  const rule = `  ${widths.map((width) => "─".repeat(width)).join("─".repeat(gap))}`;
  return [...heads.map(line), rule, ...rows.map(line)].join("\n");
}
