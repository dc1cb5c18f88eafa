import { sql } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";

/** Notes that a person's request waits. Returns its id; undefined if so many wait already. */
export async function beginWait(
  db: Db,
  userId: number,
  { seconds, most, mostOfPerson }: { seconds: number; most: number; mostOfPerson: number },
): Promise<string | undefined> {
  // Requests that ended without a word are not counted for long.
  await sql`delete from waits where until < now()`.execute(db);
  const { rows } = await sql<{ id: string }>`
    insert into waits (user_id, until)
    select ${userId}, now() + make_interval(secs => ${seconds})
    from (select count(*) as waiting, count(*) filter (where user_id = ${userId}) as own from waits) now_waiting
    where waiting < ${most} and own < ${mostOfPerson}
    returning id`.execute(db);
  return rows[0]?.id;
}

export async function endWait(db: Db, id: string): Promise<void> {
  await db.deleteFrom("waits").where("id", "=", id).execute();
}
