/**
 * Post-processors: how a column of a schema shows its values, such as `size`, `%.2f` or `[0:8]`. Several are joined by
 * ` | `. One that does not exist is named in the cell, and one that cannot be applied to a value leaves it as it is.
 */
import { RE2JS } from "re2js";
import { formatNumber } from "./number-format.ts";
import { dateText, durationText, sizeText } from "./quantities.ts";
import { isList, isMapping, numberOf, textOf } from "./value.ts";
import type { Value } from "./value.ts";

type Step = (value: Value) => Value;

/** A text that would become longer than this is left as it is. In UTF-16 units. */
const maxText = 1_000_000;
const maxPattern = 1000;

/** Thrown by a step that cannot be applied to a value. */
class NotApplicable extends Error {}

/** Prepares a post-processor, so that it can be applied to many values. Null leaves values as they are. */
export function postProcessor(post: string | null): (value: Value) => Value {
  const steps = post === null || post === "" ? [] : post.split(" | ").map(stepOf);
  return (value) => {
    let processed = value;
    for (const step of steps) {
      if ("invalid" in step) return step.invalid;
      try {
        processed = step.apply(processed);
      } catch (error) {
        if (error instanceof NotApplicable) return processed;
        throw error;
      }
    }
    return processed;
  };
}

function stepOf(text: string): { apply: Step } | { invalid: string } {
  if (text === "str") return { apply: (value) => (value === null ? null : textOf(value)) };
  if (text === "date") return { apply: onNumber((value) => (Math.abs(value) < 8e12 ? dateText(value) : undefined)) };
  if (text === "duration") return { apply: onNumber(durationText) };
  if (text === "size") return { apply: onNumber(sizeText) };
  if (text.startsWith("%")) return { apply: onNumber((value) => formatNumber(text, value)) };
  if (text.startsWith("s/")) return substitution(text);
  if (text.startsWith("[")) return part(text);
  const [name, key, value, ...rest] = text.split(" ");
  if (name === "add" && key !== undefined && value !== undefined && rest.length === 0)
    return { apply: adding(key, value) };
  if (name === "key" && key !== undefined && value === undefined) return { apply: (found) => ({ [key]: found }) };
  return { invalid: `<invalid function: ${text}>` };
}

const onNumber =
  (show: (value: number) => string | undefined): Step =>
  (value) => {
    if (value === null) return null;
    const number = numberOf(value);
    const shown = number === undefined || !Number.isFinite(number) ? undefined : show(number);
    if (shown === undefined) throw new NotApplicable();
    return shown;
  };

const adding =
  (key: string, added: string): Step =>
  (value) =>
    isMapping(value) ? { ...value, [key]: added } : `<not a mapping: add ${key} ${added}>`;

/** `[a:b]`, as Python slices texts and lists. */
function part(text: string): { apply: Step } | { invalid: string } {
  const [, from, to] = /^\[([-+]?\d*):([-+]?\d*)\]$/.exec(text) ?? [];
  if (from === undefined || to === undefined) return { invalid: `<invalid function: ${text}>` };
  const [start, end] = [Number(from), to === "" ? undefined : Number(to)];
  return {
    apply: (value) => {
      if (isList(value)) return value.slice(start, end);
      if (typeof value !== "string") throw new NotApplicable();
      // Characters outside the basic plane are two units of a JavaScript text.
      return /[\ud800-\udfff]/.test(value) ? [...value].slice(start, end).join("") : value.slice(start, end);
    },
  };
}

/** `s/pattern/text/`, of which the last slash may be missing, with `\/` for a slash. RE2 takes linear time, whatever the pattern. */
function substitution(text: string): { apply: Step } | { invalid: string } {
  const parts = text.split(/(?<!\\)\//).map((piece) => piece.replaceAll("\\/", "/"));
  const [, pattern, replacement, rest = ""] = parts;
  const invalid = { invalid: `<invalid regex: ${text}>` };
  if (pattern === undefined || replacement === undefined || rest !== "" || parts.length > 4) return invalid;
  const compiled = compile(pattern);
  if (!compiled) return invalid;
  return {
    apply: (value) => {
      if (typeof value !== "string" || value.length > maxText) throw new NotApplicable();
      let length = value.length;
      return compiled.matcher(value).replaceAll((...found: unknown[]) => {
        const written = expanded(replacement, found);
        length += written.length;
        if (length > maxText) throw new NotApplicable();
        return written;
      });
    },
  };
}

function compile(pattern: string): RE2JS | undefined {
  if (pattern.length > maxPattern) return undefined;
  try {
    return RE2JS.compile(pattern);
  } catch {
    return undefined;
  }
}

/** Replaces `\1` and `\g<1>` by what a group matched. */
const expanded = (replacement: string, found: unknown[]): string =>
  replacement.replace(/\\(?:(\d)|g<(\d)>|(.))/g, (_whole, digit?: string, group?: string, other?: string) => {
    if (other !== undefined) return { n: "\n", t: "\t" }[other] ?? other;
    const matched = found[Number(digit ?? group)];
    return typeof matched === "string" ? matched : "";
  });
