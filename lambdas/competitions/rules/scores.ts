import { oneLine } from "../../jobs/rules/yaml/one-line.ts";
import { readYaml } from "../../jobs/rules/yaml/yaml.ts";
import type { Scalar } from "../../jobs/rules/yaml/scalars.ts";
import type { Node } from "../../jobs/rules/yaml/yaml.ts";
import type { Warning } from "../../../contract/job.ts";
import { likelyKey } from "./bundle-format/spelling.ts";
import { decimalFromNumber, decimalText, fitsDecimal, parseDecimal } from "./decimal.ts";

/** A scores file that the scoring program wrote. If both exist, `scores.json` is used. */
export interface ScoresFile {
  name: "scores.json" | "scores.txt";
  text: string;
}

/** The properties of a leaderboard's column that matter here. The platform computes the scores of some columns. */
export interface ScoreColumn {
  key: string;
  computation: string | null;
}

/** Codes of warnings about scores. */
export type ScoreWarning = Warning<"SCORE_MISSING" | "SCORE_INVALID" | "SCORES_IGNORED">;

/**
 * The content of a scores file.
 * - `scores`: decimal(20,10) text by column key. Null if the program wrote NaN, infinity or nothing, which is displayed as
 *   n/a. Columns that are absent or not a number are omitted.
 * - `warnings`: for the organizer and the participant.
 */
export type ScoresResult =
  | { ok: true; scores: Map<string, string | null>; warnings: ScoreWarning[] }
  | { ok: false; code: "BAD_SCORES"; message: string };

/** The message for NO_SCORES. */
export const missingScores =
  "The scoring program wrote no scores. It must write scores.json or scores.txt, of at most 1 MB, to /app/output.";
/** The same code as without scores, because clients know it. */
export const scoresTooLarge =
  "The scoring program wrote scores.json or scores.txt, but it is too large to be read. It may have at most 1 MB.";

/**
 * Reads a scores file, which is one flat mapping of column keys to numbers. Keys that are not columns are ignored. Upper
 * and lower case must match.
 */
export function parseScores(file: ScoresFile, columns: readonly ScoreColumn[]): ScoresResult {
  const text = file.text.replace(/^\uFEFF/, "");
  if (text.includes("\0")) {
    const message = `${file.name} is not text in UTF-8: it contains NUL characters, as UTF-16 does. Write it in UTF-8.`;
    return { ok: false, code: "BAD_SCORES", message };
  }
  const read = file.name === "scores.json" ? readJson(text) : readText(text);
  if (typeof read === "string") return { ok: false, code: "BAD_SCORES", message: read };
  const { mapping, warnings } = read;
  const scores = new Map<string, string | null>();
  const missing: string[] = [];
  const invalid = (message: string) => warnings.push({ code: "SCORE_INVALID", message });
  for (const { key, computation } of columns) {
    if (computation !== null) continue;
    const value = mapping.get(key);
    if (value === undefined) {
      missing.push(key);
      continue;
    }
    const score = readScore(value);
    if (score.kind === "score") scores.set(key, score.text);
    else if (score.kind === "none") {
      scores.set(key, null);
      invalid(`"${key}" in ${file.name} is ${score.what}, so it is shown as n/a.`);
    } else invalid(`"${key}" in ${file.name} is ${score.what}, so the column gets no score.`);
  }
  if (missing.length > 0) warnings.push(missingColumns(file.name, missing, columns, [...mapping.keys()]));
  return { ok: true, scores, warnings };
}

/** More names would hide what happened. */
const maxNamed = 5;

/** Names the columns without a score, and the keys that were probably meant for them. */
function missingColumns(
  file: ScoresFile["name"],
  missing: string[],
  columns: readonly ScoreColumn[],
  written: string[],
): ScoreWarning {
  const known = new Set(columns.map(({ key }) => key));
  const strange = written.filter((key) => !known.has(key));
  const meant = missing.slice(0, maxNamed).flatMap((key) => {
    const similar = likelyKey(key, strange);
    return similar === null ? [] : `It has "${shortened(similar)}": did you mean "${key}"?`;
  });
  const named = missing.slice(0, maxNamed).map((key) => `"${key}"`);
  if (missing.length > maxNamed) named.push(`${missing.length - maxNamed} more`);
  const what = `${file} has no score for ${named.join(", ")}, so ${missing.length === 1 ? "it is" : "they are"} shown as n/a.`;
  return { code: "SCORE_MISSING", message: [what, ...meant].join(" ") };
}

