/**
 * The source of a worksheet: lines of text, of which each is one item. Writing items as lines and reading the lines again
 * gives the same items, and the words of a directive stay as their author wrote them.
 */
import { joinWords, splits, splitWords } from "./words.ts";

/** An item as it is stored, but with the spec of a bundle or worksheet instead of what the spec names. */
export type SourceItem =
  | { type: "markup"; value: string }
  | { type: "directive"; value: string }
  | { type: "bundle"; spec: string }
  | { type: "worksheet"; spec: string };

/** First word of the directive as which a comment is stored. */
export const commentWord = "%";

const bundleLine = /^\s*(?:\[.*\])?\s*\{([^{]*)\}\s*$/;
const worksheetLine = /^\s*(?:\[.*\])?\s*\{\{(.*)\}\}\s*$/;
const directiveLine = /^\s*%(.*)$/;

/**
 * The items of a source, of which an empty one has none. PostgreSQL stores no NUL characters, so they are left out. `cl`
 * sends no line end after the last line, so a last line that is empty is an item.
 */
export const readSource = (source: string): SourceItem[] =>
  source === ""
    ? []
    : source
        .replaceAll("\0", "")
        .split(/\r\n|\n|\r/)
        .map(readLine);

function readLine(line: string): SourceItem {
  if (line.startsWith("//")) return { type: "directive", value: joinWords([commentWord, line.slice(2)]) };
  const bundle = bundleLine.exec(line);
  if (bundle) return { type: "bundle", spec: bundle[1]!.trim() };
  const worksheet = worksheetLine.exec(line);
  if (worksheet) return { type: "worksheet", spec: worksheet[1]!.trim() };
  const directive = directiveLine.exec(line)?.[1]!.trim();
  if (directive === undefined || !splits(directive)) return { type: "markup", value: line };
  return { type: "directive", value: directive };
}

/**
 * The directive in a text whose quotes are not closed; undefined if the text is something else. It is kept as text: `cl`
 * splits the directives of a worksheet that it prints, and would stop at this one.
 */
export function brokenDirective(text: string): string | undefined {
  const directive = directiveLine.exec(text)?.[1]!.trim();
  return directive === undefined || splits(directive) ? undefined : directive;
}

/** What is stored of a directive that a client adds without a source. */
export const directiveItem = (value: string): { type: "directive" | "markup"; value: string } =>
  splits(value) ? { type: "directive", value } : { type: "markup", value: directiveSource(value) };

/** The line of a directive. A comment is one whose first word is `%`. */
export function directiveSource(value: string): string {
  if (!splits(value)) return `% ${value}`;
  const [first, ...rest] = splitWords(value);
  if (first === commentWord) return `//${rest.join(" ")}`;
  return value === "" ? "%" : `% ${value}`;
}

/** The line of a bundle: what is in brackets is for the reader and is written anew each time. */
export const bundleSource = (description: string, uuid: string): string => `[${oneLine(description)}]{${uuid}}`;

/** The line of a worksheet inside another. */
export const worksheetSource = (name: string, uuid: string): string => `[worksheet ${oneLine(name)}]{{${uuid}}}`;

const oneLine = (text: string): string => text.replace(/[\r\n]+/g, " ");
