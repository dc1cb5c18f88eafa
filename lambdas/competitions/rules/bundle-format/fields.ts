/**
 * Reads the values of a mapping with the types that a competition needs. Values are converted as in Codabench's web
 * forms: a number is accepted as a text, "true" as a boolean and "5" as a number. If a value does not fit, the problem
 * is reported and a placeholder is returned, so that reading continues.
 */
import { isKeepable as canBeStored } from "../../../../contract/keepable.ts";
import type { Draft } from "./draft.ts";
import { textInstant } from "./dates.ts";
import { scalarText } from "../../../jobs/rules/yaml/scalars.ts";
import { rightPlace, type Place } from "./places.ts";
import { likelyKey, longerKey } from "./spelling.ts";
import { describe, plainQuote } from "./wording.ts";
import type { MappingNode, Node } from "../../../jobs/rules/yaml/yaml.ts";

/** A value and its path, for example `phases[1].tasks[0]`. */
export interface Placed {
  node: Node;
  path: string;
}

const trues = new Set(["t", "y", "yes", "true", "on", "1"]);
const falses = new Set(["f", "n", "no", "false", "off", "0"]);

/** The largest number that Codabench's database can store. */
export const maxInteger = 2_147_483_647;

const join = (path: string, key: string): string => {
  const step = /^[\w-]{1,80}$/.test(key) ? key : `[${plainQuote(key)}]`;
  return path === "" || step.startsWith("[") ? path + step : `${path}.${step}`;
};

export class Fields {
  readonly draft: Draft;
  /** Path of the mapping itself. */
  readonly path: string;
  readonly #node: MappingNode;
  readonly #known = new Set<string>();

  constructor(draft: Draft, node: MappingNode, path: string) {
    this.draft = draft;
    this.#node = node;
    this.path = path;
  }

  /** The fields of a value that must be a mapping. Reports an error and returns null if it is not. */
  static of(draft: Draft, { node, path }: Placed): Fields | null {
    if (node.kind === "mapping") return new Fields(draft, node, path);
    draft.error("BND-20:mapping", path, describe(node));
    return null;
  }

  at(key: string): string {
    return join(this.path, key);
  }

  /** The value of a key, which may be a null node. Undefined if the key is absent. */
  raw(key: string): Node | undefined {
    this.#known.add(key);
    return this.#node.entries.find((entry) => entry.key.kind === "text" && entry.key.value === key)?.value;
  }

  /** The value of a key. Undefined if the key is absent or null; the two differ only for submission limits. */
  get(key: string): Placed | undefined {
    const node = this.raw(key);
    return node === undefined || node.kind === "null" ? undefined : { node, path: this.at(key) };
  }

  /** All entries in order, with their keys as text. A key that is not a text (`yes:`) is reported. */
  entries(): ({ key: string } & Placed)[] {
    return this.#node.entries.flatMap((entry) => {
      const key = scalarText(entry.key);
      if (key !== null) return [{ key, node: entry.value, path: this.at(key) }];
      this.draft.error("BND-20:text", this.path, `${describe(entry.key)} (as a key)`);
      return [];
    });
  }

  /** An optional text. Null if it is missing or empty. */
  text(key: string, max?: number): string | null {
    const value = this.get(key);
    return value ? textOf(this.draft, value, max) || null : null;
  }

  /** A required text. */
  requiredText(key: string, max: number): string {
    const value = this.get(key);
    if (!value) {
      this.draft.error("BND-20:required", this.at(key), key);
      return "";
    }
    const text = textOf(this.draft, value, max);
    if (text === "") this.draft.error("BND-20:blank", value.path, key);
    return text ?? "";
  }

  boolean(key: string, defaultValue: boolean): boolean {
    const value = this.get(key);
    if (!value) return defaultValue;
    const word = value.node.kind === "boolean" ? String(value.node.value) : wordOf(value.node);
    if (trues.has(word)) return true;
    if (!falses.has(word)) this.draft.error("BND-20:boolean", value.path, describe(value.node));
    return false;
  }

  integer(key: string, defaultValue: number, min = 0, max = maxInteger): number {
    const value = this.get(key);
    return value ? integerOf(this.draft, value, min, max) : defaultValue;
  }

  /** One of several words, which must be spelled exactly. */
  choice<Word extends string>(key: string, words: readonly Word[], defaultValue: Word): Word {
    const value = this.get(key);
    if (!value) return defaultValue;
    const text = scalarText(value.node);
    const found = words.find((word) => word === text);
    if (!found) this.draft.error("BND-20:choice", value.path, describe(value.node), words.join(" or "));
    return found ?? defaultValue;
  }

  /** The items of an optional list. Empty if it is missing. */
  list(key: string): Placed[] {
    const value = this.get(key);
    return value ? (itemsOf(this.draft, value) ?? []) : [];
  }

  /**
   * Warns about keys that nothing has read. Without `here`, only about those that resemble a known key: version 1.5 has
   * many keys without a meaning here. `renamed` maps other words for a key to what to write instead.
   */
  warnOfUnknownKeys(renamed: Record<string, string> = {}, here?: Place): void {
    const unknown = this.#node.entries.flatMap(({ key, value }) =>
      key.kind === "text" && !this.#known.has(key.value) && value.kind !== "null" && !isNote(key.value)
        ? [key.value]
        : [],
    );
    const candidates = [...this.#known].filter((key) => !this.get(key));
    for (const key of unknown.slice(0, 50)) {
      const meant = Object.hasOwn(renamed, key) ? renamed[key] : null;
      const place = meant === null && here ? rightPlace(key, here) : null;
      const likely = meant ?? likelyKey(key, candidates) ?? (here ? longerKey(key, candidates) : null);
      if (place !== null) this.draft.warn("BND-91:place", this.at(key), key, place);
      else if (likely !== null) this.draft.warn("BND-91", this.at(key), key, likely);
      else if (here) this.draft.warn("BND-91:unknown", this.at(key), key);
    }
  }

  /** Marks keys as known although their values are ignored. */
  ignore(...keys: string[]): void {
    for (const key of keys) this.#known.add(key);
  }
}

