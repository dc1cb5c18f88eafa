/** The first and the last lines of a file, as `cl info -v` shows them. */
import { isUtf8 } from "node:buffer";

export interface Summary {
  /** How many lines of the beginning and of the end. */
  head: number;
  tail: number;
  /** So many bytes are read for each line. */
  maxLineLength: number;
  /** Stands between the two parts when something is left out. */
  truncationText: string;
}

/** What is said of a file that is no text. */
export const binary = "<binary>";

/** Which bytes of a file a summary needs: all, or its beginning and its end. */
export function summaryRanges(size: number, { head, tail, maxLineLength }: Summary) {
  if (size <= (head + tail) * maxLineLength) return { whole: { start: 0, end: size } };
  const start = Math.max(0, size - tail * maxLineLength - 1);
  return { head: { start: 0, end: head * maxLineLength }, tail: { start, end: size } };
}

/** The lines of a whole file. */
export function summaryOfWhole(bytes: Buffer, { head, tail, truncationText }: Summary): string {
  const lines = linesOf(bytes);
  if (lines === null) return binary;
  if (lines.length <= head + tail) return lines.join("");
  return joined(lines.slice(0, head), lines.slice(lines.length - tail), { head, tail, truncationText });
}

/** The lines of the beginning and of the end of a file. A line that is not there as a whole is left out. */
export function summaryOfParts(first: Buffer, last: Buffer, options: Summary): string {
  const { head, tail } = options;
  const beginning = linesOf(first.subarray(0, first.lastIndexOf("\n") + 1));
  const end = linesOf(last.subarray(last.indexOf("\n") + 1));
  if ((head > 0 && beginning === null) || (tail > 0 && end === null) || (head > 0 && !hasText(first))) return binary;
  return joined((beginning ?? []).slice(0, head), tail === 0 ? [] : (end ?? []).slice(-tail), options);
}

const joined = (
  first: string[],
  last: string[],
  { head, tail, truncationText }: Pick<Summary, "head" | "tail" | "truncationText">,
) => [...first, ...(head > 0 && tail > 0 ? [truncationText] : []), ...last].join("");

/** Whether bytes are UTF-8, except a character that was cut off at the end. */
const hasText = (bytes: Buffer): boolean => [0, 1, 2, 3].some((cut) => isUtf8(bytes.subarray(0, bytes.length - cut)));

/** Lines, each with its end. Null: no text. */
function linesOf(bytes: Buffer): string[] | null {
  if (!isUtf8(bytes)) return null;
  const lines = bytes.toString().replace(/\r\n?/g, "\n").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => `${line}\n`);
}
