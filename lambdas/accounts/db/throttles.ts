import { sql } from "kysely";
import type { ThrottleRule } from "../rules/throttle.ts";
import type { Db } from "../../kernel/db/connection.ts";

/**
 * Counts a try, unless a pause is on. Returns the seconds until the next try is allowed: of this pause, in which case
 * `isAllowed` is false, or after this try. `key` is the hash of what is counted.
 */
export async function countTry(
  db: Db,
  key: Buffer,
  { free, firstPauseSeconds, maxPauseSeconds, forgetSeconds }: ThrottleRule,
): Promise<{ isAllowed: boolean; waitSeconds: number }> {
  // A statement that waited for another one has an earlier now() than that one wrote: compare with the time after the wait.
  const tries = sql`case when t.last_try < now() - make_interval(secs => ${forgetSeconds}) then 1 else t.tries + 1 end`;
  const { rows } = await sql<{ wait: number }>`
    insert into throttles as t (key, tries, last_try, blocked_until)
    values (${key}, 1, now(), now())
    on conflict (key) do update set
      tries = ${tries},
      last_try = now(),
      blocked_until = now() + make_interval(secs => case when ${tries} <= ${free} then 0
        else least(${maxPauseSeconds}::float, ${firstPauseSeconds}::float * 2 ^ least(${tries} - ${free} - 1, 40)) end)
    where t.blocked_until <= clock_timestamp()
    returning extract(epoch from blocked_until - now())::float as wait`.execute(db);
  if (rows[0]) return { isAllowed: true, waitSeconds: rows[0].wait };
  const blocked = await db
    .selectFrom("throttles")
    .select(sql<number>`greatest(0, extract(epoch from blocked_until - clock_timestamp()))::float`.as("wait"))
    .where("key", "=", key)
    .executeTakeFirst();
  return { isAllowed: false, waitSeconds: blocked?.wait ?? 0 };
}

/** Takes back a try that was none of those that are limited, for example a right password. */
export async function uncountTry(db: Db, key: Buffer): Promise<void> {
  await db
    .updateTable("throttles")
    .set({ tries: sql<number>`greatest(0, tries - 1)`, blocked_until: sql<Date>`last_try` })
    .where("key", "=", key)
    .execute();
}

export async function forgetTries(db: Db, key: Buffer): Promise<void> {
  await db.deleteFrom("throttles").where("key", "=", key).execute();
}

/** Notes that somebody has logged in, for some days. */
export async function noteKnown(db: Db, key: Buffer, days: number): Promise<void> {
  const until = sql<Date>`now() + make_interval(days => ${days})`;
  await db
    .insertInto("known_senders")
    .values({ key, until })
    .onConflict((conflict) => conflict.column("key").doUpdateSet({ until }))
    .execute();
}

export async function isKnown(db: Db, key: Buffer): Promise<boolean> {
  const found = await db
    .selectFrom("known_senders")
    .select("key")
    .where("key", "=", key)
    .where("until", ">", sql<Date>`now()`)
    .executeTakeFirst();
  return found !== undefined;
}

/** Deletes what has not been tried for a day, because no rule remembers longer, and who is not known any more. */
export async function forgetOldTries(db: Db): Promise<void> {
  await db
    .deleteFrom("throttles")
    .where("last_try", "<", sql<Date>`now() - interval '1 day'`)
    .where("blocked_until", "<", sql<Date>`now()`)
    .execute();
  await db
    .deleteFrom("known_senders")
    .where("until", "<", sql<Date>`now()`)
    .execute();
}