/** Whether a key only helps whoever writes the file: an anchor or comment (`x-defaults`, `_note`), or a row of a database. */
const isNote = (key: string): boolean => /^(?:x-|[_.])/.test(key) || ["id", "created_by", "created_when"].includes(key);

/** A number or text in lower case, for comparison. "" for anything else. */
function wordOf(node: Node): string {
  if (node.kind === "text") return node.value.trim().toLowerCase();
  if (node.kind === "float" && Number.isInteger(node.value)) return String(node.value);
  return node.kind === "integer" ? node.value.toString() : "";
}

/** The items of a value that must be a list. Reports an error and returns null if it is not. */
export function itemsOf(draft: Draft, { node, path }: Placed): Placed[] | null {
  if (node.kind === "sequence") return node.items.map((item, i) => ({ node: item, path: `${path}[${i}]` }));
  draft.error("BND-20:list", path, describe(node));
  return null;
}

/**
 * A text without surrounding whitespace. Reports an error and returns null if the value is not a text or cannot be
 * stored.
 */
export function textOf(draft: Draft, { node, path }: Placed, max?: number): string | null {
  const written = scalarText(node);
  if (written === null) {
    draft.error("BND-20:text", path, describe(node));
    return null;
  }
  if (node.kind !== "text" && "source" in node && node.source !== written) {
    draft.warn("BND-92", path, written, node.source);
  }
  const text = written.trim();
  const length = text.length > (max ?? Infinity) ? Array.from(text).length : 0;
  if (max !== undefined && length > max) draft.error("BND-20:length", path, String(length), String(max));
  else if (isKeepable(draft, text, path)) return text;
  return null;
}

/** Whether PostgreSQL and JSON can store the text. Reports an error if not. */
export function isKeepable(draft: Draft, text: string, path: string): boolean {
  const fits = canBeStored(text);
  if (!fits) draft.error("BND-20:characters", path);
  return fits;
}

/**
 * A whole number, which may also be written "5" or 5.0. Reports an error and returns NaN if the value is not one or is
 * out of range.
 */
export function integerOf(draft: Draft, { node, path }: Placed, min = 0, max = maxInteger): number {
  const word = node.kind === "boolean" ? "" : wordOf(node).replace(/\.0*$/, "");
  const digits = /^([-+]?)(\d+(?:_\d+)*)$/.exec(word);
  if (!digits) {
    draft.error("BND-20:integer", path, describe(node));
    return NaN;
  }
  const number = Number(`${digits[1]}${digits[2]?.replaceAll("_", "")}`);
  if (number >= min && number <= max) return number;
  const limit = max === maxInteger ? `of at least ${min}` : `from ${min} to ${max}`;
  draft.error("BND-20:range", path, String(number), limit);
  return NaN;
}

/** A point in time. Reports an error and returns an invalid date if the value is not a date. */
export function dateOf(draft: Draft, { node, path }: Placed): Date {
  if (node.kind === "timestamp") return node.value;
  const read = node.kind === "text" ? textInstant(node.value) : null;
  if (!read || node.kind !== "text") {
    draft.error("BND-99:date", path, describe(node));
    return new Date(NaN);
  }
  if (read.unknownZone) draft.warn("BND-49", path, node.value, read.unknownZone);
  if (read.ambiguous) draft.warn("BND-48", path, node.value, read.date.toISOString().slice(0, 10));
  return read.date;
}
