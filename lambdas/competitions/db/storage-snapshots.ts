/** How much people and competitions store: now, and each week. */
import { sql } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import { containing } from "../../kernel/db/like.ts";
import { hasOutputs } from "./storage.ts";

/** What everybody stores who stores something: datasets (all that is no submission), and submissions with outputs and logs. */
const people = sql`
  select owner as id, sum(datasets)::float8 as datasets, sum(submissions)::float8 as submissions from (
    select d.created_by as owner, coalesce(sum(d.file_size) filter (where d.type <> 'submission'), 0) as datasets,
      coalesce(sum(d.file_size) filter (where d.type = 'submission'), 0) as submissions
    from datasets d group by 1
    union all
    select s.owner_id, 0, sum(s.output_bytes + coalesce(s.log_bytes, 0)) from submissions s where ${hasOutputs} group by 1
  ) as parts group by 1`;

/**
 * What every competition has: the files of its tasks, phases, solutions, bundle and dumps, and the submissions to it. A file of two
 * competitions counts for each.
 */
const competitions = sql`
  select id, sum(datasets)::float8 as datasets, sum(submissions)::float8 as submissions from (
    select used.id, coalesce(sum(d.file_size), 0) as datasets, 0 as submissions
    from (
      select p.competition_id as id, file.id as dataset from phases p left join phase_tasks pt on pt.phase_id = p.id
        left join tasks t on t.id = pt.task_id left join solution_tasks st on st.task_id = t.id
        left join solutions s on s.id = st.solution_id
        cross join lateral (values (p.public_data_id), (p.starting_kit_id), (t.scoring_program_id), (t.ingestion_program_id),
          (t.input_data_id), (t.reference_data_id), (s.dataset_id)) as file (id) where file.id is not null
      union select id, bundle_dataset_id from competitions where bundle_dataset_id is not null
      union select competition_id, dataset_id from competition_dumps
        where dataset_id is not null and competition_id is not null
    ) as used join datasets d on d.id = used.dataset group by 1
    union all
    select p.competition_id, 0, sum(d.file_size) from (select distinct phase_id, data_id from submissions) as s
      join phases p on p.id = s.phase_id join datasets d on d.id = s.data_id group by 1
    union all
    select p.competition_id, 0, sum(s.output_bytes + coalesce(s.log_bytes, 0))
      from submissions s join phases p on p.id = s.phase_id where ${hasOutputs} group by 1
  ) as parts group by 1`;

const thisWeek = sql`date_trunc('week', now(), 'UTC')`;

/** Records what is stored in this week, unless that is recorded. */
export async function takeSnapshot(db: Db): Promise<void> {
  const { rows } = await sql`
    select from storage_snapshots where scope = 'platform' and week = ${thisWeek}`.execute(db);
  if (rows.length > 0) return;
  await sql`
    with of_people as (
      insert into storage_snapshots (week, scope, subject_id, datasets_bytes, submissions_bytes)
      select ${thisWeek}, 'person', one.id, one.datasets, one.submissions from (${people}) as one
      on conflict do nothing
    ), of_competitions as (
      insert into storage_snapshots (week, scope, subject_id, datasets_bytes, submissions_bytes)
      select ${thisWeek}, 'competition', one.id, one.datasets, one.submissions from (${competitions}) as one
      on conflict do nothing
    )
    insert into storage_snapshots (week, scope, subject_id, datasets_bytes, submissions_bytes, orphans_bytes)
    select ${thisWeek}, 'platform', 0, coalesce(sum(one.datasets), 0), coalesce(sum(one.submissions), 0), (
      select sum(f.bytes) from store_findings f join store_inspections i on i.id = f.inspection_id
      where i.finished_when is not null and f.kind = 'orphan' and f.outcome is null)
    from (${people}) as one
    on conflict do nothing`.execute(db);
}

export interface Period {
  from: Date;
  /** Inclusive. */
  to: Date;
}

