/** What people store, how it is named, and when it is too much. */

/** What the bytes of a person are, in the order in which they are shown. */
export const storedKinds = [
  "submission",
  "output",
  "log",
  "data",
  "program",
  "bundle",
  "dump",
  "upload",
  "import",
] as const;
export type StoredKind = (typeof storedKinds)[number];

/** The kinds of files that can be listed one by one. */
export const listedKinds = ["submission", "output", "data", "program", "bundle", "dump", "upload"] as const;
export type ListedKind = (typeof listedKinds)[number];

/** What a person can clean up: things that nothing uses, and files of runs that are no longer needed. */
export const cleanups = [
  "unused_tasks",
  "unused_datasets_programs",
  "unused_submissions",
  "failed_submissions",
  "unused_starting_kits",
  "unused_competition_bundles_and_dumps",
  "old_outputs",
] as const;
export type Cleanup = (typeof cleanups)[number];

const units = ["KB", "MB", "GB", "TB"] as const;

/** A number of bytes for people, in decimal units as Codabench counts them: `1.5 GB`. */
export function readableSize(bytes: number): string {
  const power = Math.min(units.length, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  if (power === 0) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  return `${Number((bytes / 1000 ** power).toPrecision(3))} ${units[power - 1]}`;
}

/** Why a person cannot store more bytes, and what would help; undefined if they can. Whoever stores nothing more always can. */
export function quotaProblem({
  used,
  quota,
  more,
}: {
  /** Bytes that the person stores already, or has announced. */
  used: number;
  quota: number;
  /** Null if it is not known how many, but more than none. */
  more: number | null;
}): string | undefined {
  const needed = more ?? 1;
  if (needed <= 0 || used + needed <= quota) return undefined;
  return (
    `You use ${readableSize(used)} of the ${readableSize(quota)} that you may store, and this needs ${more === null ? "more" : `${readableSize(more)} more`}. ` +
    "Delete what you no longer need (`benchstack storage` lists the largest files and what nothing uses), or ask an administrator of this platform for a larger quota."
  );
}
