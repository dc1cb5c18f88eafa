import type { ColumnDescription, Computation } from "./competition.ts";
import { decimalText, divideHalfEven, fitsDecimal, parseDecimal, sum } from "./decimal.ts";
import type { Decimal } from "./decimal.ts";

/** The properties of a column that a computation uses. */
export type ComputableColumn = Pick<ColumnDescription, "key" | "index" | "computation" | "computationIndexes">;

/** Scores of one submission: decimal(20,10) text by column key. Both null and absent mean n/a. */
export type Scores = ReadonlyMap<string, string | null>;

/**
 * Computes the scores of the computed columns, from the scores of one submission or of all children of a parent.
 * Missing scores are skipped, and an average is taken over the scores that exist. A column is omitted if it has no
 * scores to compute from, or if its result has more than ten digits before the point. A computed column may use another
 * one, and then uses that one's result; columns that depend on each other in a cycle have no score.
 *
 * Call it for a child with its own scores, and for its parent with those of all children, whenever scores are stored or
 * edited.
 */
export function computeScores(
  columns: readonly ComputableColumn[],
  submissions: readonly Scores[],
): Map<string, string> {
  const byIndex = new Map(columns.map((column) => [column.index, column]));
  const results = new Map<ComputableColumn, Decimal | undefined>();

  const resultOf = (column: ComputableColumn, computation: Computation): Decimal | undefined => {
    if (!results.has(column)) {
      const sources = circleOf(column, byIndex) ? [] : (column.computationIndexes ?? []);
      results.set(column, combine(computation, sources.flatMap(valuesOf)));
    }
    return results.get(column);
  };

  const valuesOf = (index: number): Decimal[] => {
    const column = byIndex.get(index);
    if (!column) return [];
    const values = column.computation
      ? [resultOf(column, column.computation)]
      : submissions.map((scores) => parseDecimal(scores.get(column.key) ?? ""));
    return values.filter((value) => value !== undefined);
  };

  const computed = new Map<string, string>();
  for (const column of columns) {
    if (!column.computation) continue;
    const result = resultOf(column, column.computation);
    if (result !== undefined) computed.set(column.key, decimalText(result));
  }
  return computed;
}

/**
 * The keys of the columns whose scores a column consists of: its own, or if it is computed those that it is computed from,
 * directly or through other computed columns.
 */
export function sourceKeys(
  column: Pick<ComputableColumn, "key"> & Partial<ComputableColumn>,
  columns: readonly (Pick<ComputableColumn, "key" | "index"> & Partial<ComputableColumn>)[],
): string[] {
  if (!column.computation) return [column.key];
  const keys = new Set<string>();
  const seen = new Set<number>();
  const open = [...(column.computationIndexes ?? [])];
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    const source = columns.find((candidate) => candidate.index === index);
    if (!source || seen.has(index)) continue;
    seen.add(index);
    if (source.computation) open.push(...(source.computationIndexes ?? []));
    else keys.add(source.key);
  }
  return [...keys];
}

/**
 * The columns of a circle: a computed column that depends on itself, and those through which it does, if any. Null if it
 * does not depend on itself. Its score can never be computed.
 */
export function circleOf<Column extends Pick<ComputableColumn, "index" | "computationIndexes">>(
  column: Column,
  byIndex: ReadonlyMap<number, Column>,
): Column[] | null {
  const seen = new Set<number>();
  const open: Column[][] = [[column]];
  for (let way = open.pop(); way; way = open.pop()) {
    for (const index of way.at(-1)!.computationIndexes ?? []) {
      if (index === column.index) return way;
      const next = byIndex.get(index);
      if (!next || seen.has(index)) continue;
      seen.add(index);
      open.push([...way, next]);
    }
  }
  return null;
}

/** The average, sum, minimum or maximum. Undefined without values, or if it has more than ten digits before the point. */
export function combine(computation: Computation, values: readonly Decimal[]): Decimal | undefined {
  const total = sum(values);
  if (total === undefined) return undefined;
  const result = {
    sum: () => total,
    avg: () => divideHalfEven(total, BigInt(values.length)),
    min: () => values.reduce((least, value) => (value < least ? value : least)),
    max: () => values.reduce((most, value) => (value > most ? value : most)),
  }[computation]();
  return fitsDecimal(result) ? result : undefined;
}
