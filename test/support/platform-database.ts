import { findUserForLogin, setPassword } from "../../lambdas/accounts/db/users.ts";
import { setUp } from "../../lambdas/functions/setup.ts";
import { openDatabase } from "../../lambdas/kernel/db/connection.ts";
import { ensureRoles } from "../../lambdas/kernel/db/roles.ts";
import { newToken } from "../../lambdas/kernel/secrets.ts";
import { weakHash } from "./weak-hash.ts";
import { testDatabase, type TestDatabase } from "./postgres.ts";

/** The password of the superuser `admin` in these databases. */
export const adminPassword = "the superuser's password";

/**
 * A PostgreSQL database as the first start of a platform leaves it: with all tables and the superuser `admin`. It is a copy of
 * the one that `npm test` made (`TEST_DATABASE_TEMPLATE`), because the migrations and a password's hash take longer than most
 * tests, or made here if a test file runs alone.
 */
export async function platformDatabase(): Promise<TestDatabase> {
  const template = process.env.TEST_DATABASE_TEMPLATE;
  if (template) return testDatabase(template);
  const database = await testDatabase();
  await fill(database.url);
  return database;
}

/** Makes the database that `platformDatabase` copies, and returns its name. */
export async function makeTemplate(): Promise<string> {
  const { url } = await testDatabase();
  await fill(url);
  return new URL(url).pathname.slice(1);
}

async function fill(connectionString: string): Promise<void> {
  const db = openDatabase({ connectionString, maxConnections: 1 });
  await setUp(db, {
    administrator: { username: "admin", password: adminPassword },
    // Each start gives the profiles, the platform's queue and its workers' token anew.
    profiles: {},
    defaultQueue: "benchstack-default",
    workerToken: newToken("bsw").token,
    sealingKey: null,
    canaryTokenHash: null,
  });
  await ensureRoles(db);
  const admin = await findUserForLogin(db, "admin");
  await setPassword(db, admin!.id, weakHash(adminPassword));
  await db.destroy();
}
