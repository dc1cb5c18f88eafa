/** The median of the values. */
export const median = (values: number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/** Formats median and range, for example `0.412 (0.380 to 0.530)`. */
export const spread = (values: number[], decimals: number): string => {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return `${median(values).toFixed(decimals)} (${least.toFixed(decimals)} to ${most.toFixed(decimals)})`;
};

/** Ratios of values from the same round, so that disturbances longer than a round cancel out. */
export const ratios = (values: number[], base: number[]): number[] =>
  values.map((value, round) => value / base[round]!);

/** Formats a table for terminals and Markdown. The first row is the head. */
export function table(rows: string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  const [head, ...body] = rows as [string[], ...string[][]];
  return [line(head), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...body.map(line)].join("\n");
}
