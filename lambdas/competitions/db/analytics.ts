import { sql } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";

/** The units of time in which new things are counted. */
export const timeUnits = ["day", "week", "month", "year"] as const;
export type TimeUnit = (typeof timeUnits)[number];

export interface Interval {
  start: Date;
  /** Not in it. */
  end: Date;
  unit: TimeUnit;
}

/** What was new in one unit of time. */
export interface Counted {
  /** The first day of the unit. */
  date: string;
  users: number;
  competitions: number;
  /** Those of the competitions that are published now. */
  published: number;
  submissions: number;
}

/**
 * Counts people, competitions and submissions by when they were created, for each unit of an interval, also those without
 * any. Days are UTC days. A submission to several tasks counts once.
 */
export async function countNew(db: Db, { start, end, unit }: Interval): Promise<Counted[]> {
  const inside = sql`created_when >= ${start} and created_when < ${end}`;
  const begins = sql`date_trunc(${sql.lit(unit)}, created_when at time zone 'UTC')`;
  const utc = (time: Date) => sql`(${time}::timestamptz at time zone 'UTC')`;
  const { rows } = await sql<Counted>`
    with units as (
      select generate_series(date_trunc(${sql.lit(unit)}, ${utc(start)}), ${utc(end)} - interval '1 day',
        ${sql.lit(`1 ${unit}`)}::interval) as begins
    ), new_users as (select ${begins} as begins, count(*)::int as count from users where ${inside} group by 1),
    new_competitions as (
      select ${begins} as begins, count(*)::int as count, (count(*) filter (where published))::int as published
      from competitions where ${inside} group by 1),
    new_submissions as (
      select ${begins} as begins, count(*)::int as count from submissions where ${inside} and parent_id is null group by 1)
    select to_char(begins, 'YYYY-MM-DD') as date, coalesce(u.count, 0) as users, coalesce(c.count, 0) as competitions,
      coalesce(c.published, 0) as published, coalesce(s.count, 0) as submissions
    from units left join new_users u using (begins) left join new_competitions c using (begins)
      left join new_submissions s using (begins)
    order by begins`.execute(db);
  return rows;
}
