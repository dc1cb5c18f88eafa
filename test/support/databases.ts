import { join } from "node:path";
import { afterAll, describe } from "@jest/globals";
import { migrate, openDatabase, type Db } from "../../lambdas/kernel/db/connection.ts";
import { startDatabase } from "../../local/database.ts";
import { temporaryFolder } from "./files.ts";
import { copyPgliteDatabase } from "./pglite.ts";
import { testDatabase } from "./postgres.ts";

/** A migrated database. */
export interface Engine {
  db: Db;
}

/**
 * Defines the same tests for PGlite and for a PostgreSQL server. `engine` may be called in hooks and tests; each
 * engine has one database for all tests of the file.
 */
export function onBothDatabases(name: string, define: (engine: () => Promise<Engine>) => void): void {
  for (const [kind, open] of [
    ["PGlite", openPglite],
    ["PostgreSQL", openPostgres],
  ] as const)
    describe(`${name} (${kind})`, () => {
      let opened: Promise<{ engine: Engine; close: () => Promise<void> }> | undefined;
      const once = () => (opened ??= open());
      define(async () => (await once()).engine);
      afterAll(async () => (await opened)?.close());
    });
}

async function openPglite() {
  const folder = await temporaryFolder();
  const database = join(folder.path, "database");
  await copyPgliteDatabase(database);
  const server = await startDatabase(database);
  const db = openDatabase({ ...server });
  await migrate(db);
  return {
    engine: { db },
    async close() {
      await db.destroy();
      await server.close();
      await folder.remove();
    },
  };
}

async function openPostgres() {
  const database = await testDatabase();
  const db = openDatabase({ connectionString: database.url, maxConnections: 8 });
  await migrate(db);
  return {
    engine: { db },
    async close() {
      await db.destroy();
      await database.drop();
    },
  };
}
