import { sql } from "kysely";
import type { Db } from "./connection.ts";
import { idleSessionSeconds } from "./fresh-pool.ts";
import { gatewayGrants } from "./gateway-role.ts";
import { grantRights, workerGrants, type Grants } from "./worker-role.ts";

/**
 * The database roles of functions, and how many connections each may have. Requests of workers have their own, so that people
 * who poll cannot take the connection of a heartbeat, and so has the gateway. With the owner's two for migrations they make 57, about
 * half of what the smallest RDS database allows. The rest is left for operators.
 */
export const roles = {
  benchstack_api: 20,
  benchstack_worker: 15,
  benchstack_events: 8,
  benchstack_gateway: 12,
} as const;
export type DatabaseRole = keyof typeof roles;

/** The connections of all roles, with the owner's two. */
export const maxConnections = Object.values(roles).reduce((sum, count) => sum + count, 2);

/** Roles that have no more than these rights. The others read and write rows of all tables. */
const narrow: Partial<Record<DatabaseRole, Record<string, Grants>>> = {
  benchstack_worker: workerGrants,
  benchstack_gateway: gatewayGrants,
};

/**
 * The server ends a statement after this long, also while it waits for a lock. Functions wait for 25 s (`context.ts`), so nobody
 * waits for its result any more, and it would hold its locks for nothing. The owner, who migrates, has no limit.
 */
export const statementSeconds = 30;

/** Tables to which rows are added and never changed. */
export const appendOnly = ["audit_events"];

/**
 * Creates or updates the roles. They read and write rows of all present and future tables, but only read and add rows of
 * append-only tables, and cannot alter tables. Those of workers and of the gateway have much less (worker-role.ts, gateway-role.ts). On RDS they sign in by IAM.
 * Several processes may call this at once.
 */
export async function ensureRoles(db: Db): Promise<void> {
  for (const [name, connections] of Object.entries(roles) as [DatabaseRole, number][]) {
    const rights = narrow[name];
    const role = sql.ref(name);
    await sql`
      do $$ begin
        create role ${role} login;
      exception when duplicate_object or unique_violation then null;
      end $$`.execute(db);
    await despiteOthers(db, async (tx) => {
      await sql`alter role ${role} connection limit ${sql.lit(connections)}`.execute(tx);
      await sql`alter role ${role} set idle_session_timeout = ${sql.lit(`${idleSessionSeconds}s`)}`.execute(tx);
      // Compiling a query for a page takes longer than the query.
      await sql`alter role ${role} set jit = off`.execute(tx);
      await sql`alter role ${role} set statement_timeout = ${sql.lit(`${statementSeconds}s`)}`.execute(tx);
      await sql`grant usage on schema public to ${role}`.execute(tx);
      if (rights) return grantRights(tx, name, rights);
      await sql`grant select, insert, update, delete on all tables in schema public to ${role}`.execute(tx);
      for (const table of appendOnly) await sql`revoke update, delete on ${sql.table(table)} from ${role}`.execute(tx);
      await sql`grant usage on all sequences in schema public to ${role}`.execute(tx);
      await sql`alter default privileges in schema public grant select, insert, update, delete on tables to ${role}`.execute(
        tx,
      );
      await sql`alter default privileges in schema public grant usage on sequences to ${role}`.execute(tx);
      // Only the owner may write the tables of migrations.
      await sql`revoke all on table kysely_migration, kysely_migration_lock from ${role}`.execute(tx);
    });
  }
  const { rows } = await sql`select from pg_roles where rolname = 'rds_iam'`.execute(db);
  if (rows.length > 0)
    await sql`grant rds_iam to ${sql.join(Object.keys(roles).map((name) => sql.ref(name)))}`.execute(db);
}

/**
 * Runs a change of roles, and retries if another deployment changes them at the same time. Roles belong to the whole server, so
 * a lock in one database does not stop the other. PostgreSQL lets the later change wait for the earlier one, then fails it.
 */
async function despiteOthers(db: Db, change: (tx: Db) => Promise<void>): Promise<void> {
  for (let triesLeft = 20; ; triesLeft--) {
    try {
      return await db.transaction().execute(change);
    } catch (error) {
      if (triesLeft === 0 || !/tuple concurrently updated/.test((error as Error).message)) throw error;
    }
  }
}
