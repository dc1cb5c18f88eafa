import { Kysely, PostgresDialect, sql } from "kysely";
import { Migrator, type Migration } from "kysely/migration";
import pg from "pg";
import * as initial from "./migrations/0001-initial.ts";
import * as peopleSharingMail from "./migrations/0002-people-sharing-mail.ts";
import * as bundlesAndDumps from "./migrations/0003-bundles-and-dumps.ts";
import * as unwantedJobs from "./migrations/0004-unwanted-jobs.ts";
import * as migratedPhases from "./migrations/0006-migrated-phases.ts";
import type { Database } from "./schema.ts";

export type Db = Kysely<Database>;

/** Every migration in order. Names sort as they apply, and never change once released. */
const migrations: Record<string, { sql: string }> = {
  "0001-initial": initial,
  "0002-people-sharing-mail": peopleSharingMail,
  "0003-bundles-and-dumps": bundlesAndDumps,
  "0004-unwanted-jobs": unwantedJobs,
  "0006-migrated-phases": migratedPhases,
};

/**
 * Opens a pool of connections. Keep `maxConnections` at 1 in a Lambda environment (the database serves few) and with
 * PGlite (it has one session).
 */
export function openDatabase(options: { connectionString: string; maxConnections: number }): Db {
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    max: options.maxConnections,
    connectionTimeoutMillis: 10_000,
    application_name: "benchstack",
  });
  // A connection that breaks while idle is replaced on the next use; without a listener it would end the process.
  pool.on("error", () => undefined);
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
}

/** Brings the schema up to date; safe to call from several processes at once. Throws the first failure. */
export async function migrate(db: Db): Promise<string[]> {
  const migrator = new Migrator({
    db,
    provider: {
      getMigrations: () =>
        Promise.resolve(
          Object.fromEntries(
            Object.entries(migrations).map(([name, migration]): [string, Migration] => [
              name,
              { up: async (trx: Kysely<unknown>) => void (await sql.raw(migration.sql).execute(trx)) },
            ]),
          ),
        ),
    },
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error) throw error instanceof Error ? error : new Error("migration failed", { cause: error });
  return (results ?? []).map((result) => result.migrationName);
}
