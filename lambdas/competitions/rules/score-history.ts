/** The scores of a phase over time. */
import { parseDecimal } from "./decimal.ts";

/** One run with a score. */
export interface ScoredRun {
  submittedWhen: Date;
  /** Decimal text. */
  score: string;
  isOwn: boolean;
}

/** Marks the runs that were better than all before them, given in order of time. */
export function withRecords<Run extends ScoredRun>(
  runs: readonly Run[],
  sorting: "asc" | "desc",
): (Run & { isRecord: boolean })[] {
  let best: bigint | undefined;
  return runs.map((run) => {
    const score = parseDecimal(run.score)!;
    const isRecord = best === undefined || (sorting === "desc" ? score > best : score < best);
    if (isRecord) best = score;
    return { ...run, isRecord };
  });
}

/**
 * At most this many of some runs, in their order. The viewer's own and the records stay, as far as they fit, and of the others
 * some that are spread evenly.
 */
export function thinned<Run extends { isOwn: boolean; isRecord: boolean }>(runs: readonly Run[], most: number): Run[] {
  if (runs.length <= most) return [...runs];
  const isImportant = ({ isOwn, isRecord }: Run) => isOwn || isRecord;
  const important = spread(runs.filter(isImportant), most);
  const others = spread(
    runs.filter((run) => !isImportant(run)),
    most - important.length,
  );
  const kept = new Set([...important, ...others]);
  return runs.filter((run) => kept.has(run));
}

/** So many of some items, spread evenly, with the first and the last. */
function spread<Item>(items: readonly Item[], most: number): Item[] {
  if (items.length <= most) return [...items];
  if (most <= 1) return items.slice(items.length - most);
  return Array.from({ length: most }, (_, at) => items[Math.round((at * (items.length - 1)) / (most - 1))]!);
}
