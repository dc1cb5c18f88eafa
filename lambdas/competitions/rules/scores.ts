import { readYaml } from "../../jobs/rules/yaml/yaml.ts";
import type { Scalar } from "../../jobs/rules/yaml/scalars.ts";
import type { Node } from "../../jobs/rules/yaml/yaml.ts";
import { decimalFromNumber, decimalText, fitsDecimal, parseDecimal } from "./decimal.ts";

/** A scores file as the scoring program wrote it. When both exist, `scores.json` is the one that counts. */
export interface ScoresFile {
  name: "scores.json" | "scores.txt";
  text: string;
}

/**
 * What a scores file says.
 * - `scores`: by column key, the text of a decimal(20,10); null where the program wrote NaN, infinity or nothing, which
 *   is shown as n/a. Columns that are absent, or hold something else than a number, are not in it.
 * - `warnings`: sentences for the organizer and the participant.
 */
export type ScoresResult =
  | { ok: true; scores: Map<string, string | null>; warnings: string[] }
  | { ok: false; code: "BAD_SCORES"; message: string };

/** The sentence that goes with NO_SCORES. */
export const missingScores =
  "The scoring program left no scores: it must write scores.json or scores.txt, of at most 1 MiB, into /app/output.";

/**
 * Reads a scores file: one flat mapping of column keys to numbers. Keys that are no column are ignored, whatever their
 * value. `columnKeys` are those of the leaderboard, matched by case.
 */
export function parseScores(file: ScoresFile, columnKeys: readonly string[]): ScoresResult {
  const text = file.text.replace(/^\uFEFF/, "");
  const read = file.name === "scores.json" ? readJson(text) : readText(text);
  if (typeof read === "string") return { ok: false, code: "BAD_SCORES", message: read };
  const { mapping, warnings } = read;
  const scores = new Map<string, string | null>();
  for (const key of columnKeys) {
    const value = mapping.get(key);
    if (value === undefined) continue;
    const score = readScore(value);
    if (score.kind === "score") scores.set(key, score.text);
    else if (score.kind === "none") {
      scores.set(key, null);
      warnings.push(`"${key}" in ${file.name} is ${score.what}; it is shown as n/a.`);
    } else warnings.push(`"${key}" in ${file.name} is ${score.what}; the column gets no score.`);
  }
  if (scores.size === 0 && warnings.length === 0) {
    warnings.push(`${file.name} has none of the leaderboard's columns (${columnKeys.join(", ")}).`);
  }
  return { ok: true, scores, warnings };
}

/** The keys of a scores file with their values, or a sentence that says why there are none. */
type Read = { mapping: Map<string, unknown>; warnings: string[] } | string;

function readJson(text: string): Read {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    try {
      content = JSON.parse(quoteNonNumbers(text));
    } catch {
      return `scores.json is not valid JSON: ${error instanceof Error ? error.message : String(error)}.`;
    }
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    return 'scores.json must hold one mapping of column keys to numbers, such as {"accuracy": 0.85}.';
  }
  return { mapping: new Map(Object.entries(content)), warnings: [] };
}

/** Python writes NaN and Infinity into JSON as bare words; here they become texts, outside of texts only. */
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
  // CodaLab's own form is `key:value`, which is no YAML mapping for want of a blank.
  const mapping = new Map<string, unknown>();
  let strange = 0;
  for (const line of text.split(/\r\n|\r|\n/)) {
    if (/^\s*(#|$)/.test(line)) continue;
    const colon = line.lastIndexOf(":");
    // An indented line belongs to some other key's value.
    if (colon > 0 && !/^\s/.test(line)) mapping.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
    else strange++;
  }
  if (mapping.size === 0) {
    return 'scores.txt must hold a line for each column with its key, a colon and a number, such as "accuracy: 0.85".';
  }
  const warnings = strange > 0 ? [`${strange} line(s) of scores.txt are not "key: number" and were ignored.`] : [];
  return { mapping, warnings };
}

/** A key as the file spells it: a column named 1 or yes is found by just that. */
const keySource = (key: Scalar): string => (key.kind === "text" ? key.value : key.kind === "null" ? "" : key.source);

/** A value of YAML as JSON would give it; what JSON has no form for stays what it is. */
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
    return { kind: "rejected", what: "too large: a score has at most 10 digits before its point" };
  return { kind: "score", text: decimalText(decimal) };
}

function describe(value: unknown): string {
  if (typeof value === "string") return `the text "${value.length > 40 ? `${value.slice(0, 40)}...` : value}"`;
  if (Array.isArray(value)) return "a list";
  return value instanceof Date ? "a date" : "a nested mapping";
}
