/** The words of a search. What they mean for bundles, worksheets and people stands in the files beside this one. */
import { LanguageProblem } from "../problem.ts";

/** What a field is compared with. One of the values is enough. */
export type Values = readonly Wanted[];

/** A value. In a pattern `%` stands for any text. */
export interface Wanted {
  text: string;
  isPattern: boolean;
}

/** A word of a search: alone, or a key with what it must have. */
export type Keyword = { kind: "word"; word: string } | { kind: "pair"; key: string; value: string };

/** Results are at most as many as this, unless a search sets another limit, and never more than `mostResults`. */
export const usualResults = 10;
export const mostResults = 10_000;
/** A longer search would only be a mistake. */
const maxKeywords = 100;

/** Reads the words of a search. `.*` of regular expressions means `%`. */
export function readKeywords(keywords: readonly string[]): Keyword[] {
  if (keywords.length > maxKeywords) throw new LanguageProblem(`A search has at most ${maxKeywords} keywords`);
  return keywords.map((written) => {
    const keyword = written.replaceAll(".*", "%");
    const [, key, value] = /^([.\w/]*)=(.*)$/s.exec(keyword) ?? [];
    return key === undefined || value === undefined ? { kind: "word", word: keyword } : { kind: "pair", key, value };
  });
}

/** `a,b`: any of both. */
export const readValues = (value: string): Values =>
  value.split(",").map((text) => ({ text, isPattern: text.includes("%") }));

/** What a search returns. */
export type Result<Field> =
  | { kind: "list"; limit: number; offset: number }
  | { kind: "count"; format: string | null }
  | { kind: "sum"; field: Field; format: string | null };

/** The order of results. Null: that of the list. */
export interface Order<Field> {
  field: Field;
  descending: boolean;
}

/** What a kind of search can return instead of a list. */
export type Aggregates = "none" | "count" | "count and sum";

/** What is common to all searches: order, number and form of the results. */
export class ResultReader<Field> {
  readonly #aggregates: Aggregates;
  #limit = usualResults;
  #offset = 0;
  #isCount = false;
  #sum: Field | undefined;
  #format: string | null = null;
  order: Order<Field> | null = null;

  constructor(aggregates: Aggregates) {
    this.#aggregates = aggregates;
  }

  /** Whether a keyword was about the results. `newest` is the field by which the last is the newest. */
  read(keyword: Keyword, newest: Field): boolean {
    if (keyword.kind === "word") return this.#readWord(keyword.word, newest);
    const { key, value } = keyword;
    if (key === ".limit") this.#limit = Math.min(count(key, value), mostResults);
    else if (key === ".offset") this.#offset = count(key, value);
    else if (key === ".format" && this.#aggregates !== "none") this.#format = value;
    else return false;
    return true;
  }

  #readWord(word: string, newest: Field): boolean {
    if (word === ".count" && this.#aggregates !== "none") this.#isCount = true;
    else if (word === ".last") this.order = { field: newest, descending: true };
    else return false;
    return true;
  }

  /** Whether a value was no value but an order or a sum. */
  readValue(field: Field, value: string): boolean {
    if (value === ".sort") this.order = { field, descending: false };
    else if (value === ".sort-") this.order = { field, descending: true };
    else if (value === ".sum" && this.#aggregates === "count and sum") this.#sum = field;
    else return false;
    return true;
  }

  /** Which part of the list is wanted. */
  get part(): { limit: number; offset: number } {
    return { limit: this.#limit, offset: this.#offset };
  }

  get result(): Result<Field> {
    const format = this.#format;
    if (this.#isCount) return { kind: "count", format };
    if (this.#sum !== undefined) return { kind: "sum", field: this.#sum, format };
    return { kind: "list", ...this.part };
  }
}

function count(key: string, value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new LanguageProblem(`${key} needs a number, not ${value}`);
  return Number(value);
}

/** The moment that an ISO 8601 date, or date and time, names. Without an offset it is UTC. */
export function readMoment(key: string, value: string): Date {
  const [, date, time = "00:00", zone = "Z"] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[-+]\d\d:?\d\d)?)?$/.exec(value) ?? [];
  const moment = new Date(`${date}T${time}${zone}`);
  if (date === undefined || Number.isNaN(moment.getTime()))
    throw new LanguageProblem(
      `${key} needs a date in the form of ISO 8601, such as 2026-01-31 or 2026-01-31T14:05:00, not ${value}`,
    );
  return moment;
}
