/** Searches of bundles. */
import { LanguageProblem } from "../problem.ts";
import { readKeywords, readMoment, readValues, ResultReader } from "./keywords.ts";
import type { Order, Result, Values } from "./keywords.ts";

/** What bundles can be found by, ordered by and summed up. */
export type BundleField =
  | { kind: "column"; column: (typeof columns)[number] }
  | { kind: "metadata"; key: string }
  | { kind: "owner" }
  /** The uuids of what a bundle depends on, under one key or any. */
  | { kind: "dependency"; key: string | null }
  | { kind: "host_worksheet" };

export type BundleCondition =
  | { kind: "field"; field: BundleField; values: Values }
  /** Part of the uuid or the name. */
  | { kind: "word"; word: string }
  /** Part of the uuid, the command or anything in the metadata. */
  | { kind: "anywhere"; word: string }
  | { kind: "mine" }
  /** Shared with a group that the searcher is a member of. */
  | { kind: "shared" }
  /** On no worksheet. */
  | { kind: "floating" }
  /** Shared with a group, named by uuid or name. */
  | { kind: "group"; group: string }
  | { kind: "created"; side: "before" | "after"; moment: Date };

export interface BundleQuery {
  conditions: BundleCondition[];
  order: Order<BundleField> | null;
  result: Result<BundleField>;
}

const columns = ["id", "uuid", "bundle_type", "state", "command", "owner_id", "data_size", "created"] as const;
const shortcuts = new Map([
  ["type", "bundle_type"],
  ["size", "data_size"],
  ["worksheet", "host_worksheet"],
]);

/** Reads a search of bundles. */
export function readBundleQuery(keywords: readonly string[]): BundleQuery {
  const results = new ResultReader<BundleField>("count and sum");
  const conditions = readKeywords(keywords).flatMap((keyword): BundleCondition[] => {
    if (results.read(keyword, { kind: "column", column: "id" })) return [];
    if (keyword.kind === "word") return [wordCondition(keyword.word)];
    const { key, value } = keyword;
    if (key === "") return [{ kind: "anywhere", word: value }];
    if (key === "group") return [{ kind: "group", group: value }];
    if (key === ".before" || key === ".after")
      return [{ kind: "created", side: key === ".before" ? "before" : "after", moment: readMoment(key, value) }];
    const field = fieldNamed(shortcuts.get(key) ?? key);
    if (!results.readValue(field, value)) return [{ kind: "field", field, values: readValues(value) }];
    if (field.kind === "dependency" || field.kind === "host_worksheet")
      throw new LanguageProblem(`A bundle has several of ${key}, so there is no order or sum by it`);
    return [];
  });
  return { conditions, order: results.order, result: results.result };
}

function wordCondition(word: string): BundleCondition {
  if (word === ".mine") return { kind: "mine" };
  if (word === ".shared") return { kind: "shared" };
  if (word === ".floating") return { kind: "floating" };
  return { kind: "word", word };
}

function fieldNamed(key: string): BundleField {
  if (key === "owner") return { kind: "owner" };
  if (key === "dependency") return { kind: "dependency", key: null };
  if (key.startsWith("dependency/")) return { kind: "dependency", key: key.slice("dependency/".length) };
  if (key === "host_worksheet") return { kind: "host_worksheet" };
  const column = columns.find((known) => known === key);
  return column ? { kind: "column", column } : { kind: "metadata", key };
}
