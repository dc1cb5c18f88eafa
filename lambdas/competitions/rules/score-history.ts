/** The scores of a phase over time. */
import { parseDecimal } from "./decimal.ts";

/** One run with a score. */
export interface ScoredRun {
  submittedWhen: Date;
  /** Decimal text. */
  score: string;
  isOwn: boolean;
  /** Scores of different tasks are not compared. */
  task: number | null;
}

/** Marks the runs that were better than all before them on the same task, given in order of time. */
export function withRecords<Run extends ScoredRun>(
  runs: readonly Run[],
  sorting: "asc" | "desc",
): (Run & { isRecord: boolean })[] {
  const bests = new Map<number | null, bigint>();
  return runs.map((run) => {
    const score = parseDecimal(run.score)!;
    const best = bests.get(run.task);
    const isRecord = best === undefined || (sorting === "desc" ? score > best : score < best);
    if (isRecord) bests.set(run.task, score);
    return { ...run, isRecord };
  });
}

/**
 * At most this many of some runs, in their order. The records stay, then the viewer's own, as far as they fit, and of the others
 * some that are spread evenly.
 */
export function thinned<Run extends { isOwn: boolean; isRecord: boolean }>(runs: readonly Run[], most: number): Run[] {
  if (runs.length <= most) return [...runs];
  const kept = new Set<Run>();
  const groups = [
    runs.filter(({ isRecord }) => isRecord),
    runs.filter(({ isRecord, isOwn }) => !isRecord && isOwn),
    runs.filter(({ isRecord, isOwn }) => !isRecord && !isOwn),
  ];
  for (const group of groups) for (const run of spread(group, most - kept.size)) kept.add(run);
  return runs.filter((run) => kept.has(run));
}

/** So many of some items, spread evenly, with the first and the last. */
function spread<Item>(items: readonly Item[], most: number): Item[] {
  if (items.length <= most) return [...items];
  if (most === 0) return [];
  if (most === 1) return items.slice(-1);
  return Array.from({ length: most }, (_, at) => items[Math.round((at * (items.length - 1)) / (most - 1))]!);
}
