/** Searches of people. */
import { LanguageProblem } from "../problem.ts";
import { readKeywords, readMoment, readValues, ResultReader } from "./keywords.ts";
import type { Order, Result, Values } from "./keywords.ts";

/** What people can be found by. */
export type UserField = (typeof publicFields)[number] | (typeof privateFields)[number];

export type UserCondition =
  | { kind: "field"; field: UserField; values: Values }
  /** Part of the id or of a name. */
  | { kind: "word"; word: string }
  | { kind: "moment"; of: "joined" | "active"; side: "before" | "after"; moment: Date }
  /** What part of a quota is used. */
  | { kind: "used"; of: "disk" | "time"; side: "less" | "more"; part: number };

export interface UserQuery {
  conditions: UserCondition[];
  order: Order<UserField> | null;
  result: Result<UserField>;
  /** The first key that only administrators may search by; null if everybody may ask this. */
  privateKey: string | null;
}

const publicFields = ["id", "user_id", "user_name", "first_name", "last_name", "affiliation"] as const;
const privateFields = [
  "email",
  "last_login",
  "time_quota",
  "parallel_run_quota",
  "time_used",
  "disk_quota",
  "disk_used",
] as const;

/** Reads a search of people. */
export function readUserQuery(keywords: readonly string[]): UserQuery {
  const results = new ResultReader<UserField>("count");
  let privateKey: string | null = null;
  const conditions = readKeywords(keywords).flatMap((keyword): UserCondition[] => {
    if (results.read(keyword, "id")) return [];
    if (keyword.kind === "word") return [{ kind: "word", word: keyword.word }];
    const { key, value } = keyword;
    if (key === "") return [{ kind: "word", word: value }];
    const special = momentOf(key, value) ?? usedOf(key, value);
    const field = [...publicFields, ...privateFields].find((known) => known === key);
    if (!special && !field) throw new LanguageProblem(`Unknown key: ${key}`);
    if (!isPublic(key)) privateKey ??= key;
    if (special) return [special];
    return results.readValue(field!, value) ? [] : [{ kind: "field", field: field!, values: readValues(value) }];
  });
  return { conditions, order: results.order, result: results.result, privateKey };
}

const isPublic = (key: string) => key.startsWith(".joined_") || publicFields.some((field) => field === key);

function momentOf(key: string, value: string): UserCondition | undefined {
  const [, of, side] = /^\.(joined|active)_(before|after)$/.exec(key) ?? [];
  if (!of) return undefined;
  return { kind: "moment", of: of as "joined", side: side as "before", moment: readMoment(key, value) };
}

/** `70%` and `0.7` are the same part. */
function usedOf(key: string, value: string): UserCondition | undefined {
  const [, of, side] = /^\.(disk|time)_used_(less|more)_than$/.exec(key) ?? [];
  if (!of) return undefined;
  const [, number, percent] = /^(\d+(?:\.\d+)?|\.\d+)(%?)$/.exec(value) ?? [];
  if (number === undefined) throw new LanguageProblem(`${key} needs a part such as 70% or 0.7, not ${value}`);
  return { kind: "used", of: of as "disk", side: side as "less", part: Number(number) / (percent ? 100 : 1) };
}