/** The keys and values of a scores file, or a message that says why it cannot be read. */
type Read = { mapping: Map<string, unknown>; warnings: ScoreWarning[] } | string;

function readJson(text: string): Read {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    try {
      content = JSON.parse(quoteNonNumbers(text));
    } catch {
      // The parser's message repeats what the program wrote.
      return `scores.json is not valid JSON: ${oneLine(error instanceof Error ? error.message : String(error), 200)}.`;
    }
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    return 'scores.json must contain one mapping of column keys to numbers: {"accuracy": 0.85}.';
  }
  return { mapping: new Map(Object.entries(content)), warnings: [] };
}

/** Quotes NaN and Infinity, which Python writes into JSON as bare words. Words inside strings are unchanged. */
const quoteNonNumbers = (text: string): string =>
  text.replace(/"(?:\\[^]|[^"\\])*(?:"|$)|-?\bInfinity\b|\bNaN\b/g, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  );

function readText(text: string): Read {
  const yaml = readYaml(text);
  if (yaml.ok && yaml.root.kind === "mapping") {
    const entries = yaml.root.entries.map(({ key, value }) => [keySource(key), plainValue(value)] as const);
    return { mapping: new Map(entries), warnings: [] };
  }
  // CodaLab's own form is `key:value`, which is not a YAML mapping because it has no space after the colon.
  const mapping = new Map<string, unknown>();
  let strange = 0;
  for (const line of text.split(/\r\n|\r|\n/)) {
    if (/^\s*(#|$)/.test(line)) continue;
    const colon = line.lastIndexOf(":");
    // An indented line belongs to the value of another key.
    if (colon > 0 && !/^\s/.test(line)) mapping.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
    else strange++;
  }
  if (mapping.size === 0) {
    return 'scores.txt must contain one line per column with its key, a colon and a number: "accuracy: 0.85".';
  }
  const message = `${strange} line(s) of scores.txt are not of the form "key: number" and were ignored.`;
  return { mapping, warnings: strange > 0 ? [{ code: "SCORES_IGNORED", message }] : [] };
}

/** A key as it is spelled in the file, so that a column named 1 or yes is found. */
const keySource = (key: Scalar): string => (key.kind === "text" ? key.value : key.kind === "null" ? "" : key.source);

/** Converts a YAML value to what JSON would contain. Values that JSON cannot represent are unchanged. */
function plainValue(node: Node): unknown {
  switch (node.kind) {
    case "null":
      return null;
    case "integer":
      return node.value.toString();
    case "sequence":
      return [];
    case "mapping":
      return {};
    default:
      return node.value;
  }
}

type Score = { kind: "score"; text: string } | { kind: "none"; what: string } | { kind: "rejected"; what: string };

function readScore(value: unknown): Score {
  if (value === null || value === "") return { kind: "none", what: "empty" };
  if (typeof value === "number" && !Number.isFinite(value)) return { kind: "none", what: String(value) };
  if (typeof value === "string" && /^\s*[+-]?\.?(nan|inf|infinity)\s*$/i.test(value)) {
    return { kind: "none", what: value.trim() };
  }
  const decimal =
    typeof value === "number" || typeof value === "boolean"
      ? decimalFromNumber(Number(value))
      : typeof value === "string"
        ? parseDecimal(value)
        : undefined;
  if (decimal === undefined) return { kind: "rejected", what: `not a number (${describe(value)})` };
  if (!fitsDecimal(decimal))
    return { kind: "rejected", what: "too large: a score may have at most 10 digits before the point" };
  return { kind: "score", text: decimalText(decimal) };
}

const shortened = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}...` : text);

function describe(value: unknown): string {
  if (typeof value === "string") return `the text "${shortened(value)}"`;
  if (Array.isArray(value)) return "a list";
  return value instanceof Date ? "a date" : "a nested mapping";
}
