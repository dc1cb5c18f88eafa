import type { SelectQueryBuilder } from "kysely";
import type { Db } from "./connection.ts";

/** A part of a list. */
export interface Part {
  offset: number;
  limit: number;
}

/** How a list is ordered: by which of its fields, and whether the greatest comes first. */
export interface Order<Field extends string = string> {
  field: Field;
  descending: boolean;
}

/**
 * A part of the rows of a query, and how many it has in all. The query says the order, in which each row has one place. The
 * number comes from the same query, so that it can never count other rows.
 */
export async function partOf<Schema, Tables extends keyof Schema, Row>(
  db: Db,
  ordered: SelectQueryBuilder<Schema, Tables, Row>,
  { offset, limit }: Part,
): Promise<{ count: number; rows: Row[] }> {
  const { count } = await db
    // PostgreSQL leaves out the columns that nothing reads, with what they select, but not an order.
    .selectFrom(ordered.clearOrderBy().as("matching"))
    .select((eb) => eb.fn.countAll<string>().as("count"))
    .executeTakeFirstOrThrow();
  return { count: Number(count), rows: (await ordered.offset(offset).limit(limit).execute()) as Row[] };
}
