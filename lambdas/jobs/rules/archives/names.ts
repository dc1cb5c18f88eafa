/**
 * Names of files in archives. Linux names are bytes in any encoding, so paths are kept as byte strings here: each
 * character is one byte (latin1), and `/` separates the steps.
 */
import { isUtf8 } from "node:buffer";
import { getFileNameLowLevel } from "yauzl";
import type { Entry } from "yauzl";

/** A path as a byte string. */
export const bytesOf = (text: string): string => Buffer.from(text).toString("latin1");

/** A path as text for people. Bytes that are not UTF-8 become U+FFFD. */
export const shownPath = (path: string): string => Buffer.from(path, "latin1").toString("utf8");

/**
 * The comment of an archive whose names are percent-encoded. Names with a backslash, with bytes that are not UTF-8, or
 * that begin like a drive (`C:`) are written so, because zip programs refuse or change them.
 */
export const encodedNames = "Names are percent-encoded: %5C is a backslash, %25 a percent sign.";

const needsEncoding = (path: string): boolean =>
  path.includes("\\") || /^[a-zA-Z]:/.test(path) || !isUtf8(Buffer.from(path, "latin1"));

/** The names of an archive for byte paths, and whether they are percent-encoded. */
export function archiveNames(paths: readonly string[]): { encoded: boolean; nameOf: (path: string) => string } {
  const encoded = paths.some(needsEncoding);
  return { encoded, nameOf: (path) => (encoded ? encode(path) : shownPath(path)) };
}

function encode(path: string): string {
  const special = isUtf8(Buffer.from(path, "latin1")) ? /[%\\]/g : /[%\\\x80-\xff]/g;
  return shownPath(path.replace(special, percent).replace(/^([a-zA-Z]):/, "$1%3A"));
}

const percent = (byte: string): string => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;

/** The byte path that a percent-encoded name means. */
export const decoded = (name: string): string =>
  bytesOf(name).replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));

/** Ids of the systems on which a backslash is an ordinary character of a name: Unix and macOS. */
const unixes: ReadonlySet<number> = new Set([3, 19]);

export const madeOnUnix = ({ versionMadeBy }: Pick<Entry, "versionMadeBy">): boolean => unixes.has(versionMadeBy >>> 8);

/** The name of an entry as a byte string. `comment` is that of the archive. yauzl must not decode strings itself. */
export function entryName(entry: Entry, comment: string): string {
  const { generalPurposeBitFlag, fileNameRaw, extraFields } = entry;
  const text = getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, madeOnUnix(entry));
  return comment === encodedNames ? decoded(text) : bytesOf(text);
}
