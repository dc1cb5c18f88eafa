import { sql, type Kysely } from "kysely";

/** All rows of a database at one moment. */
export interface Snapshot {
  /** Restores all rows. Returns the names of the tables that had changed. Sequences are not reset. */
  restore(): Promise<string[]>;
}

/**
 * Copies all tables of a PostgreSQL database to a schema `snapshot`, which replaces an earlier copy. Restoring needs a superuser,
 * because it disables triggers and foreign keys.
 */
export async function takeSnapshot<Tables>(db: Kysely<Tables>): Promise<Snapshot> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE' and table_name not like 'kysely%' order by 1`.execute(
    db,
  );
  const tables = rows.map(({ name }) => name);
  await sql`drop schema if exists snapshot cascade`.execute(db);
  await sql`create schema snapshot`.execute(db);
  for (const name of tables) await sql`create table ${copy(name)} as table ${sql.table(name)}`.execute(db);

  const digests = sql.join(
    tables.map(
      (name) => sql`
      select ${name} as name, md5(string_agg(row::text, '' order by row::text)) as digest from ${sql.table(name)} as row`,
    ),
    sql` union all `,
  );
  const read = async () => {
    const current = await sql<{ name: string; digest: string | null }>`${digests}`.execute(db);
    return new Map(current.rows.map(({ name, digest }) => [name, digest]));
  };
  const before = await read();
  return {
    async restore() {
      const now = await read();
      const changed = tables.filter((name) => now.get(name) !== before.get(name));
      if (changed.length === 0) return [];
      await db.transaction().execute(async (tx) => {
        await sql`set local session_replication_role = replica`.execute(tx);
        for (const name of changed) {
          await sql`delete from ${sql.table(name)}`.execute(tx);
          await sql`insert into ${sql.table(name)} overriding system value table ${copy(name)}`.execute(tx);
        }
      });
      return changed;
    },
  };
}

const copy = (table: string) => sql.id("snapshot", table);
