/** What a person could delete because nothing uses it, and runs whose files are no longer needed. */
import { sql, type RawBuilder } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import type { Cleanup } from "../rules/storage.ts";
import { isUsed } from "./dataset-uses.ts";

/** Something that can be deleted: a task, a dataset or a submission. */
export interface Unneeded {
  id: number;
  name: string;
  /** What its files have. */
  bytes: number;
  created_when: Date;
}

/** After this time, runs are old. */
const oldRunDays = 30;

/**
 * Files that nothing uses. Not those that everybody may use, nor files of the last hour, which may be about to be used, nor uploads
 * that may still go on.
 */
const unusedDatasets = (userId: number, types: string[]) => sql`
  select d.id, d.name, coalesce(d.file_size, 0)::float8 as bytes, d.created_when from datasets d
  where d.created_by = ${userId} and d.type = any(${types}::text[]) and not d.is_public
    and d.created_when < now() - case when d.upload_completed_when is null then interval '1 day' else interval '1 hour' end
    and not ${isUsed(sql`d.id`)}`;

/** Single submissions and parents of a person, with the bytes of their files, outputs and logs. */
const submissions = (userId: number, condition: RawBuilder<boolean>) => sql`
  select s.id, coalesce(d.file_name, 'submission') || ' (' || c.title || ', ' || p.name || ')' as name, s.created_when,
    (coalesce(d.file_size, 0) + coalesce((
      select sum(run.output_bytes + coalesce(run.log_bytes, 0)) from submissions run
      where run.id = s.id or run.parent_id = s.id), 0))::float8 as bytes
  from submissions s join phases p on p.id = s.phase_id join competitions c on c.id = p.competition_id
  left join datasets d on d.id = s.data_id
  where s.owner_id = ${userId} and s.parent_id is null and not s.is_soft_deleted and not s.on_leaderboard
    and not s.kept_off_leaderboard and not p.blind and s.first_run_id is null and ${condition}`;

const candidates: Record<Cleanup, (userId: number) => RawBuilder<unknown>> = {
  unused_tasks: (userId) => sql`
    select t.id, t.name, 0::float8 as bytes, t.created_when from tasks t
    where t.created_by = ${userId} and not t.is_public
      and not exists (select from phase_tasks where task_id = t.id)`,
  unused_datasets_programs: (userId) =>
    unusedDatasets(userId, [
      ...["ingestion_program", "scoring_program", "input_data", "reference_data"],
      ...["public_data", "solution"],
    ]),
  unused_submissions: (userId) => unusedDatasets(userId, ["submission"]),
  unused_starting_kits: (userId) => unusedDatasets(userId, ["starting_kit"]),
  unused_competition_bundles_and_dumps: (userId) => sql`
    ${unusedDatasets(userId, ["competition_bundle"])} and d.competition_id is null`,
  failed_submissions: (userId) => submissions(userId, sql`s.status = 'Failed'`),
  old_outputs: (userId) =>
    submissions(
      userId,
      sql`s.status in ('Finished', 'Failed', 'Cancelled') and s.files_deleted_when is null and not s.is_public
        and s.finished_when < now() - make_interval(days => ${oldRunDays})`,
    ),
};

/** How much a person could clean up. */
export async function cleanupTotals(db: Db, userId: number, what: Cleanup): Promise<{ count: number; bytes: number }> {
  const { rows } = await sql<{ count: number; bytes: number }>`
    select count(*)::int as count, coalesce(sum(bytes), 0)::float8 as bytes
    from (${candidates[what](userId)}) as one`.execute(db);
  return rows[0]!;
}

/** What a person could clean up, the largest first. */
export async function largestUnneeded(
  db: Db,
  userId: number,
  what: Cleanup,
  { offset, limit }: { offset: number; limit: number },
): Promise<Unneeded[]> {
  const { rows } = await sql<Unneeded>`
    select id, name, bytes, created_when from (${candidates[what](userId)}) as one
    order by bytes desc, id offset ${offset} limit ${limit}`.execute(db);
  return rows;
}

/** The next things that a person could clean up, by id. */
export async function nextUnneeded(
  db: Db,
  userId: number,
  what: Cleanup,
  { after, limit }: { after: number; limit: number },
): Promise<{ id: number; bytes: number }[]> {
  const { rows } = await sql<{ id: number; bytes: number }>`
    select id, bytes from (${candidates[what](userId)}) as one
    where id > ${after} order by id limit ${limit}`.execute(db);
  return rows;
}
