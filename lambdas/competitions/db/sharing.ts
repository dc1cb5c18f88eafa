import { sql } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";

/** The uses of a dataset: the competition and the dataset's role in it. */
const usesOf = (datasetId: number) => sql`
  select p.competition_id, 'open' as role from phases p where ${datasetId} in (p.public_data_id, p.starting_kit_id)
  union all
  select p.competition_id, f.role from phases p
    join phase_tasks pt on pt.phase_id = p.id join tasks t on t.id = pt.task_id
    cross join lateral (values ('program', t.scoring_program_id), ('program', t.ingestion_program_id),
      ('input', t.input_data_id), ('reference', t.reference_data_id)) as f(role, id)
    where f.id = ${datasetId}
  union all
  select p.competition_id, 'open' from phases p
    join phase_tasks pt on pt.phase_id = p.id join solution_tasks st on st.task_id = pt.task_id
    join solutions s on s.id = st.solution_id where s.dataset_id = ${datasetId}
  union all
  select p.competition_id, 'submission' from submissions s join phases p on p.id = s.phase_id
    where s.data_id = ${datasetId}
  union all
  select c.id, 'bundle' from competitions c where c.bundle_dataset_id = ${datasetId}`;

/**
 * How a dataset is shared through competitions:
 * - with participants: starting kits, public data and solutions; programs and input data if the organizer made them
 *   available; reference data never;
 * - whether the user organizes a competition that uses it or that it was submitted to;
 * - whether a competition that the user may see lists it among its data.
 */
export async function datasetSharing(
  db: Db,
  datasetId: number,
  userId: number | null,
): Promise<{ sharedWithParticipants: boolean; organizedByActor: boolean; namedToActor: boolean }> {
  const { rows } = await sql<{ shared: boolean; organized: boolean; named: boolean }>`
    with used as (${usesOf(datasetId)}), mine as (
      select c.id, c.published,
        c.make_programs_available, c.make_input_data_available,
        exists (select 1 from participants pa
          where pa.competition_id = c.id and pa.user_id = ${userId} and pa.status = 'approved') as participates,
        c.created_by = ${userId} or exists (select 1 from competition_collaborators cc
          where cc.competition_id = c.id and cc.user_id = ${userId}) as organizes
      from competitions c where c.id in (select competition_id from used)
    )
    select
      coalesce(bool_or(m.participates and (u.role = 'open'
        or (u.role = 'program' and m.make_programs_available)
        or (u.role = 'input' and m.make_input_data_available))), false) as shared,
      coalesce(bool_or(m.organizes), false) as organized,
      coalesce(bool_or(u.role not in ('submission', 'bundle') and (m.published or m.participates)), false) as named
    from used u join mine m on m.id = u.competition_id`.execute(db);
  const row = rows[0];
  return {
    sharedWithParticipants: row?.shared ?? false,
    organizedByActor: row?.organized ?? false,
    namedToActor: row?.named ?? false,
  };
}

/** The competitions that use a dataset or that it was submitted to. */
export async function competitionsWithDataset(db: Db, datasetId: number): Promise<number[]> {
  const { rows } = await sql<{
    id: number;
  }>`select distinct u.competition_id as id from (${usesOf(datasetId)}) u order by 1`.execute(db);
  return rows.map(({ id }) => id);
}

/**
 * The competitions that use a dataset but do not give it to participants: as reference data, as their bundle, or as a
 * file that is not made available.
 */
export async function competitionsHiding(db: Db, datasetId: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select distinct c.id from (${usesOf(datasetId)}) u join competitions c on c.id = u.competition_id
    where u.role in ('reference', 'bundle') or (u.role = 'program' and not c.make_programs_available)
      or (u.role = 'input' and not c.make_input_data_available)
    order by 1`.execute(db);
  return rows.map(({ id }) => id);
}
