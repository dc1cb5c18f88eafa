import { sql } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import { everybody } from "./counts.ts";

export interface PlatformCounts {
  /** Published ones. */
  competitions: number;
  benchmarks: number;
  /** People who take part in a published competition. */
  participants: number;
  /** To published competitions. A submission to several tasks counts once. */
  submissions: number;
  counted_when: Date;
}

/** Counts that are at most an hour old. The first request after an hour counts again, and others do not wait for it. */
export async function platformCounts(db: Db, now: Date): Promise<PlatformCounts> {
  const fields = ["competitions", "benchmarks", "participants", "submissions", "counted_when"] as const;
  const stored = await db.selectFrom("platform_counts").select(fields).executeTakeFirst();
  const hourAgo = new Date(now.getTime() - 3_600_000);
  if (stored && stored.counted_when > hourAgo) return stored;
  // Whoever comes first takes the hour, so that only one counts.
  const claimed =
    stored === undefined ||
    (
      await db
        .updateTable("platform_counts")
        .set({ counted_when: now })
        .where("counted_when", "<=", hourAgo)
        .returning("one")
        .execute()
    ).length > 0;
  if (!claimed) return stored;
  const { rows } = await sql<Omit<PlatformCounts, "counted_when">>`
    select
      count(*) filter (where c.competition_type = 'competition')::int as competitions,
      count(*) filter (where c.competition_type = 'benchmark')::int as benchmarks,
      (select count(distinct p.user_id)::int from participants p join competitions o on o.id = p.competition_id
        where o.published and p.status = 'approved') as participants,
      (select coalesce(sum(k.n), 0)::int from submission_counts k join phases ph on ph.id = k.phase_id
        join competitions o on o.id = ph.competition_id
        where o.published and k.owner_id = ${everybody} and not k.is_child) as submissions
    from competitions c where c.published`.execute(db);
  const counts = { ...rows[0]!, counted_when: now };
  await db
    .insertInto("platform_counts")
    .values(counts)
    .onConflict((conflict) => conflict.column("one").doUpdateSet(counts))
    .execute();
  return counts;
}
