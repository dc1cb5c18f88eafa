/** Searches of worksheets. */
import { LanguageProblem } from "../problem.ts";
import { readKeywords, readValues, ResultReader } from "./keywords.ts";
import type { Order, Values } from "./keywords.ts";

/** What worksheets can be found by. */
export type WorksheetField = (typeof fields)[number];

export type WorksheetCondition =
  | { kind: "field"; field: WorksheetField; values: Values }
  /** Part of the uuid, the name or the title. */
  | { kind: "word"; word: string }
  /** Part of those, or of the text of an item. */
  | { kind: "anywhere"; word: string }
  | { kind: "mine" }
  | { kind: "notmine" }
  /** Shared with a group that the searcher is a member of. */
  | { kind: "shared" }
  /** Shared with a group, named by uuid or name. */
  | { kind: "group"; group: string };

export interface WorksheetQuery {
  conditions: WorksheetCondition[];
  order: Order<Exclude<WorksheetField, Several>> | null;
  limit: number;
  offset: number;
}

/** What a worksheet has several of, so that there is no order by it. */
const several = ["tag", "bundle", "worksheet"] as const;
type Several = (typeof several)[number];
const isSeveral = (field: WorksheetField): field is Several => several.some((known) => known === field);

const fields = ["id", "uuid", "name", "title", "owner", "owner_id", "tag", "bundle", "worksheet"] as const;

/** Reads a search of worksheets. */
export function readWorksheetQuery(keywords: readonly string[]): WorksheetQuery {
  const results = new ResultReader<Exclude<WorksheetField, Several>>("none");
  const conditions = readKeywords(keywords).flatMap((keyword): WorksheetCondition[] => {
    if (results.read(keyword, "id")) return [];
    if (keyword.kind === "word") return [wordCondition(keyword.word)];
    const { key, value } = keyword;
    if (key === "") return [{ kind: "anywhere", word: value }];
    if (key === "group") return [{ kind: "group", group: value }];
    const field = fields.find((known) => known === key);
    if (!field) throw new LanguageProblem(`Unknown key: ${key}`);
    const isOrder = !isSeveral(field) && results.readValue(field, value);
    return isOrder ? [] : [{ kind: "field", field, values: readValues(value) }];
  });
  return { conditions, order: results.order, ...results.part };
}

function wordCondition(word: string): WorksheetCondition {
  if (word === ".mine") return { kind: "mine" };
  if (word === ".notmine") return { kind: "notmine" };
  if (word === ".shared") return { kind: "shared" };
  return { kind: "word", word };
}
