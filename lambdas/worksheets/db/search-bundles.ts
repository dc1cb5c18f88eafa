/** Searches of bundles. */
import { sql, type RawBuilder } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import type { BundleCondition, BundleField, BundleQuery } from "../rules/search/bundles.ts";
import type { Values } from "../rules/search/keywords.ts";
import {
  every,
  likePattern,
  matches,
  matchesNumber,
  mayKnowOwner,
  mayReadBundle,
  mayReadWorksheet,
  sharedWith,
  sharedWithGroup,
  some,
  wordPattern,
  type Searcher,
} from "./visible.ts";

/** The uuids that a search finds, in their order, or the number that it asks for. */
export async function searchBundles(db: Db, searcher: Searcher, query: BundleQuery): Promise<string[] | number> {
  const where = every([mayReadBundle(searcher), ...query.conditions.map((one) => conditionSql(one, searcher))]);
  const { result, order } = query;
  if (result.kind === "list") {
    const { rows } = await sql<{ uuid: string }>`
      select b.uuid from bundles b where ${where} ${orderSql(order)} limit ${result.limit} offset ${result.offset}`.execute(
      db,
    );
    return rows.map(({ uuid }) => uuid);
  }
  const number = result.kind === "count" ? sql`count(*)` : sql`coalesce(sum(${numberIn(result.field)}), 0)`;
  const { rows } = await sql<{ number: number }>`
    select ${number}::float8 as number from bundles b where ${where}`.execute(db);
  return rows[0]!.number;
}

/** The newest first, unless another order is asked for. What has no value comes last. */
function orderSql(order: BundleQuery["order"]): RawBuilder<unknown> {
  if (order === null) return sql`order by b.id desc`;
  const { field, descending } = order;
  const direction = descending ? sql`desc` : sql`asc`;
  // Indexes know no `desc nulls last`, so columns that always have a value do without.
  const nulls = field.kind === "column" && field.column !== "command" ? sql`` : sql`nulls last`;
  return sql`order by ${valueIn(field)} ${direction} ${nulls}, b.id ${direction}`;
}

function conditionSql(condition: BundleCondition, searcher: Searcher): RawBuilder<boolean> {
  switch (condition.kind) {
    case "field":
      return fieldSql(condition.field, condition.values, searcher);
    case "word":
      return wordSql(condition.word);
    case "anywhere": {
      const pattern = wordPattern(condition.word);
      return some([
        sql<boolean>`b.uuid ilike ${pattern}`,
        sql<boolean>`b.command ilike ${pattern}`,
        sql<boolean>`exists (select from jsonb_each_text(b.metadata) m where m.value ilike ${pattern})`,
      ]);
    }
    case "mine":
      return sql<boolean>`b.owner_id = ${searcher.id}`;
    case "shared":
      return sql<boolean>`b.id = any(${sharedWith("bundle", searcher)})`;
    case "floating":
      return sql<boolean>`not exists (select from worksheet_items i where i.bundle_uuid = b.uuid)`;
    case "group":
      return sql<boolean>`b.id = any(${sharedWithGroup("bundle", condition.group, searcher)})`;
    case "created":
      return condition.side === "before"
        ? sql<boolean>`b.created_when <= ${endOfSecond(condition.moment)}`
        : sql<boolean>`b.created_when >= ${condition.moment}`;
  }
}

/** Bundles are shown with the second in which they were made. */
const endOfSecond = (moment: Date) => new Date(moment.getTime() + 999);

/** The beginning of a uuid is looked up as such. It would take reading all names to find it in those. */
function wordSql(word: string): RawBuilder<boolean> {
  if (/^0x[0-9a-f]{4,32}$/.test(word)) return sql<boolean>`b.uuid like ${`${word}%`}`;
  const pattern = wordPattern(word);
  return some([sql<boolean>`b.uuid ilike ${pattern}`, sql<boolean>`b.metadata ->> 'name' ilike ${pattern}`]);
}

