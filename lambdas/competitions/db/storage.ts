/**
 * How many bytes people store. The sums come from indexes over the rows themselves, so no counter can drift. Files count for who
 * uploaded them, outputs and logs for the owner of the submission.
 */
import { sql, type RawBuilder } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import type { ListedKind, StoredKind } from "../rules/storage.ts";

/** The kind of a dataset `d`. A file that has not arrived yet counts with the size that its upload announced. */
export const kindOfDataset = sql<StoredKind>`case
  when d.upload_completed_when is null then 'upload'
  when d.type = 'submission' then 'submission'
  when d.type = 'competition_bundle' and d.was_created_by_competition then 'dump'
  when d.type = 'competition_bundle' then 'bundle'
  when d.type in ('scoring_program', 'ingestion_program') then 'program'
  else 'data' end`;

/** Whether a submission `s` still has its outputs and logs. */
export const hasOutputs = sql<boolean>`s.output_bytes is not null and not s.is_soft_deleted and s.files_deleted_when is null`;

/** The bytes of everything that `owner` stores, as rows of kind, files and bytes. */
const storedBy = (owner: RawBuilder<number>) => sql`
  select ${kindOfDataset} as kind, count(*)::int as files, coalesce(sum(d.file_size), 0)::float8 as bytes
    from datasets d where d.created_by = ${owner} group by 1
  union all
  select one.kind, count(*)::int, coalesce(sum(one.bytes), 0)::float8
    from submissions s cross join lateral (values ('output', s.output_bytes), ('log', s.log_bytes)) as one (kind, bytes)
    where s.owner_id = ${owner} and ${hasOutputs} and one.bytes > 0 group by 1
  union all
  select 'import', count(*)::int, coalesce(sum((c.progress ->> 'total_bytes')::float8), 0)
    from competition_creations c
    where c.created_by = ${owner} and c.status in ('Starting', 'Unpacking') and c.progress is not null having count(*) > 0`;

/** How many bytes `owner` stores. */
export const bytesStoredBy = (owner: RawBuilder<number>) =>
  sql<number>`(select coalesce(sum(bytes), 0)::float8 from (${storedBy(owner)}) as stored)`;

/**
 * How many bytes the bundles of worksheets of `owner` have. An upload counts with what its client has announced, if that is more.
 * Worksheets stand above competitions, so this names their table without its types: there is one quota for both.
 */
const bundleBytesOf = (owner: RawBuilder<number>) =>
  sql<number>`(select coalesce(sum(case when b.state = 'uploading' then greatest(b.data_size, b.announced_bytes)
    else b.data_size end), 0)::float8 from bundles b where b.owner_id = ${owner})`;

/** What a person stores, by kind. */
export async function storedByKind(
  db: Db | Tx,
  userId: number,
): Promise<{ kind: StoredKind; files: number; bytes: number }[]> {
  const { rows } = await sql<{ kind: StoredKind; files: number; bytes: number }>`
    ${storedBy(sql`${userId}::int`)}`.execute(db);
  return rows;
}

/** How many bytes a person stores, in competitions and worksheets, and may store if an administrator has set that. */
export async function storageOf(db: Db | Tx, userId: number): Promise<{ used: number; quota: number | null }> {
  const { rows } = await sql<{ used: number; quota: number | null }>`
    select u.storage_quota_bytes::float8 as quota, 
      ${bytesStoredBy(sql`u.id`)} + ${bundleBytesOf(sql`u.id`)} as used
    from users u where u.id = ${userId}`.execute(db);
  return rows[0] ?? { used: 0, quota: null };
}

/** Lets the transactions in which a person stores more run one after the other, so that together they cannot exceed a quota. */
export async function lockStorageOf(tx: Tx, userId: number): Promise<void> {
  await sql`select from users where id = ${userId} for no key update`.execute(tx);
}

/** A file, or the outputs of a submission. */
export interface StoredFile {
  kind: ListedKind;
  /** Of the dataset, or of the submission whose outputs these are. */
  id: number;
  /** Of the dataset. */
  key: string | null;
  name: string;
  bytes: number;
  created_when: Date;
}

