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

  // To read all tables takes longer than most requests, so triggers note which of them statements have written to.
  await sql`create table snapshot.touched (name text not null)`.execute(db);
  await sql`
    create function snapshot.touch() returns trigger language plpgsql security definer as $$
    begin insert into snapshot.touched values (tg_table_name); return null; end $$`.execute(db);
  for (const name of tables)
    await sql`
      create trigger touched after insert or update or delete or truncate on ${sql.table(name)}
      for each statement execute function snapshot.touch()`.execute(db);

  const digests = async (names: string[]) => {
    const queries = names.map(
      (name) => sql`
        select ${name} as name, md5(string_agg(row::text, '' order by row::text)) as digest from ${sql.table(name)} as row`,
    );
    const { rows } = await sql<{ name: string; digest: string | null }>`
      ${sql.join(queries, sql` union all `)}`.execute(db);
    return new Map(rows.map(({ name, digest }) => [name, digest]));
  };
  const before = await digests(tables);
  return {
    async restore() {
      const { rows } = await sql<{ name: string }>`delete from snapshot.touched returning name`.execute(db);
      if (rows.length === 0) return [];
      const touched = [...new Set(rows.map(({ name }) => name))];
      const now = await digests(touched);
      const changed = touched.filter((name) => now.get(name) !== before.get(name));
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
