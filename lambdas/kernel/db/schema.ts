import type { ColumnType, Generated } from "kysely";

/**
 * The types of all tables, for Kysely. Each wing adds its own in `db/tables.ts`, so this file depends on no wing.
 * `migrations/` creates the tables; `test/integration/deployment/schema.test.ts` compares the two.
 */
export interface Database {
  outbox: OutboxTable;
}

export type Timestamp = ColumnType<Date, Date | string, Date | string>;
export type Now = ColumnType<Date, Date | string | undefined, Date | string>;
export type Json<T> = ColumnType<T, string, string>;
/** The driver returns int8 as text, because it may not fit a number. */
export type BigInteger = ColumnType<string, number | string, number | string>;

interface OutboxTable {
  id: Generated<string>;
  queue_name: string;
  body: Json<Record<string, unknown>>;
  written_by: Generated<string>;
  created_when: Now;
  sent_when: Timestamp | null;
}