/** The largest files of a person, the largest first, and how many there are. Outputs of a submission count with its logs. */
export async function largestFiles(
  db: Db,
  userId: number,
  kind: ListedKind | undefined,
  { offset, limit }: { offset: number; limit: number },
): Promise<{ count: number; rows: StoredFile[] }> {
  const files = sql`
    select ${kindOfDataset} as kind, d.id, d.key::text as key, d.name, coalesce(d.file_size, 0)::float8 as bytes, d.created_when
      from datasets d where d.created_by = ${userId}
    union all
    select 'output', s.id, null, 'outputs of submission ' || s.id, (s.output_bytes + coalesce(s.log_bytes, 0))::float8, s.created_when
      from submissions s where s.owner_id = ${userId} and ${hasOutputs}`;
  const wanted = sql`from (${files}) as file where ${kind ?? null}::text is null or kind = ${kind ?? null}`;
  const [{ rows: counts }, { rows }] = [
    await sql<{ count: number }>`select count(*)::int as count ${wanted}`.execute(db),
    await sql<StoredFile>`
      select * ${wanted} order by bytes desc, kind, id offset ${offset} limit ${limit}`.execute(db),
  ];
  return { count: counts[0]!.count, rows };
}

/**
 * Counts the outputs and logs of ended submissions: of one, or of up to `limit` that are not counted yet. The sizes are those of
 * the last attempt: as its files were copied, or else as its worker reported them.
 */
export async function countOutputs(db: Db | Tx, which: { submission: number } | { limit: number }): Promise<void> {
  const uncounted =
    "submission" in which
      ? sql`select id, job_id from submissions where id = ${which.submission} and job_id is not null`
      : sql`select id, job_id from submissions
          where output_bytes is null and job_id is not null and finished_when is not null
          order by id limit ${which.limit}`;
  await sql`
    update submissions s set output_bytes = sizes.outputs, log_bytes = sizes.logs
    from (
      select one.id,
        coalesce(a.kept_output_bytes, sum((step ->> 'outputBytes')::bigint), 0) as outputs,
        coalesce(a.kept_log_bytes, sum((
          select sum((log.value ->> 'bytes')::bigint)
          from jsonb_array_elements(step -> 'containers') as container, jsonb_each(container -> 'logs') as log)), 0) as logs
      from (${uncounted}) as one
      left join lateral (
        select * from attempts where job_id = one.job_id order by number desc limit 1) as a on true
      left join lateral jsonb_array_elements(a.report -> 'steps') as step on true
      group by one.id, a.kept_output_bytes, a.kept_log_bytes) as sizes
    where s.id = sizes.id`.execute(db);
}

/** What the participants of a competition store in it, the largest first: their submitted files, outputs and logs. */
export async function storageOfParticipants(
  db: Db,
  competitionId: number,
  { offset, limit }: { offset: number; limit: number },
) {
  const { rows } = await sql<{
    id: number;
    username: string;
    submissions: number;
    submission_bytes: number;
    output_bytes: number;
    count: number;
  }>`
    with own as (
      select s.owner_id, s.parent_id, s.data_id,
        case when ${hasOutputs} then s.output_bytes + coalesce(s.log_bytes, 0) else 0 end as outputs
      from submissions s join phases p on p.id = s.phase_id where p.competition_id = ${competitionId}
    ), files as (
      select f.owner_id, sum(d.file_size) as bytes
      from (select distinct owner_id, data_id from own) as f join datasets d on d.id = f.data_id group by 1
    )
    select u.id, u.username, count(*) filter (where own.parent_id is null)::int as submissions,
      coalesce(max(files.bytes), 0)::float8 as submission_bytes, coalesce(sum(own.outputs), 0)::float8 as output_bytes,
      (count(*) over ())::int as count
    from own join users u on u.id = own.owner_id left join files on files.owner_id = u.id
    group by u.id
    order by coalesce(max(files.bytes), 0) + coalesce(sum(own.outputs), 0) desc, u.id
    offset ${offset} limit ${limit}`.execute(db);
  return { count: rows[0]?.count ?? 0, rows: rows.map(({ count: _, ...row }) => row) };
}
