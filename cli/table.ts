/** A table as text; columns of numbers are aligned to the right. */
export function table(heads: string[][], rows: string[][]): string {
  const widths = heads[0]!.map((_, column) => Math.max(...[...heads, ...rows].map((row) => row[column]!.length)));
  const isNumber = (column: number) => rows.every((row) => /^[$\d.n/a -]+( s)?$/.test(row[column]!));
  const line = (row: string[]) =>
    `  ${row.map((cell, column) => (isNumber(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join("  ")}`.trimEnd();
  const rule = `  ${widths.map((width) => "─".repeat(width)).join("──")}`;
  return [...heads.map(line), rule, ...rows.map(line)].join("\n");
}
