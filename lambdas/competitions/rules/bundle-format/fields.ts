/**
 * Reads the values of a mapping as the types the competition needs. A value is taken as Codabench's web forms take it:
 * a number where a text is wanted, "true" where a boolean is wanted, "5" where a number is wanted. What does not fit is
 * reported, and a placeholder is given back so that reading can go on.
 */
import type { Draft } from "./draft.ts";
import { textInstant } from "./dates.ts";
import { scalarText } from "../../../jobs/rules/yaml/scalars.ts";
import { likelyKey } from "./spelling.ts";
import { describe, plainQuote } from "./wording.ts";
import type { MappingNode, Node } from "../../../jobs/rules/yaml/yaml.ts";

/** A value and where it stands, as `phases[1].tasks[0]`. */
export interface Placed {
  node: Node;
  path: string;
}

const trues = new Set(["t", "y", "yes", "true", "on", "1"]);
const falses = new Set(["f", "n", "no", "false", "off", "0"]);

/** The largest number Codabench's database keeps. */
export const maxInteger = 2_147_483_647;

const join = (path: string, key: string): string => {
  const step = /^[\w-]{1,80}$/.test(key) ? key : `[${plainQuote(key)}]`;
  return path === "" || step.startsWith("[") ? path + step : `${path}.${step}`;
};

export class Fields {
  readonly draft: Draft;
  /** Where the mapping itself stands. */
  readonly path: string;
  readonly #node: MappingNode;
  readonly #known = new Set<string>();

  constructor(draft: Draft, node: MappingNode, path: string) {
    this.draft = draft;
    this.#node = node;
    this.path = path;
  }

  /** The fields of a value that must be a mapping; null, and reported, when it is none. */
  static of(draft: Draft, { node, path }: Placed): Fields | null {
    if (node.kind === "mapping") return new Fields(draft, node, path);
    draft.error("BND-20:mapping", path, describe(node));
    return null;
  }

  at(key: string): string {
    return join(this.path, key);
  }

  /** The value of a key, even when it is null; undefined when the key is absent. */
  raw(key: string): Node | undefined {
    this.#known.add(key);
    return this.#node.entries.find((entry) => entry.key.kind === "text" && entry.key.value === key)?.value;
  }

  /** The value of a key; undefined when it is absent or null, which mean the same but for submission limits. */
  get(key: string): Placed | undefined {
    const node = this.raw(key);
    return node === undefined || node.kind === "null" ? undefined : { node, path: this.at(key) };
  }

  /** All entries in order, each with its key as text; a key that has no text, as `yes:`, is reported. */
  entries(): ({ key: string } & Placed)[] {
    return this.#node.entries.flatMap((entry) => {
      const key = scalarText(entry.key);
      if (key !== null) return [{ key, node: entry.value, path: this.at(key) }];
      this.draft.error("BND-20:text", this.path, `${describe(entry.key)} (as a key)`);
      return [];
    });
  }

  /** A text that may be missing; null when it is, or empty. */
  text(key: string, most?: number): string | null {
    const value = this.get(key);
    return value ? textOf(this.draft, value, most) || null : null;
  }

  /** A text that must be there. */
  requiredText(key: string, most: number): string {
    const value = this.get(key);
    if (!value) {
      this.draft.error("BND-20:required", this.at(key), key);
      return "";
    }
    const text = textOf(this.draft, value, most);
    if (text === "") this.draft.error("BND-20:blank", value.path, key);
    return text ?? "";
  }

  boolean(key: string, absent: boolean): boolean {
    const value = this.get(key);
    if (!value) return absent;
    const word = value.node.kind === "boolean" ? String(value.node.value) : wordOf(value.node);
    if (trues.has(word)) return true;
    if (!falses.has(word)) this.draft.error("BND-20:boolean", value.path, describe(value.node));
    return false;
  }

  integer(key: string, absent: number, least = 0, most = maxInteger): number {
    const value = this.get(key);
    return value ? integerOf(this.draft, value, least, most) : absent;
  }

  /** One of a few words, which must be written exactly so. */
  choice<Word extends string>(key: string, words: readonly Word[], absent: Word): Word {
    const value = this.get(key);
    if (!value) return absent;
    const text = scalarText(value.node);
    const found = words.find((word) => word === text);
    if (!found) this.draft.error("BND-20:choice", value.path, describe(value.node), words.join(" or "));
    return found ?? absent;
  }

  /** The items of a list; none when it is missing. */
  list(key: string): Placed[] {
    const value = this.get(key);
    return value ? (itemsOf(this.draft, value) ?? []) : [];
  }

  /**
   * Warns of keys that nothing asked for and that look like one that was asked for. `elsewhere` names keys that other
   * places or versions have, with what to write here instead.
   */
  warnOfUnknownKeys(elsewhere: Record<string, string> = {}): void {
    const unknown = this.#node.entries.flatMap(({ key }) =>
      key.kind === "text" && !this.#known.has(key.value) ? [key.value] : [],
    );
    const free = [...this.#known].filter((key) => !this.get(key));
    for (const key of unknown.slice(0, 50)) {
      const meant = Object.hasOwn(elsewhere, key) ? elsewhere[key] : likelyKey(key, free);
      if (meant) this.draft.warn("BND-91", this.at(key), key, meant);
    }
  }

  /** Takes keys as known that are documented but count for nothing. */
  ignore(...keys: string[]): void {
    for (const key of keys) this.#known.add(key);
  }
}

