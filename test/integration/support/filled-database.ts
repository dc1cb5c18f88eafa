import assert from "node:assert/strict";
import { sql } from "kysely";
import { migrate, openDatabase, type Db } from "../../../lambdas/kernel/db/connection.ts";
import { testDatabase } from "../../support/postgres.ts";

export interface FilledDatabase {
  db: Db;
  /** Runs the queries of a list, and requires that they read no big table from its beginning to its end. */
  byIndex<Result>(list: () => Promise<Result>, what?: string): Promise<Result>;
  close(): Promise<void>;
}

/** A database of its own with the rows that some SQL inserts, of which PostgreSQL knows how many there are. */
export async function openFilledDatabase(rows: string, bigTables: readonly string[]): Promise<FilledDatabase> {
  const database = await testDatabase();
  const db = openDatabase({ connectionString: database.url, maxConnections: 1 });
  await migrate(db);
  await sql.raw(rows).execute(db);
  // Outside a transaction, in which vacuum does not run.
  await sql.raw("vacuum analyze").execute(db);
  const scans = async (): Promise<Map<string, number>> => {
    await sql`select pg_stat_force_next_flush()`.execute(db);
    const counted = await sql<{ table: string; scans: string }>`
      select relname as table, seq_scan as scans from pg_stat_user_tables where relname = any(${bigTables})`.execute(
      db,
    );
    return new Map(counted.rows.map((row) => [row.table, Number(row.scans)]));
  };
  return {
    db,
    async byIndex(list, what) {
      const before = await scans();
      const result = await list();
      assert.deepEqual(await scans(), before, what);
      return result;
    },
    async close() {
      await db.destroy();
      await database.drop();
    },
  };
}