/** The snapshots of the platform in a period, the newest first. */
export async function platformSnapshots(db: Db, { from, to }: Period) {
  const { rows } = await sql<{
    week: Date;
    taken_when: Date;
    datasets: number;
    submissions: number;
    orphans: number | null;
  }>`
    select week, taken_when, datasets_bytes::float8 as datasets, submissions_bytes::float8 as submissions,
      orphans_bytes::float8 as orphans
    from storage_snapshots where scope = 'platform' and week between ${from} and ${to} order by week desc`.execute(db);
  return rows;
}

/** The snapshots of all competitions in a period, the newest first. */
export async function competitionSnapshots(db: Db, { from, to }: Period) {
  const { rows } = await sql<{
    week: Date;
    id: number;
    title: string;
    organizer: string;
    email: string;
    created_when: Date;
    datasets: number;
    submissions: number;
  }>`
    select s.week, c.id, c.title, u.username as organizer, u.email, c.created_when,
      s.datasets_bytes::float8 as datasets, s.submissions_bytes::float8 as submissions
    from storage_snapshots s join competitions c on c.id = s.subject_id join users u on u.id = c.created_by
    where s.scope = 'competition' and s.week between ${from} and ${to} order by s.week desc, c.id`.execute(db);
  return rows;
}

/** The snapshots of all people in a period, the newest first. */
export async function personSnapshots(db: Db, { from, to }: Period) {
  const { rows } = await sql<{
    week: Date;
    id: number;
    username: string;
    email: string;
    created_when: Date;
    datasets: number;
    submissions: number;
  }>`
    select s.week, u.id, u.username, u.email, u.created_when,
      s.datasets_bytes::float8 as datasets, s.submissions_bytes::float8 as submissions
    from storage_snapshots s join users u on u.id = s.subject_id
    where s.scope = 'person' and s.week between ${from} and ${to} order by s.week desc, u.id`.execute(db);
  return rows;
}

/** When the last snapshot was taken. */
export async function lastSnapshot(db: Db): Promise<Date | null> {
  const row = await db
    .selectFrom("storage_snapshots")
    .select("taken_when")
    .where("scope", "=", "platform")
    .orderBy("week", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.taken_when ?? null;
}

/** What people store now, the most first. `search` is part of a name or mail address. */
export async function storageOfPeople(
  db: Db,
  search: string | undefined,
  { offset, limit }: { offset: number; limit: number },
) {
  const pattern = search === undefined ? null : containing(search);
  const { rows } = await sql<{
    id: number;
    username: string;
    quota_bytes: number | null;
    datasets_bytes: number;
    submissions_bytes: number;
    count: number;
  }>`
    select u.id, u.username, u.storage_quota_bytes::float8 as quota_bytes, coalesce(one.datasets, 0) as datasets_bytes,
      coalesce(one.submissions, 0) as submissions_bytes, (count(*) over ())::int as count
    from users u left join (${people}) as one on one.id = u.id
    where ${pattern}::text is null or u.username ilike ${pattern} or u.email ilike ${pattern}
    order by coalesce(one.datasets, 0) + coalesce(one.submissions, 0) desc, u.id
    offset ${offset} limit ${limit}`.execute(db);
  return { count: rows[0]?.count ?? 0, rows: rows.map(({ count: _, ...row }) => row) };
}

/** What competitions have now, the most first. */
export async function storageOfCompetitions(db: Db, { offset, limit }: { offset: number; limit: number }) {
  const { rows } = await sql<{
    id: number;
    title: string;
    organizer: string;
    datasets_bytes: number;
    submissions_bytes: number;
    count: number;
  }>`
    select c.id, c.title, u.username as organizer, coalesce(one.datasets, 0) as datasets_bytes,
      coalesce(one.submissions, 0) as submissions_bytes, (count(*) over ())::int as count
    from competitions c join users u on u.id = c.created_by left join (${competitions}) as one on one.id = c.id
    order by coalesce(one.datasets, 0) + coalesce(one.submissions, 0) desc, c.id
    offset ${offset} limit ${limit}`.execute(db);
  return { count: rows[0]?.count ?? 0, rows: rows.map(({ count: _, ...row }) => row) };
}
