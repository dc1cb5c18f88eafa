/** Which entries of a zip archive workers unpack. */

const typeMask = 0o170000;
const linkType = 0o120000;
/** Regular files, folders, and entries without a type. */
const plainTypes = new Set([0o100000, 0o040000, 0]);
/** Stored and deflated. */
const readableMethods = new Set([0, 8]);

/** Whether an entry with this Unix mode is a symbolic link. Its content is the path that it points to. */
export const isLink = (mode: number): boolean => (mode & typeMask) === linkType;

/** An entry as the directory of an archive describes it. */
export interface DescribedEntry {
  path: string;
  encrypted: boolean;
  /** The number of its compression method. */
  method: number;
  /** Unix mode; 0 if the archive has none. */
  mode: number;
}

/** Why the content of an entry cannot be read, as a part of a sentence. Null if it can. */
export function contentFault({ path, encrypted, method }: DescribedEntry): string | null {
  if (encrypted) return `${path} is encrypted`;
  return readableMethods.has(method) ? null : `${path} is compressed with a method other than deflate`;
}

/** Why an entry cannot be unpacked, as a part of a sentence. Null if it can. Links need `linkFault` as well. */
export function entryFault(entry: DescribedEntry): string | null {
  const isSpecial = !isLink(entry.mode) && !plainTypes.has(entry.mode & typeMask);
  return contentFault(entry) ?? (isSpecial ? `${entry.path} is a device or another special file` : null);
}

/** Why a symbolic link cannot be unpacked, as a part of a sentence. Null if it stays inside the archive. */
export function linkFault(path: string, target: string): string | null {
  let depth = path.split("/").length - 1;
  const leaves = target.split("/").some((step) => {
    if (step === "..") depth -= 1;
    else if (step !== "" && step !== ".") depth += 1;
    return depth < 0;
  });
  return leaves || target.startsWith("/")
    ? `${path} is a link to ${target}, which is outside the archive. Replace it by the file`
    : null;
}
