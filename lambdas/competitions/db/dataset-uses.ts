import { sql, type Transaction } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";

/** Whether a competition, task, phase, solution or submission uses the dataset. */
export async function datasetInUse(db: Db | Transaction<Database>, id: number): Promise<boolean> {
  const { rows } = await sql<{ used: boolean }>`
    select exists (select 1 from submissions where data_id = ${id})
      or exists (select 1 from solutions where dataset_id = ${id})
      or exists (select 1 from phases where ${id} in (public_data_id, starting_kit_id))
      or exists (select 1 from competitions where bundle_dataset_id = ${id})
      or exists (select 1 from tasks
        where ${id} in (scoring_program_id, ingestion_program_id, input_data_id, reference_data_id)) as used`.execute(
    db,
  );
  return rows[0]?.used ?? false;
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
