/**
 * Types of plain YAML words. Files were written for PyYAML's safe loader, which reads YAML 1.1: `yes` and `on` are
 * booleans, `010` is eight, `1:30` is ninety, `1e3` is a text. These are PyYAML's rules, not those of YAML 1.2.
 */
import { timestampInstant } from "./timestamps.ts";

/** A value without parts. `source` is the text in the file, which can differ from how the value is printed. */
export type Scalar =
  | { kind: "null" }
  | { kind: "boolean"; value: boolean; source: string }
  | { kind: "integer"; value: bigint; source: string }
  | { kind: "float"; value: number; source: string }
  | { kind: "timestamp"; value: Date; source: string }
  | { kind: "text"; value: string };

/** The kinds of scalar that a word without quotes can be, apart from text. */
export type PlainKind = Exclude<Scalar["kind"], "text">;

const nulls = new Set(["", "~", "null", "Null", "NULL"]);
const trues = new Set(["yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"]);
const falses = new Set(["no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"]);
const integer = /^[-+]?(?:0b[01_]+|0[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*(?::[0-5]?[0-9])*)$/;
const float =
  /^(?:[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

/** Longer words are texts, even if they look like numbers, so that huge numbers are never parsed. In characters. */
const maxWordLength = 400;

/** Reads a word as the given kind. Returns null if it is not of that kind. */
export function plainScalar(kind: PlainKind, word: string): Scalar | null {
  if (word.length > maxWordLength) return null;
  switch (kind) {
    case "null":
      return nulls.has(word) ? { kind: "null" } : null;
    case "boolean":
      return trues.has(word) || falses.has(word) ? { kind, value: trues.has(word), source: word } : null;
    case "integer": {
      const value = integer.test(word) ? integerValue(word) : null;
      return value === null ? null : { kind, value, source: word };
    }
    case "float":
      return float.test(word) ? { kind, value: floatValue(word), source: word } : null;
    case "timestamp": {
      const value = timestampInstant(word);
      return value && { kind, value, source: word };
    }
  }
}

function integerValue(word: string): bigint | null {
  const sign = word.startsWith("-") ? -1n : 1n;
  const digits = word.replace(/^[-+]/, "").replaceAll("_", "");
  if (/^0[bx]$/.test(digits)) return null;
  if (/^0\d/.test(digits)) return sign * BigInt(`0o${digits.slice(1)}`);
  return sign * digits.split(":").reduce((sum, part) => sum * 60n + BigInt(part), 0n);
}

function floatValue(word: string): number {
  const sign = word.startsWith("-") ? -1 : 1;
  const digits = word.replace(/^[-+]/, "").replaceAll("_", "").toLowerCase();
  if (digits === ".inf") return sign * Infinity;
  if (digits === ".nan") return NaN;
  return sign * digits.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}

/**
 * Converts a number or text to text, as Python's str() does: `012` becomes "10", `1.0` stays "1.0", 1e16 becomes
 * "1e+16". Returns null for anything else.
 */
export function scalarText(node: Scalar | { kind: "sequence" | "mapping" }): string | null {
  switch (node.kind) {
    case "text":
      return node.value;
    case "integer":
      return node.value.toString();
    case "float":
      return floatText(node.value);
    default:
      return null;
  }
}

function floatText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  const [digits = "", power = "0"] = value.toExponential().split("e");
  const exponent = Number(power);
  if (value !== 0 && (exponent < -4 || exponent >= 16)) {
    return `${digits}e${exponent < 0 ? "-" : "+"}${Math.abs(exponent).toString().padStart(2, "0")}`;
  }
  const text = Object.is(value, -0) ? "-0" : String(value);
  return text.includes(".") ? text : `${text}.0`;
}
