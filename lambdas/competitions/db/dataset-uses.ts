import { sql, type RawBuilder, type Transaction } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";

/** Whether a competition, task, phase, solution, submission or import in progress uses a dataset with this id. */
export const isUsed = (id: RawBuilder<number>) => sql<boolean>`(
  exists (select from submissions where data_id = ${id})
  or exists (select from solutions where dataset_id = ${id})
  or exists (select from phases where public_data_id = ${id} or starting_kit_id = ${id})
  or exists (select from competitions where bundle_dataset_id = ${id})
  or exists (select from competition_creations where dataset_id = ${id} and status in ('Starting', 'Unpacking'))
  or exists (select from tasks where scoring_program_id = ${id} or ingestion_program_id = ${id}
    or input_data_id = ${id} or reference_data_id = ${id}))`;

export async function datasetInUse(db: Db | Transaction<Database>, id: number): Promise<boolean> {
  const { rows } = await sql<{ used: boolean }>`select ${isUsed(sql`${id}::int`)} as used`.execute(db);
  return rows[0]?.used ?? false;
}

/** What was deleted of a dataset. */
export interface DeletedDataset {
  id: number;
  key: string;
  type: string;
  name: string;
  created_by: number;
  object_key: string;
  incoming_key: string | null;
  bytes: number;
}

/**
 * Deletes those of some datasets that nothing uses, and returns them. They are locked first, so that whatever begins to use one
 * meanwhile either is seen or waits, and then finds it gone.
 */
export async function deleteUnusedDatasets(tx: Transaction<Database>, ids: number[]): Promise<DeletedDataset[]> {
  if (ids.length === 0) return [];
  await sql`select from datasets where id = any(${ids}::int[]) order by id for update`.execute(tx);
  const { rows } = await sql<DeletedDataset>`
    delete from datasets d where d.id = any(${ids}::int[]) and not ${isUsed(sql`d.id`)}
    returning d.id, d.key, d.type, d.name, d.created_by, d.object_key, d.incoming_key,
      coalesce(d.file_size, 0)::float8 as bytes`.execute(tx);
  return rows;
}

export interface DatasetUse {
  dataset_id: number;
  /** Competitions that use it in a task or phase. */
  in_use: { pk: number; title: string }[];
  /** Total size in bytes of the outputs of its submissions. */
  prediction_bytes: number;
  scoring_bytes: number;
}

/** For each dataset, the competitions that use it and the size of its submissions' outputs. */
export async function usesOfDatasets(db: Db, ids: number[]): Promise<Map<number, DatasetUse>> {
  const { rows } = await sql<DatasetUse>`
    select d.id as dataset_id,
      coalesce((
        select json_agg(distinct jsonb_build_object('pk', c.id, 'title', c.title))
        from competitions c join phases p on p.competition_id = c.id
        left join phase_tasks pt on pt.phase_id = p.id left join tasks t on t.id = pt.task_id
        where d.id in (p.public_data_id, p.starting_kit_id, t.scoring_program_id, t.ingestion_program_id,
          t.input_data_id, t.reference_data_id)), '[]') as in_use,
      coalesce(sum(o.bytes) filter (where o.step = 'prediction'), 0)::float8 as prediction_bytes,
      coalesce(sum(o.bytes) filter (where o.step = 'scoring'), 0)::float8 as scoring_bytes
    from datasets d
    left join lateral (
      select step ->> 'name' as step, (step ->> 'outputBytes')::bigint as bytes
      from submissions s join attempts a on a.job_id = s.job_id
      cross join lateral jsonb_array_elements(a.report -> 'steps') as step
      where s.data_id = d.id) o on true
    where d.id = any(${ids}::int[])
    group by d.id`.execute(db);
  return new Map(rows.map((row) => [row.dataset_id, row]));
}

/** Whether it was submitted to a competition whose participants may not make their submissions public. */
export async function mustStayPrivate(db: Db, id: number): Promise<boolean> {
  const { rows } = await sql<{ must: boolean }>`
    select exists (
      select 1 from submissions s join phases p on p.id = s.phase_id join competitions c on c.id = p.competition_id
      where s.data_id = ${id} and not c.can_participants_make_submissions_public) as must`.execute(db);
  return rows[0]?.must ?? false;
}
