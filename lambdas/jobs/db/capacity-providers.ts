/** Capacity providers that had no place for a step when they were asked last. All workers share what one has found out. */
import { sql, type RawBuilder } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";

/** How long steps with a fallback leave a provider alone, after it lacked capacity so often in a row. */
const restMinutes = (failures: RawBuilder<number>) => sql`make_interval(mins => least(60, 20 * ${failures}))`;

/** Stores what a capacity provider lacks; null if it had a place. */
export async function noteCapacity(db: Db, name: string, lacking: string | null): Promise<void> {
  if (lacking === null) await db.deleteFrom("capacity_providers").where("name", "=", name).execute();
  else
    await sql`
      insert into capacity_providers as p (name, lacking, retry_when) values (${name}, ${lacking}, now() + ${restMinutes(sql`1`)})
      on conflict (name) do update set
        lacking = excluded.lacking,
        -- Steps that asked at the same time find out the same.
        failures = p.failures + case when p.retry_when < now() + interval '5 minutes' then 1 else 0 end,
        retry_when = greatest(p.retry_when, now() + ${restMinutes(sql`p.failures`)})`.execute(db);
}

/**
 * What a capacity provider lacks, so that a step had better use another one; null if it may try this one. After a rest, one step
 * may try at a time.
 */
export async function lackingCapacity(db: Db, name: string): Promise<string | null> {
  const { rows } = await sql<{ lacking: string; mayTry: boolean }>`
    with trying as (
      update capacity_providers set retry_when = now() + ${restMinutes(sql`failures`)}
      where name = ${name} and retry_when <= now() returning name
    )
    select lacking, exists (select from trying) as "mayTry" from capacity_providers where name = ${name}`.execute(db);
  const [found] = rows;
  return found === undefined || found.mayTry ? null : found.lacking;
}
