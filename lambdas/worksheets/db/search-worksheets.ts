/** Searches of worksheets. */
import { sql, type RawBuilder } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import type { Values } from "../rules/search/keywords.ts";
import type { WorksheetCondition, WorksheetField, WorksheetQuery } from "../rules/search/worksheets.ts";
import {
  every,
  matches,
  matchesNumber,
  mayKnowOwner,
  mayReadWorksheet,
  sharedWith,
  sharedWithGroup,
  some,
  wordPattern,
  type Searcher,
} from "./visible.ts";

/** The uuids that a search finds: those of the searcher first, then those that changed last. */
export async function searchWorksheets(db: Db, searcher: Searcher, query: WorksheetQuery): Promise<string[]> {
  const { conditions, order, limit, offset } = query;
  const where = every([mayReadWorksheet(searcher), ...conditions.map((one) => conditionSql(one, searcher))]);
  const direction = order?.descending ? sql`desc nulls last` : sql`asc nulls last`;
  const by = order === null ? sql`w.changed_when desc` : sql`${valueIn(order.field)} ${direction}`;
  const { rows } = await sql<{ uuid: string }>`
    select w.uuid from worksheets w where ${where}
    order by w.owner_id is distinct from ${searcher.id}, ${by}, w.name limit ${limit} offset ${offset}`.execute(db);
  return rows.map(({ uuid }) => uuid);
}

function conditionSql(condition: WorksheetCondition, searcher: Searcher): RawBuilder<boolean> {
  switch (condition.kind) {
    case "field":
      return fieldSql(condition.field, condition.values, searcher);
    case "word":
      return wordSql(condition.word);
    case "anywhere":
      return some([
        wordSql(condition.word),
        sql<boolean>`exists (select from worksheet_items i
          where i.worksheet_id = w.id and i.value ilike ${wordPattern(condition.word)})`,
      ]);
    case "mine":
      return sql<boolean>`w.owner_id = ${searcher.id}`;
    case "notmine":
      return sql<boolean>`w.owner_id is distinct from ${searcher.id}`;
    case "shared":
      return sql<boolean>`w.id = any(${sharedWith("worksheet", searcher)})`;
    case "group":
      return sql<boolean>`w.id = any(${sharedWithGroup("worksheet", condition.group, searcher)})`;
  }
}

function wordSql(word: string): RawBuilder<boolean> {
  if (/^0x[0-9a-f]{4,32}$/.test(word)) return sql<boolean>`w.uuid like ${`${word}%`}`;
  const pattern = wordPattern(word);
  return some([
    sql<boolean>`w.uuid ilike ${pattern}`,
    sql<boolean>`w.name ilike ${pattern}`,
    sql<boolean>`w.title ilike ${pattern}`,
  ]);
}

function fieldSql(field: WorksheetField, values: Values, searcher: Searcher): RawBuilder<boolean> {
  switch (field) {
    case "id":
      return matchesNumber(sql`w.id`, values);
    case "uuid":
      return matches(sql`w.uuid`, values);
    case "name":
      return matches(sql`w.name`, values);
    case "title":
      return matches(sql`w.title`, values);
    case "owner":
      return every([
        sql<boolean>`w.owner_id = any(array(select u.id from users u where ${matches(sql`u.username`, values)}))`,
        mayKnowOwner("worksheet", searcher),
      ]);
    case "owner_id":
      return every([matchesNumber(sql`w.owner_id`, values), mayKnowOwner("worksheet", searcher)]);
    case "tag":
      return tagSql(values);
    case "bundle":
      return withItem(matches(sql`i.bundle_uuid`, values));
    case "worksheet":
      return withItem(matches(sql`i.subworksheet_uuid`, values));
  }
}

function tagSql(values: Values): RawBuilder<boolean> {
  const exact = values.filter(({ isPattern }) => !isPattern).map(({ text }) => text);
  const patterns = values.filter(({ isPattern }) => isPattern);
  return some([
    sql<boolean>`w.tags && ${exact}::text[]`,
    ...(patterns.length > 0
      ? [sql<boolean>`exists (select from unnest(w.tags) as tag where ${matches(sql`tag`, patterns)})`]
      : []),
  ]);
}

const withItem = (condition: RawBuilder<boolean>) =>
  sql<boolean>`w.id = any(array(select i.worksheet_id from worksheet_items i where ${condition}))`;

/** By what worksheets are ordered. */
function valueIn(field: OrderField): RawBuilder<unknown> {
  if (field === "owner") return sql`(select u.username from users u where u.id = w.owner_id and not w.is_anonymous)`;
  return sql.ref(`w.${field}`);
}

type OrderField = NonNullable<WorksheetQuery["order"]>["field"];