function fieldSql(field: BundleField, values: Values, searcher: Searcher): RawBuilder<boolean> {
  switch (field.kind) {
    case "column":
      return columnSql(field.column, values, searcher);
    case "owner":
      return every([
        sql<boolean>`b.owner_id = any(array(select u.id from users u where ${matches(sql`u.username`, values)}))`,
        mayKnowOwner("bundle", searcher),
      ]);
    case "dependency": {
      const key = field.key === null ? sql`` : sql`and d.child_path = ${field.key}`;
      return sql<boolean>`b.id = any(array(select d.child_id from bundle_dependencies d
        where ${matches(sql`d.parent_uuid`, values)} ${key}))`;
    }
    case "host_worksheet":
      return sql<boolean>`b.uuid = any(array(select i.bundle_uuid from worksheets w
        join worksheet_items i on i.worksheet_id = w.id
        where ${matches(sql`w.uuid`, values)} and i.bundle_uuid is not null and ${mayReadWorksheet(searcher)}))`;
    case "metadata":
      return metadataSql(field.key, values);
  }
}

type Column = Extract<BundleField, { kind: "column" }>["column"];

function columnSql(column: Column, values: Values, searcher: Searcher): RawBuilder<boolean> {
  const value = columns[column];
  switch (column) {
    case "id":
    case "data_size":
    case "created":
      return matchesNumber(value, values);
    case "owner_id":
      return every([matchesNumber(value, values), mayKnowOwner("bundle", searcher)]);
    default:
      return matches(value, values);
  }
}

/** The metadata of a bundle have no key `created` or `data_size`: those are columns. */
const columns: Record<Column, RawBuilder<unknown>> = {
  id: sql`b.id`,
  uuid: sql`b.uuid`,
  bundle_type: sql`b.type`,
  state: sql`b.state`,
  command: sql`b.command`,
  owner_id: sql`b.owner_id`,
  data_size: sql`b.data_size`,
  created: sql`floor(extract(epoch from b.created_when))`,
};

/** A text of a list is one of its values. */
function metadataSql(key: string, values: Values): RawBuilder<boolean> {
  if (key === "name") return matches(sql`b.metadata ->> 'name'`, values);
  const exact = values.filter(({ isPattern }) => !isPattern).flatMap(({ text }) => contained(key, text));
  const patterns = values.filter(({ isPattern }) => isPattern).map(likePattern);
  const value = sql`b.metadata -> ${key}::text`;
  return some([
    ...(exact.length > 0 ? [sql<boolean>`b.metadata @> any(${exact}::jsonb[])`] : []),
    ...(patterns.length > 0
      ? [
          sql<boolean>`exists (select from jsonb_array_elements_text(
            case jsonb_typeof(${value}) when 'array' then ${value} else jsonb_build_array(${value}) end) as part
            where part ilike any(${patterns}))`,
        ]
      : []),
  ]);
}

/** What metadata contain whose key has a value that is written so. */
function contained(key: string, text: string): string[] {
  const values: unknown[] = [text, [text]];
  if (/^-?\d+(\.\d+)?$/.test(text)) values.push(Number(text));
  if (/^(true|false)$/i.test(text)) values.push(text.toLowerCase() === "true");
  return values.map((value) => JSON.stringify({ [key]: value }));
}

/** By what bundles are ordered. Numbers are compared as numbers, and stand before texts. */
function valueIn(field: BundleField): RawBuilder<unknown> {
  if (field.kind === "column") return field.column === "created" ? sql`b.created_when` : columns[field.column];
  if (field.kind === "metadata") return sql`b.metadata -> ${field.key}::text`;
  return sql`(select u.username from users u where u.id = b.owner_id and not b.is_anonymous)`;
}

/** What is added up. Texts count nothing. */
function numberIn(field: BundleField): RawBuilder<unknown> {
  if (field.kind === "column" && field.column === "data_size") return columns.data_size;
  if (field.kind !== "metadata") return sql`0`;
  const value = sql`b.metadata -> ${field.key}::text`;
  return sql`case jsonb_typeof(${value}) when 'number' then (${value})::numeric end`;
}
