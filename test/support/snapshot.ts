import { sql, type Kysely } from "kysely";

/** All rows of a database as they were at one moment. */
export interface Snapshot {
  /** Names of the tables that have other rows by now. */
  changed(): Promise<string[]>;
  /** Puts all rows back, and tells of which tables. Sequences go on. */
  restore(): Promise<string[]>;
}

/**
 * Copies all tables of a PostgreSQL database beside themselves, in a schema `snapshot`, where they take the place of an
 * earlier copy. Putting rows back is for a superuser: no trigger and no foreign key has a say in it.
 */
export async function takeSnapshot<Tables>(db: Kysely<Tables>): Promise<Snapshot> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE' and table_name not like 'kysely%' order by 1`.execute(db);
  const tables = rows.map(({ name }) => name);
  await sql`drop schema if exists snapshot cascade`.execute(db);
  await sql`create schema snapshot`.execute(db);
  for (const name of tables) await sql`create table ${copy(name)} as table ${sql.table(name)}`.execute(db);

  const digests = sql.join(
    tables.map((name) => sql`
      select ${name} as name, md5(string_agg(row::text, '' order by row::text)) as digest from ${sql.table(name)} as row`),
    sql` union all `,
  );
  const read = async () => {
    const current = await sql<{ name: string; digest: string | null }>`${digests}`.execute(db);
    return new Map(current.rows.map(({ name, digest }) => [name, digest]));
  };
  const before = await read();
  const changed = async () => {
    const now = await read();
    return tables.filter((name) => now.get(name) !== before.get(name));
  };

  return {
    changed,
    async restore() {
      const names = await changed();
      if (names.length === 0) return names;
      await db.transaction().execute(async (tx) => {
        await sql`set local session_replication_role = replica`.execute(tx);
        for (const name of names) {
          await sql`delete from ${sql.table(name)}`.execute(tx);
          await sql`insert into ${sql.table(name)} overriding system value table ${copy(name)}`.execute(tx);
        }
      });
      return names;
    },
  };
}

const copy = (table: string) => sql.id("snapshot", table);
