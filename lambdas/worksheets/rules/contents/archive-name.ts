/** Which uploaded files are archives. `cl` decides by the same endings. */

export type ArchiveFormat = "tar.gz" | "tar.bz2" | "zip" | "gz" | "bz2";

/** Longer endings first, because one ends in another. */
const endings: readonly (readonly [string, ArchiveFormat])[] = [
  [".tar.gz", "tar.gz"],
  [".tgz", "tar.gz"],
  [".tar.bz2", "tar.bz2"],
  [".zip", "zip"],
  [".gz", "gz"],
  [".bz2", "bz2"],
];

/** The format of an archive by its file name; null if it is none. */
export const archiveFormat = (fileName: string): ArchiveFormat | null =>
  endings.find(([ending]) => fileName.endsWith(ending))?.[1] ?? null;