/** A number or text in lower case, for comparing; "" for anything else. */
function wordOf(node: Node): string {
  if (node.kind === "text") return node.value.trim().toLowerCase();
  if (node.kind === "float" && Number.isInteger(node.value)) return String(node.value);
  return node.kind === "integer" ? node.value.toString() : "";
}

/** The items of a value that must be a list; null, and reported, when it is none. */
export function itemsOf(draft: Draft, { node, path }: Placed): Placed[] | null {
  if (node.kind === "sequence") return node.items.map((item, i) => ({ node: item, path: `${path}[${i}]` }));
  draft.error("BND-20:list", path, describe(node));
  return null;
}

/** A text without blanks around it; null, and reported, when the value is no text or not one that can be kept. */
export function textOf(draft: Draft, { node, path }: Placed, most?: number): string | null {
  const written = scalarText(node);
  if (written === null) {
    draft.error("BND-20:text", path, describe(node));
    return null;
  }
  if (node.kind !== "text" && "source" in node && node.source !== written) {
    draft.warn("BND-92", path, written, node.source);
  }
  const text = written.trim();
  const length = text.length > (most ?? Infinity) ? Array.from(text).length : 0;
  if (most !== undefined && length > most) draft.error("BND-20:length", path, String(length), String(most));
  else if (isKeepable(draft, text, path)) return text;
  return null;
}

/** Whether a text is one that a database and JSON can keep; reported when it is not. */
export function isKeepable(draft: Draft, text: string, path: string): boolean {
  const keepable = !text.includes("\u0000") && text.isWellFormed();
  if (!keepable) draft.error("BND-20:characters", path);
  return keepable;
}

/** A whole number, also as text or as 5.0; NaN, and reported, when it is none or out of range. */
export function integerOf(draft: Draft, { node, path }: Placed, least = 0, most = maxInteger): number {
  const word = node.kind === "boolean" ? "" : wordOf(node).replace(/\.0*$/, "");
  const digits = /^([-+]?)(\d+(?:_\d+)*)$/.exec(word);
  if (!digits) {
    draft.error("BND-20:integer", path, describe(node));
    return NaN;
  }
  const number = Number(`${digits[1]}${digits[2]?.replaceAll("_", "")}`);
  if (number >= least && number <= most) return number;
  const limit = most === maxInteger ? `from ${least} up` : `from ${least} to ${most}`;
  draft.error("BND-20:range", path, String(number), limit);
  return NaN;
}

/** A point in time; an invalid date, and reported, when the value is no date. */
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
